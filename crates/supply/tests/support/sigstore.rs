//! A certificate authority, two logs and a registry's key, made by tests: what Fulcio, Rekor and npm are to real packages.
//!
//! Only as much of each format as a verifier looks at: one kind of entry, a log with one entry in it.

use base64::{Engine, engine::general_purpose::STANDARD};
use interlock_supply::provenance::to_rfc3339;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const YEAR: i64 = 365 * 86_400;
/// The type of what is in an envelope.
pub const STATEMENT: &str = "application/vnd.in-toto+json";
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// A key of P-256.
pub struct Key(EcdsaKeyPair);

impl Key {
    pub fn new() -> Self {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let raw = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(kind, raw.as_ref(), &random).unwrap())
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signed = self.0.sign(&SystemRandom::new(), message).unwrap();
        signed.as_ref().to_vec()
    }

    /// SubjectPublicKeyInfo.
    pub fn info(&self) -> Vec<u8> {
        let algorithm = [
            tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
            tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
        ];
        let bits = [&[0], self.0.public_key().as_ref()].concat();
        sequence(&[sequence(&algorithm), tlv(3, &bits)])
    }

    /// Its name: the digest of the above.
    pub fn id(&self) -> Vec<u8> {
        Sha256::digest(self.info()).to_vec()
    }
}

/// A build: what was built, from where.
#[derive(Clone)]
pub struct Build {
    pub repository: String,
    pub commit: String,
    pub at: i64,
}

impl Build {
    pub fn new(repository: &str, commit: &str, at: i64) -> Self {
        Self {
            repository: repository.into(),
            commit: commit.into(),
            at,
        }
    }
}

/// Everybody whom a trust root names.
pub struct Sigstore {
    authority: Key,
    certificates: Key,
    log: Key,
    npm: Key,
    now: i64,
}

impl Sigstore {
    pub fn new(now: i64) -> Self {
        Self {
            authority: Key::new(),
            certificates: Key::new(),
            log: Key::new(),
            npm: Key::new(),
            now,
        }
    }

