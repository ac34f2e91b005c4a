//! Sigstore bundles that lie beside a file: a statement about its digest, or a signature over its bytes.

use super::bundle::Bundle;
use super::image::about;
use super::origin::SIGNED;
use super::{Attested, Verifier, VerifyError};
use crate::digest::Sha256;

/// Verifies the bundle beside a file with this digest.
///
/// # Errors
/// When it does not hold, or is about another file.
pub(super) fn file_attestation(
    verifier: Verifier<'_>,
    bundle: &str,
    file: &Sha256,
) -> Result<Attested, VerifyError> {
    let bundle = Bundle::parse(bundle)?;
    if !bundle.is_over_bytes() {
        return about(verifier, &bundle, &[file.to_string()]);
    }
    let verified = verifier.logged(&bundle, file)?;
    Ok(Attested {
        predicate_type: SIGNED.to_owned(),
        signer: verified.signer,
        time: verified.time,
    })
}
