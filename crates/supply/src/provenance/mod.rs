//! Where bytes came from: registry signatures, Sigstore bundles, the attestations of npm, of the Python package index and of images.
//!
//! Everything is verified here, off line, against one dated trust root ([`TrustRoot`]): the certificate's path to Fulcio at the time
//! of signing, the certificate log's timestamp, the signature over the envelope, the transparency log's promise, proof and signed
//! checkpoint, or a timestamp authority's word, and that the statement is about exactly these bytes. Certificates' paths are
//! webpki's business and signatures ring's; both are here anyway, with rustls.
//!
//! What it does not do: it decides nothing. That a package is attested says who built it from what, never that it is harmless.

mod body;
mod bundle;
mod certificate;
mod cosign;
mod der;
mod detached;
mod each;
mod error;
mod evidence;
mod file;
mod image;
mod key;
mod listed;
mod log;
mod npm;
mod origin;
mod pypi;
mod root;
mod sct;
mod statement;
mod time;
mod timestamp;
mod verify;

pub use bundle::Bundle;
pub use certificate::Identity;
pub(crate) use cosign::{Enveloped, Simple};
pub(crate) use detached::detached;
pub use error::VerifyError;
pub use evidence::{Earlier, Evidence, TreeEvidence, is_own};
pub use image::ImageEvidence;
pub(crate) use image::{Beside, Fault};
pub use listed::Listed;
pub use npm::{NpmSignature, npm_attestations, npm_signature};
pub(crate) use origin::is_origin;
pub use origin::{Checked, Origin, SIGNED};
pub use pypi::pypi_attestations;
pub use root::{RootError, TrustRoot};
pub use statement::{Statement, Subject};
pub use time::{rfc3339, to_rfc3339};
pub use verify::{Attested, Signer, Verified, Verifier};
