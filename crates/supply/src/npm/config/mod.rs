//! The user's own npm configuration: where the registries are and how to log in to them.
//!
//! Read from the user's and the machine's files only. A project's `.npmrc` is never read: a directory
//! somebody cloned must not choose where code comes from or which host gets a token.

mod address;
mod error;
mod ini;
mod settings;
#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use settings::Config;
