//! The signing certificate: its path to Fulcio's root at the time of signing (webpki), and the identity in it.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring as algorithms};

use super::VerifyError;
use super::der::{NotDer, OCTETS, OID, Reader, SEQUENCE, UTF8, context};
use super::key::Key;
use super::root::Authority;

/// `id-kp-codeSigning` and `id-kp-timeStamping`, as extended key usages are encoded.
pub(super) const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];
pub(super) const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

/// `subjectAltName`.
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// Fulcio's arc, 1.3.6.1.4.1.57264.1; the number of the extension follows.
const FULCIO: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01];

/// Who signed, as the certificate authority checked it when it issued the certificate. Untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The subject: a workflow's address or a mail address.
    pub subject: String,
    /// Who vouched for the subject: the OpenID Connect issuer.
    pub issuer: String,
    /// The source repository, for example `https://github.com/owner/name`.
    pub repository: Option<String>,
    /// The branch or tag that was built.
    pub reference: Option<String>,
    /// The commit that was built.
    pub commit: Option<String>,
    /// The build's own definition, a workflow at a reference.
    pub build: Option<String>,
}

/// A certificate taken apart. What is in it counts only after [`Leaf::path`].
#[derive(Debug, Clone)]
pub(super) struct Leaf<'a> {
    der: &'a [u8],
    pub(super) parts: Parts<'a>,
}

/// The parts of a certificate.
#[derive(Debug, Clone)]
pub(super) struct Parts<'a> {
    /// The fields of the to-be-signed part before the extensions, as encoded.
    pub(super) head: Vec<&'a [u8]>,
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) info: &'a [u8],
    pub(super) extensions: Vec<Extension<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Extension<'a> {
    pub(super) id: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) whole: &'a [u8],
}

impl<'a> Leaf<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, VerifyError> {
        Ok(Self {
            der,
            parts: parts(der)?,
        })
    }

    /// Proves that an authority issued it for `usage`, and that it held at `time`. Gives the issuer's SubjectPublicKeyInfo.
    pub(super) fn path(
        &self,
        authorities: &[Authority],
        usage: &'static [u8],
        time: i64,
    ) -> Result<Vec<u8>, VerifyError> {
        let seconds = u64::try_from(time).map_err(|_| VerifyError::Time("before 1970"))?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let der = CertificateDer::from(self.der);
        let leaf = EndEntityCert::try_from(&der)
            .map_err(|_| VerifyError::Certificate("not a certificate"))?;
        for authority in authorities
            .iter()
            .filter(|authority| authority.period.contains(time))
        {
            let Some((root, between)) = authority.chain.split_last() else {
                continue;
            };
            let root = CertificateDer::from(root.as_slice());
            let Ok(anchor) = anchor_from_trusted_cert(&root) else {
                continue;
            };
            let between: Vec<CertificateDer<'_>> = between
                .iter()
                .filter(|der| der.as_slice() != self.der)
                .map(|der| CertificateDer::from(der.as_slice()))
                .collect();
            let usage = KeyUsage::required(usage);
            let anchors = [anchor];
            let verified =
                leaf.verify_for_usage(SIGNATURES, &anchors, &between, now, usage, None, None);
            if verified.is_ok() {
                return self.issuer_key(authority);
            }
        }
        Err(VerifyError::Certificate(
            "no trusted authority issued it, or it did not hold when it was used",
        ))
    }

    fn issuer_key(&self, authority: &Authority) -> Result<Vec<u8>, VerifyError> {
        let issuer = authority
            .chain
            .iter()
            .filter_map(|der| parts(der).ok())
            .find(|parts| parts.subject == self.parts.issuer);
        let issuer = issuer.ok_or(VerifyError::Certificate(
            "its issuer is not among the authorities",
        ))?;
        Ok(issuer.info.to_vec())
    }

    pub(super) fn key(&self) -> Result<Key, VerifyError> {
        Key::from_info(self.parts.info)
            .map_err(|_| VerifyError::Certificate("a key of another kind"))
    }

    /// Who it is for.
    pub(super) fn identity(&self) -> Result<Identity, VerifyError> {
        let names = self
            .extension(ALTERNATIVE_NAME)
            .ok_or(VerifyError::Certificate("no subject in it"))?;
        let mut names = Reader::only(names, SEQUENCE)?;
        let name = names.next()?;
        // rfc822Name and uniformResourceIdentifier; Fulcio writes exactly one name.
        if !matches!(name.tag, 0x81 | 0x86) || !names.is_empty() {
            return Err(VerifyError::Certificate("its subject is no address"));
        }
        // Number 8 is the issuer in DER; number 1, older, has the bare text.
        let issuer = self.fulcio(8).or_else(|| self.fulcio_bare(1));
        Ok(Identity {
            subject: plain(name.content)?,
            issuer: issuer.ok_or(VerifyError::Certificate("no issuer of its subject in it"))?,
            repository: self.fulcio(12).or_else(|| {
                self.fulcio_bare(5)
                    .map(|name| format!("https://github.com/{name}"))
            }),
            reference: self.fulcio(14).or_else(|| self.fulcio_bare(6)),
            commit: self.fulcio(13).or_else(|| self.fulcio_bare(3)),
            build: self.fulcio(18).or_else(|| self.fulcio(9)),
        })
    }

    pub(super) fn extension(&self, id: &[u8]) -> Option<&'a [u8]> {
        let found = self
            .parts
            .extensions
            .iter()
            .find(|extension| extension.id == id);
        found.map(|extension| extension.value)
    }

    fn fulcio(&self, number: u8) -> Option<String> {
        let value = self.extension(&[FULCIO, &[number]].concat())?;
        let mut reader = Reader::new(value);
        let text = reader.take(UTF8).ok()?;
        reader.end().ok()?;
        plain(text.content).ok()
    }

    fn fulcio_bare(&self, number: u8) -> Option<String> {
        plain(self.extension(&[FULCIO, &[number]].concat())?).ok()
    }
}

