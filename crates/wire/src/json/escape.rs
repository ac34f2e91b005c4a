//! Writing JSON strings.

use super::string::{plain_end, special_in};

/// Words without anything to escape after which the rest is looked at in larger steps.
const CALM: u32 = 8;

/// Appends `text` as a JSON string with its quotes: the shortest escapes of RFC 8785, and nothing else escaped.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + text.len() / 16 + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    let mut calm = 0;
    // Code and prose need an escape every few words: whole words are appended, and what is behind the escape is taken back.
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        let plain = special_in(*word);
        let length = out.len();
        out.extend_from_slice(word);
        if plain == word.len() {
            rest = behind;
            calm += 1;
            if calm == CALM {
                calm = 0;
                rest = write_plain(rest, out);
            }
            continue;
        }
        out.truncate(length + plain);
        rest = write_first(rest.get(plain..).unwrap_or_default(), out);
        calm = 0;
    }
    while !rest.is_empty() {
        rest = write_plain(rest, out);
        rest = write_first(rest, out);
    }
    out.push(b'"');
}

/// Appends what needs no escape; gives what is behind it.
fn write_plain<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (plain, from) = rest.split_at(plain_end(rest, 0).min(rest.len()));
    out.extend_from_slice(plain);
    from
}

/// Appends the first byte escaped; gives what is behind it.
fn write_first<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some((byte, behind)) = rest.split_first() else {
        return rest;
    };
    write_escape(*byte, out);
    behind
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        _ => {
            let digit = |nibble: u8| {
                if nibble < 10 {
                    b'0' + nibble
                } else {
                    b'a' + nibble - 10
                }
            };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::write_string;

    /// Against another writer of the same escapes, with every special byte at every place around the steps of eight and 64.
    #[test]
    fn strings_are_what_serde_json_writes() {
        let check = |text: &str| {
            let mut out = Vec::new();
            write_string(text, &mut out);
            let expected = serde_json::to_string(text).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{text:?}");
        };
        for special in [
            '"', '\\', '\n', '\u{8}', '\u{c}', '\u{1}', '\u{1f}', 'é', '😀', '\u{7f}',
        ] {
            for before in 0..90 {
                for after in [0, 1, 7, 8, 9, 70] {
                    let (before, after) = ("x".repeat(before), "y".repeat(after));
                    check(&format!("{before}{special}{after}"));
                    check(&format!("{before}{special}{special}{after}{special}"));
                }
            }
        }
        check("");
    }
}
