//! What a source archive says about its wheel before that is built (PEP 643).

use crate::pypi::metadata::headers;

/// Where it is.
pub(in crate::pypi) const FILE: &str = "PKG-INFO";

/// Whether this metadata is the one that the wheel will have, as far as it decides what else is needed: not before version 2.2,
/// and not where a field is declared to be found out by the build.
#[must_use]
pub fn is_static(text: &str) -> bool {
    let mut since = false;
    for (field, value) in headers(text) {
        let value = value.to_ascii_lowercase();
        match field.to_ascii_lowercase().as_str() {
            "metadata-version" => since = version(&value).is_some_and(|version| version >= (2, 2)),
            "dynamic" if matches!(value.as_str(), "requires-dist" | "requires-python") => {
                return false;
            }
            _ => {}
        }
    }
    since
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_that_counts_before_the_build() {
        for (text, expected) in [
            ("Metadata-Version: 2.2\nName: a\n", true),
            ("Metadata-Version: 2.4\nDynamic: Description\n", true),
            ("Metadata-Version: 3.0\n", true),
            ("Metadata-Version: 2.1\nName: a\n", false),
            ("Metadata-Version: 2.2\nDynamic: Requires-Dist\n", false),
            ("metadata-version: 2.3\ndynamic: REQUIRES-PYTHON\n", false),
            ("Dynamic: x\n", false),
            ("Metadata-Version: x\n", false),
            ("Name: a\n\nMetadata-Version: 2.2\n", false),
            ("", false),
        ] {
            assert_eq!(is_static(text), expected, "{text}");
        }
    }
}