/// Fulcio signs with ECDSA; an authority of one's own may sign with RSA.
static SIGNATURES: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ED25519,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
];

fn plain(bytes: &[u8]) -> Result<String, VerifyError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| VerifyError::Malformed("not UTF-8"))
}

fn parts(der: &[u8]) -> Result<Parts<'_>, NotDer> {
    let mut certificate = Reader::only(der, SEQUENCE)?;
    let mut signed = certificate.inside(SEQUENCE)?;
    let mut head = Vec::new();
    if let Some(version) = signed.take_if(context(0))? {
        head.push(version.whole);
    }
    // Serial number, algorithm, issuer, validity, subject, key.
    let mut fields = Vec::new();
    for _ in 0..6 {
        let field = signed.next()?;
        head.push(field.whole);
        fields.push(field.whole);
    }
    let field = |at: usize| fields.get(at).copied().ok_or(NotDer);
    let mut extensions = Vec::new();
    while !signed.is_empty() {
        let element = signed.next()?;
        if element.tag != context(3) {
            // Unique identifiers: of no use, but part of what is signed.
            head.push(element.whole);
            continue;
        }
        let mut list = Reader::only(element.content, SEQUENCE)?;
        while !list.is_empty() {
            extensions.push(extension(&mut list)?);
        }
    }
    Ok(Parts {
        head,
        issuer: field(2)?,
        subject: field(4)?,
        info: field(5)?,
        extensions,
    })
}

fn extension<'a>(list: &mut Reader<'a>) -> Result<Extension<'a>, NotDer> {
    let element = list.take(SEQUENCE)?;
    let mut fields = Reader::new(element.content);
    let id = fields.take(OID)?.content;
    fields.take_if(0x01)?;
    let value = fields.take(OCTETS)?.content;
    fields.end()?;
    Ok(Extension {
        id,
        value,
        whole: element.whole,
    })
}
