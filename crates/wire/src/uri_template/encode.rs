//! Percent-encoding: which characters stand for themselves, and the way back.

/// What may stand unencoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allow {
    /// Letters, digits, `-`, `.`, `_` and `~`.
    Unreserved,
    /// The same, delimiters, and what is encoded already.
    Reserved,
}

pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

pub(super) fn is_reserved(byte: u8) -> bool {
    matches!(byte, b':' | b'/' | b'?' | b'#' | b'[' | b']' | b'@') || is_delimiter(byte)
}

/// RFC 3986: `sub-delims`.
pub(super) fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
    )
}

/// Whether `text` begins with `%` and two hexadecimal digits.
pub(super) fn is_triplet(text: &[u8]) -> bool {
    matches!(text, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

pub(super) fn encode(text: &str, allow: Allow, out: &mut String) {
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let reserved = allow == Allow::Reserved && (is_reserved(*byte) || is_triplet(rest));
        if is_unreserved(*byte) || reserved {
            out.push(char::from(*byte));
        } else {
            let digit = |nibble: u8| {
                char::from(
                    b"0123456789ABCDEF"
                        .get(usize::from(nibble))
                        .copied()
                        .unwrap_or(b'0'),
                )
            };
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
        rest = behind;
    }
}

/// Decodes once. `None` when a percent sign stands alone or what comes out is not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        (bytes, rest) = match byte {
            b'%' => {
                let (digits, behind) = behind.split_at_checked(2)?;
                let digits = std::str::from_utf8(digits).ok()?;
                // `from_str_radix` takes a sign.
                is_triplet(rest).then_some(())?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                (bytes, behind)
            }
            _ => {
                bytes.push(*byte);
                (bytes, behind)
            }
        };
    }
    String::from_utf8(bytes).ok()
}
