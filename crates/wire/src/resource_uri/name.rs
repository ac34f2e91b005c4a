//! One segment of a path: decoded exactly once, then judged as the name it is.

use super::UriFault;

/// The longest name that a file system takes, in bytes.
const NAME_MAX: usize = 255;

/// Decodes one segment and refuses what some reader would understand differently.
pub(super) fn decode(segment: &str) -> Result<String, UriFault> {
    let name = decode_once(segment)?;
    if name.contains(['/', '\\']) {
        return Err(UriFault::EncodedSeparator);
    }
    if name.len() > NAME_MAX {
        return Err(UriFault::LongName);
    }
    judged(name, segment)
}

/// The same where an encoded slash may be part of a value (`group%2Fproject`), as long as it leads nowhere.
pub(super) fn decode_value(segment: &str) -> Result<String, UriFault> {
    let name = decode_once(segment)?;
    if name.starts_with(['/', '\\']) || is_drive(&name) && name.contains(['/', '\\']) {
        return Err(UriFault::EncodedSeparator);
    }
    judged(name, segment)
}

fn judged(name: String, written: &str) -> Result<String, UriFault> {
    if name.chars().any(is_control) {
        return Err(UriFault::ControlCharacter);
    }
    if is_escaped_again(&name) {
        return Err(UriFault::DoubleEncoded);
    }
    // A single dot written as itself is RFC 3986's own way to say "here"; an encoded one is written to be overlooked.
    if is_traversal(&name) && written != "." {
        return Err(UriFault::Traversal);
    }
    Ok(name)
}

/// Percent-decodes, once.
pub(super) fn decode_once(segment: &str) -> Result<String, UriFault> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = rest.next().and_then(digit);
        let low = rest.next().and_then(digit);
        let (Some(high), Some(low)) = (high, low) else {
            return Err(UriFault::MalformedEscape);
        };
        bytes.push(high * 16 + low);
    }
    String::from_utf8(bytes).map_err(|_| UriFault::NotUtf8)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Whether a decoded name holds an escape that would matter to whoever decoded it again: a dot, a separator, a percent
/// sign, a control character or anything beyond ASCII. (A file may well be called `My%20File`.)
fn is_escaped_again(name: &str) -> bool {
    name.split('%').skip(1).any(|after| {
        let mut bytes = after.bytes();
        let pair = (bytes.next().and_then(digit), bytes.next().and_then(digit));
        let (Some(high), Some(low)) = pair else {
            // `%u002e` is how old scripts of Microsoft's escaped.
            return after.starts_with(['u', 'U'])
                && after.bytes().skip(1).take(4).filter_map(digit).count() == 4;
        };
        let byte = high * 16 + low;
        matches!(byte, b'.' | b'/' | b'\\' | b'%') || !(b' '..0x7f).contains(&byte)
    })
}

fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{E0000}'..='\u{E007F}' | '\u{FFF9}'..='\u{FFFF}')
}

/// Whether a name is nothing but dots (`.`, `..`, and `....`, which becomes `..` where `../` is cut out once), also when
/// Unicode's compatibility forms of dots and slashes are read as what they look like.
fn is_traversal(name: &str) -> bool {
    let mut folded = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '\u{FF0E}' | '\u{2024}' | '\u{FE52}' => folded.push('.'),
            '\u{2025}' => folded.push_str(".."),
            '\u{2026}' => folded.push_str("..."),
            '\u{FF0F}' | '\u{2044}' | '\u{2215}' | '\u{29F8}' | '\u{FF3C}' | '\u{2216}'
            | '\u{FE68}' | '\u{29F5}' => {
                folded.push('/');
            }
            other => folded.push(other),
        }
    }
    // A path parameter (`..;x`) is cut off by servlet containers.
    folded.split(['/', '\\']).any(|part| {
        let part = part.split_once(';').map_or(part, |(before, _)| before);
        let part = part.trim_end_matches(' ');
        !part.is_empty() && part.chars().all(|c| c == '.')
    })
}

/// Whether Windows would open something else than a file of this name.
pub(super) fn is_odd_on_windows(name: &str) -> bool {
    const DEVICES: &[&str] = &["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];
    let stem = name.split(['.', ':']).next().unwrap_or(name);
    let stem = stem.trim_end_matches(' ').to_ascii_uppercase();
    name.ends_with(['.', ' '])
        || DEVICES.contains(&stem.as_str())
        || is_port(&stem)
        || is_short_name(name)
        || is_stream_or_drive(name)
}

/// `COM1` to `LPT9`, with the superscript digits that count too.
fn is_port(stem: &str) -> bool {
    let number = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    let mut number = number.unwrap_or("").chars();
    matches!(
        (number.next(), number.next()),
        (Some('0'..='9' | '¹' | '²' | '³'), None)
    )
}

/// `SECRET~1`, `PROGRA~1.TXT`: at most eight characters, ending in a tilde and digits, then at most three.
fn is_short_name(name: &str) -> bool {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let Some((base, number)) = stem.rsplit_once('~') else {
        return false;
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits && !base.is_empty() && stem.chars().count() <= 8 && extension.chars().count() <= 3
}

/// `C:`, `C|`, `C:name`, `x.txt:stream`, `x::$DATA`; not `10:30:00.log` and not `File::Spec.3pm`.
fn is_stream_or_drive(name: &str) -> bool {
    let stream = name.split_once(':').is_some_and(|(file, stream)| {
        let named = stream.starts_with(|c: char| c.is_ascii_alphabetic());
        named && file.contains('.')
    });
    is_drive(name) || stream || name.contains(":$")
}

fn is_drive(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && matches!(characters.next(), Some(':' | '|'))
        && characters.next() != Some(':')
}
