//! What lies beside a file at its address: a Sigstore bundle, as the releases of many projects carry one for each file.
//!
//! The two usual names are asked for, nothing else. Nothing is judged here.

use crate::http::{Client, FetchError};
use std::io::Read;

/// What a bundle's name ends with, after the whole name of its file.
const ENDS: [&str; 2] = [".sigstore.json", ".sigstore"];

/// Most bytes of a bundle.
const LARGEST: u64 = 4 << 20;

/// What was found beside a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    pub(crate) bundle: Option<String>,
    /// Whether something could not be asked.
    pub(crate) unreachable: bool,
}

impl Beside {
    /// Asks what lies beside a file.
    #[must_use]
    pub fn of(client: &Client, address: &str) -> Self {
        let mut found = Self::default();
        for end in ENDS {
            let asked = beside(address, end).map(|address| text(client, &address));
            match asked {
                // A page that a host answers to everything is no bundle.
                Some(Ok(text)) if text.trim_start().starts_with('{') => {
                    found.bundle = Some(text);
                    return found;
                }
                // Some hosts refuse what they do not have.
                None | Some(Ok(_) | Err(FetchError::NotFound | FetchError::Denied(_))) => {}
                Some(Err(FetchError::TooLarge(_))) => {}
                Some(Err(_)) => found.unreachable = true,
            }
        }
        found
    }
}

/// The address with more at the end of its path.
fn beside(address: &str, end: &str) -> Option<String> {
    let mut url = url::Url::parse(address).ok()?;
    let path = format!("{}{end}", url.path());
    url.set_path(&path);
    Some(url.into())
}

fn text(client: &Client, address: &str) -> Result<String, FetchError> {
    let answer = client.download(address, LARGEST)?;
    let mut bytes = Vec::new();
    let read = answer.reader.take(LARGEST).read_to_end(&mut bytes);
    read.map_err(|error| crate::http::interrupted(error, LARGEST))?;
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_at_the_end_of_the_path() {
        for (address, expected) in [
            (
                "https://h.example/a.mcpb",
                "https://h.example/a.mcpb.sigstore.json",
            ),
            (
                "https://h.example/a?b=c",
                "https://h.example/a.sigstore.json?b=c",
            ),
            (
                "https://h.example/a%2Fb",
                "https://h.example/a%2Fb.sigstore.json",
            ),
        ] {
            assert_eq!(beside(address, ENDS[0]).unwrap(), expected);
        }
        assert_eq!(beside("nowhere", ENDS[0]), None);
    }
}
