//! Sizes as people write them: `512MiB`, `2GiB`, plain bytes.

use crate::exit::{Exit, Failure};

const UNITS: [(&str, u64); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// Bytes of a size.
///
/// # Errors
/// When it is no whole number of a known unit, or too large.
pub fn parse(text: &str) -> Result<u64, Failure> {
    let wrong = || {
        Failure::new(
            Exit::Usage,
            format!("`{}` is not a size", text.escape_debug()),
        )
        .next("write for example `512MiB` or `2GiB`")
    };
    let unit = UNITS
        .iter()
        .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
    let (number, bytes) = unit.unwrap_or((text, 1));
    let number: u64 = number.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(bytes).ok_or_else(wrong)
}

/// A size for a person, at most one decimal.
pub fn shown(bytes: u64) -> String {
    let Some((unit, size)) = UNITS.iter().find(|(_, size)| bytes >= *size) else {
        return "0 B".to_owned();
    };
    let tenths = bytes.saturating_mul(10) / size;
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        tenth => format!("{}.{tenth} {unit}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_written() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("17B", 17),
            ("4KiB", 4096),
            ("2 GiB", 2 << 30),
        ] {
            assert_eq!(parse(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "GiB", "-1", "1.5GiB", "1TB", "99999999999GiB"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (17, "17 B"),
            (1536, "1.5 KiB"),
            (3 << 20, "3 MiB"),
        ] {
            assert_eq!(shown(bytes), text);
        }
    }
}
