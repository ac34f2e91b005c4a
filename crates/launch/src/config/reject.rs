//! Why a configuration is not read.

use thiserror::Error;

/// A configuration that is not read, with a stable kebab-case code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct ConfigReject {
    code: &'static str,
    detail: String,
}

impl ConfigReject {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        ConfigReject {
            code,
            detail: detail.into(),
        }
    }

    /// The stable code: `not-json`, `duplicate-key`, `case-variant-key`, `prototype-key`, `two-transports`, …
    pub fn code(&self) -> &'static str {
        self.code
    }
}
