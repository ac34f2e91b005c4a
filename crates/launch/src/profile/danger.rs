//! The options that weaken a default, by name. Using one is shown at approval and recorded.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One weakening that a person accepted. The text is the end of the option's name: `--danger-<text>`.
///
/// Missing sandbox layers have names of their own: [`Grants::allow_missing`](crate::Grants).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// A grant covers `/`, a directory above the home, or the whole home.
    WideGrant,
    /// A grant covers Interlock's own configuration, approvals, log or store.
    OwnFiles,
    /// A variable that can load code or redirect trust is passed on.
    CodeEnvironment,
    /// Addresses of the local machine or of private networks may be reached.
    PrivateNetwork,
    /// Any host may be reached on a granted port.
    AnyHost,
    /// Program text in the command line (`sh -c`, `node -e`, …) was approved.
    AllowInlineCode,
    /// A command line whose shape no grammar knows was approved.
    AllowUnknown,
    /// Packages were built from their sources, which ran their build programs, contained.
    BuildSdists,
}

/// All of them, in the order in which they are written and encoded.
const ALL: [(Danger, &str); 8] = [
    (Danger::WideGrant, "wide-grant"),
    (Danger::OwnFiles, "own-files"),
    (Danger::CodeEnvironment, "code-environment"),
    (Danger::PrivateNetwork, "private-network"),
    (Danger::AnyHost, "any-host"),
    (Danger::AllowInlineCode, "allow-inline-code"),
    (Danger::AllowUnknown, "allow-unknown"),
    (Danger::BuildSdists, "build-sdists"),
];

/// No danger option has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no danger option is called `{0}`")]
pub struct UnknownDanger(String);

impl Danger {
    /// Every danger with its name.
    pub fn all() -> impl Iterator<Item = (Danger, &'static str)> {
        ALL.into_iter()
    }

    /// The end of the option's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Danger::WideGrant => "wide-grant",
            Danger::OwnFiles => "own-files",
            Danger::CodeEnvironment => "code-environment",
            Danger::PrivateNetwork => "private-network",
            Danger::AnyHost => "any-host",
            Danger::AllowInlineCode => "allow-inline-code",
            Danger::AllowUnknown => "allow-unknown",
            Danger::BuildSdists => "build-sdists",
        }
    }
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Danger {
    type Err = UnknownDanger;

    fn from_str(text: &str) -> Result<Self, UnknownDanger> {
        ALL.into_iter()
            .find(|(_, name)| *name == text)
            .map(|(danger, _)| danger)
            .ok_or_else(|| UnknownDanger(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_prints_and_serialises_alike() {
        for (danger, name) in Danger::all() {
            assert_eq!(danger.to_string(), name);
            assert_eq!(name.parse(), Ok(danger));
            assert_eq!(
                serde_json::to_string(&danger).unwrap(),
                format!("\"{name}\"")
            );
        }
        assert!("Wide-Grant".parse::<Danger>().is_err());
    }
}