    /// `trusted_root.json`.
    pub fn trusted_root(&self) -> String {
        let valid = json!({ "start": to_rfc3339(self.now - YEAR) });
        let log = |key: &Key| {
            json!([{ "logId": { "keyId": STANDARD.encode(key.id()) },
                "publicKey": { "rawBytes": STANDARD.encode(key.info()), "validFor": valid } }])
        };
        let root = STANDARD.encode(self.root());
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": log(&self.log),
            "ctlogs": log(&self.certificates),
            "certificateAuthorities": [{ "certChain": { "certificates": [{ "rawBytes": root }] }, "validFor": valid }],
        })
        .to_string()
    }

    fn npm_key(&self) -> String {
        format!("SHA256:{}", STANDARD.encode(self.npm.id()))
    }

    /// The registry's keys, as its own endpoint answers them.
    pub fn registry_keys(&self) -> String {
        let key = STANDARD.encode(self.npm.info());
        json!({ "keys": [{ "expires": null, "keyid": self.npm_key(), "keytype": "ecdsa-sha2-nistp256",
            "scheme": "ecdsa-sha2-nistp256", "key": key }] })
        .to_string()
    }

    /// `dist.signatures` of a package.
    pub fn signatures(&self, name: &str, version: &str, integrity: &str) -> Value {
        let message = format!("{name}@{version}:{integrity}");
        let signature = STANDARD.encode(self.npm.sign(message.as_bytes()));
        json!([{ "keyid": self.npm_key(), "sig": signature }])
    }

    /// The registry's answer about a package that a workflow built.
    pub fn npm(&self, name: &str, version: &str, sha512: &str, build: &Build) -> Value {
        let kind = "https://slsa.dev/provenance/v1";
        let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
        let statement = statement(kind, &purl, &json!({ "sha512": sha512 }));
        let signed = self.signed(&statement, build);
        let bundle = json!({
            "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2",
            "verificationMaterial": {
                "x509CertificateChain": { "certificates": [{ "rawBytes": STANDARD.encode(&signed.leaf) }] },
                "tlogEntries": [signed.entry],
            },
            "dsseEnvelope": {
                "payloadType": "application/vnd.in-toto+json",
                "payload": STANDARD.encode(&statement),
                "signatures": [{ "sig": STANDARD.encode(&signed.signature), "keyid": "" }],
            },
        });
        json!({ "attestations": [{ "predicateType": kind, "bundle": bundle }] })
    }

    /// The index's answer about a file that a workflow published (PEP 740).
    pub fn pypi(&self, file: &str, sha256: &str, build: &Build) -> Value {
        let kind = "https://docs.pypi.org/attestations/publish/v1";
        let statement = statement(kind, file, &json!({ "sha256": sha256 }));
        let signed = self.signed(&statement, build);
        let owner = build.repository.trim_start_matches("https://github.com/");
        json!({ "version": 1, "attestation_bundles": [{
            "publisher": { "kind": "GitHub", "repository": owner, "workflow": "release.yml" },
            "attestations": [{
                "version": 1,
                "verification_material": {
                    "certificate": STANDARD.encode(&signed.leaf),
                    "transparency_entries": [signed.entry],
                },
                "envelope": {
                    "statement": STANDARD.encode(&statement),
                    "signature": STANDARD.encode(&signed.signature),
                },
            }],
        }] })
    }

    /// A bundle of version 0.3 about something with this digest, as GitHub and cosign write them.
    pub fn bundle(&self, kind: &str, name: &str, sha256: &str, build: &Build) -> Value {
        let statement = statement(kind, name, &json!({ "sha256": sha256 }));
        let signed = self.signed(&statement, build);
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&signed.leaf) },
                "tlogEntries": [signed.entry],
                "timestampVerificationData": { "rfc3161Timestamps": [] },
            },
            "dsseEnvelope": {
                "payloadType": "application/vnd.in-toto+json",
                "payload": STANDARD.encode(&statement),
                "signatures": [{ "sig": STANDARD.encode(&signed.signature) }],
            },
        })
    }

    /// A bundle with a signature over the bytes themselves, as `cosign sign-blob` writes it.
    pub fn blob(&self, bytes: &[u8], build: &Build) -> Value {
        let (leaf, signature, body) = self.over(bytes, build);
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&leaf) },
                "tlogEntries": [self.logged(&body, ("hashedrekord", "0.0.1"), build.at)],
            },
            "messageSignature": {
                "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(Sha256::digest(bytes)) },
                "signature": STANDARD.encode(&signature),
            },
        })
    }

    /// The annotations that cosign, before its version 3, gives the layer with this document.
    pub fn simple(&self, payload: &str, build: &Build) -> Value {
        let (leaf, signature, body) = self.over(payload.as_bytes(), build);
        let entry = self.logged(&body, ("hashedrekord", "0.0.1"), build.at);
        self.annotations(&STANDARD.encode(&signature), &leaf, &entry)
    }

    /// What cosign, before its version 3, attached as an attestation: the envelope, and its layer's annotations. `entry`: the kind and
    /// the version of what the log has of it.
    pub fn attestation(
        &self,
        (payload_type, kind): (&str, &str),
        sha256: &str,
        build: &Build,
        entry: (&str, &str),
    ) -> (String, Value) {
        let statement = statement(kind, "hub.example/x", &json!({ "sha256": sha256 }));
        let key = Key::new();
        let leaf = self.leaf(&key, build);
        let signature = STANDARD.encode(key.sign(&encoding(payload_type, &statement)));
        let envelope = json!({ "payloadType": payload_type, "payload": STANDARD.encode(&statement),
            "signatures": [{ "keyid": "", "sig": signature }] })
        .to_string();
        let verifier = STANDARD.encode(pem(&leaf));
        let hash =
            |bytes: &[u8]| json!({ "algorithm": "sha256", "value": hex(&Sha256::digest(bytes)) });
        let (whole, payload) = (hash(envelope.as_bytes()), hash(&statement));
        let spec = match entry {
            ("dsse", _) => json!({ "envelopeHash": whole, "payloadHash": payload,
                "signatures": [{ "signature": signature, "verifier": verifier }] }),
            (_, "0.0.1") => {
                json!({ "content": { "hash": whole, "payloadHash": payload }, "publicKey": verifier })
            }
            _ => {
                json!({ "content": { "hash": whole, "payloadHash": payload, "envelope": { "payloadType": payload_type,
                "signatures": [{ "sig": STANDARD.encode(&signature), "publicKey": verifier }] } } })
            }
        };
        let body = json!({ "apiVersion": entry.1, "kind": entry.0, "spec": spec });
        let entry = self.logged(&body.to_string(), entry, build.at);
        let mut annotations = self.annotations("", &leaf, &entry);
        annotations["predicateType"] = json!(kind);
        (envelope, annotations)
    }

    fn annotations(&self, signature: &str, leaf: &[u8], entry: &Value) -> Value {
        let at: i64 = entry["integratedTime"].as_str().unwrap().parse().unwrap();
        let log = json!({
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": { "body": entry["canonicalizedBody"], "integratedTime": at, "logIndex": 0,
                "logID": hex(&self.log.id()) },
        });
        json!({
            "dev.cosignproject.cosign/signature": signature,
            "dev.sigstore.cosign/certificate": pem(leaf),
            "dev.sigstore.cosign/chain": pem(&self.root()),
            "dev.sigstore.cosign/bundle": log.to_string(),
        })
    }

    /// A certificate, a signature over bytes, and what a log writes of both.
    fn over(&self, bytes: &[u8], build: &Build) -> (Vec<u8>, Vec<u8>, String) {
        let key = Key::new();
        let leaf = self.leaf(&key, build);
        let signature = key.sign(bytes);
        let body = json!({ "apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": hex(&Sha256::digest(bytes)) } },
            "signature": { "content": STANDARD.encode(&signature),
                "publicKey": { "content": STANDARD.encode(pem(&leaf)) } },
        } });
        (leaf, signature, body.to_string())
    }

    fn signed(&self, statement: &[u8], build: &Build) -> Signed {
        let key = Key::new();
        let leaf = self.leaf(&key, build);
        let signature = key.sign(&encoding(STATEMENT, statement));
        Signed {
            entry: self.entry(statement, &leaf, &signature, build.at),
            leaf,
            signature,
        }
    }

    /// The only entry of a transparency log, with everything that proves that it is there.
    fn entry(&self, statement: &[u8], leaf: &[u8], signature: &[u8], at: i64) -> Value {
        let pem = pem(leaf);
        let body = json!({ "apiVersion": "0.0.1", "kind": "dsse", "spec": {
            "payloadHash": { "algorithm": "sha256", "value": hex(&Sha256::digest(statement)) },
            "signatures": [{ "signature": STANDARD.encode(signature), "verifier": STANDARD.encode(pem) }],
        } })
        .to_string();
        self.logged(&body, ("dsse", "0.0.1"), at)
    }

    fn logged(&self, body: &str, (kind, version): (&str, &str), at: i64) -> Value {
        let id = self.log.id();
        let body64 = STANDARD.encode(body);
        let promise = format!(
            r#"{{"body":"{body64}","integratedTime":{at},"logID":"{}","logIndex":0}}"#,
            hex(&id)
        );
        let root = Sha256::new_with_prefix([0]).chain_update(body).finalize();
        let head = format!("log.example\n1\n{}\n", STANDARD.encode(root));
        let signed = [&id[..4], &self.log.sign(head.as_bytes())].concat();
        let checkpoint = format!("{head}\n\u{2014} log.example {}\n", STANDARD.encode(signed));
        json!({
            "logIndex": "0",
            "logId": { "keyId": STANDARD.encode(&id) },
            "kindVersion": { "kind": kind, "version": version },
            "integratedTime": at.to_string(),
            "inclusionPromise": { "signedEntryTimestamp": STANDARD.encode(self.log.sign(promise.as_bytes())) },
            "inclusionProof": { "logIndex": "0", "treeSize": "1", "rootHash": STANDARD.encode(root), "hashes": [],
                "checkpoint": { "envelope": checkpoint } },
            "canonicalizedBody": body64,
        })
    }

    fn root(&self) -> Vec<u8> {
        let extensions = [
            extension(&[0x55, 0x1d, 0x13], true, &sequence(&[tlv(1, &[0xff])])),
            extension(&[0x55, 0x1d, 0x0f], true, &tlv(3, &[1, 0x06])),
        ];
        let period = (self.now - YEAR, self.now + YEAR);
        let fields = head(
            1,
            &name("authority"),
            period,
            &name("authority"),
            &self.authority,
        );
        self.certificate(&fields, &extensions)
    }

    /// A certificate for one build, with the timestamp of a certificate log in it.
    fn leaf(&self, key: &Key, build: &Build) -> Vec<u8> {
        let workflow = format!(
            "{}/.github/workflows/release.yml@refs/tags/v1",
            build.repository
        );
        let fulcio = |number: u8, text: &str| {
            let id = [&[0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1], &[number][..]].concat();
            extension(&id, false, &tlv(12, text.as_bytes()))
        };
        let code_signing = tlv(6, &[0x2b, 6, 1, 5, 5, 7, 3, 3]);
        let mut extensions = vec![
            extension(&[0x55, 0x1d, 0x0f], true, &tlv(3, &[7, 0x80])),
            extension(&[0x55, 0x1d, 0x25], false, &sequence(&[code_signing])),
            extension(
                &[0x55, 0x1d, 0x11],
                true,
                &sequence(&[tlv(0x86, workflow.as_bytes())]),
            ),
            fulcio(8, GITHUB),
            fulcio(12, &build.repository),
            fulcio(13, &build.commit),
            fulcio(14, "refs/tags/v1"),
        ];
        let period = (build.at - 60, build.at + 600);
        let fields = head(2, &name("authority"), period, &[], key);
        let before = signed_part(&fields, &extensions);
        extensions.push(self.timestamp(&before, build.at));
        self.certificate(&fields, &extensions)
    }

    fn timestamp(&self, certificate: &[u8], at: i64) -> Vec<u8> {
        let time = (u64::try_from(at).unwrap() * 1000).to_be_bytes();
        let length = u32::try_from(certificate.len()).unwrap().to_be_bytes();
        let message = [
            &[0, 0],
            &time[..],
            &[0, 1],
            &Sha256::digest(self.authority.info())[..],
            &length[1..],
            certificate,
            &[0, 0],
        ]
        .concat();
        let signature = sized(&self.certificates.sign(&message));
        let log = self.certificates.id();
        let one = [&[0], &log[..], &time, &[0, 0, 4, 3], &signature].concat();
        let id = [0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2];
        extension(&id, false, &tlv(4, &sized(&sized(&one))))
    }

    fn certificate(&self, fields: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
        let signed = signed_part(fields, extensions);
        let signature = [&[0], &self.authority.sign(&signed)[..]].concat();
        sequence(&[signed, ecdsa(), tlv(3, &signature)])
    }
}

