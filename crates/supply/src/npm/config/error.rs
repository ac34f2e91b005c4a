//! Why the configuration cannot be used.

use std::io;
use std::path::PathBuf;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is there but cannot be read.
    #[error("npm configuration `{path}` cannot be read", path = .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is larger than any configuration.
    #[error("npm configuration `{path}` is larger than 1 MiB", path = .path.display())]
    Large {
        /// Which file.
        path: PathBuf,
    },
    /// A registry's address is not an http or https URL.
    #[error("npm configuration: `{key}` is not an http or https address")]
    Address {
        /// The setting.
        key: String,
    },
}