fn pem(der: &[u8]) -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(der)
    )
}

/// A host that speaks TLS: its key (PKCS #8), its certificate, and that as a file of roots, which it signed itself.
pub struct Site {
    pub key: Vec<u8>,
    pub certificate: Vec<u8>,
    pub roots: String,
}

impl Site {
    pub fn new(host: &str, now: i64) -> Self {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let raw = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        let key = Key(EcdsaKeyPair::from_pkcs8(kind, raw.as_ref(), &random).unwrap());
        let own = sequence(&[tlv(0x82, host.as_bytes())]);
        let extensions = [extension(&[0x55, 0x1d, 0x11], false, &own)];
        let period = (now - YEAR, now + YEAR);
        let fields = head(1, &name(host), period, &name(host), &key);
        let signed = signed_part(&fields, &extensions);
        let signature = [&[0], &key.sign(&signed)[..]].concat();
        let certificate = sequence(&[signed, ecdsa(), tlv(3, &signature)]);
        Self {
            key: raw.as_ref().to_vec(),
            roots: pem(&certificate),
            certificate,
        }
    }
}

struct Signed {
    leaf: Vec<u8>,
    signature: Vec<u8>,
    entry: Value,
}

fn statement(kind: &str, name: &str, digest: &Value) -> Vec<u8> {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": name, "digest": digest }],
        "predicateType": kind,
        "predicate": {},
    })
    .to_string()
    .into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = match length {
        0..=127 => vec![tag, u8::try_from(length).unwrap()],
        128..=255 => vec![tag, 0x81, u8::try_from(length).unwrap()],
        _ => [
            &[tag, 0x82][..],
            &u16::try_from(length).unwrap().to_be_bytes(),
        ]
        .concat(),
    };
    [head, content.to_vec()].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// Bytes with their length in two bytes before them.
fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// `ecdsa-with-SHA256`.
fn ecdsa() -> Vec<u8> {
    sequence(&[tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])])
}

fn name(text: &str) -> Vec<u8> {
    let attribute = sequence(&[tlv(6, &[0x55, 0x04, 0x03]), tlv(12, text.as_bytes())]);
    tlv(0x31, &attribute)
}

fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![tlv(6, id)];
    if critical {
        parts.push(tlv(1, &[0xff]));
    }
    parts.push(tlv(4, value));
    sequence(&parts)
}

/// The fields of a certificate before its extensions.
fn head(serial: u8, issuer: &[u8], period: (i64, i64), subject: &[u8], key: &Key) -> Vec<Vec<u8>> {
    let time = |time: i64| {
        let digits: String = to_rfc3339(time)
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        tlv(0x17, format!("{}Z", &digits[2..]).as_bytes())
    };
    vec![
        tlv(0xa0, &tlv(2, &[2])),
        tlv(2, &[serial]),
        ecdsa(),
        tlv(0x30, issuer),
        sequence(&[time(period.0), time(period.1)]),
        tlv(0x30, subject),
        key.info(),
    ]
}

fn signed_part(fields: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = tlv(0xa3, &sequence(extensions));
    sequence(&[fields.concat(), extensions])
}

/// What the signature of an envelope is over.
fn encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}
