//! Case folding as lenient readers do it, to find keys and methods that only such a reader would take for ours.
//!
//! Readers differ: Go's `encoding/json` folds `ſ` to `s` and the Kelvin sign to `k`, its second version can ignore `_` and `-`, upper-casing
//! readers fold `ı` to `i`, full folding expands `ß` and ligatures, normalising ones know full-width letters. The union of all is used.

/// Whether `key` turns into `name` under some reader's folding. `separators`: ignore `_` and `-` too.
pub(crate) fn resembles(key: &str, name: &str, separators: bool) -> bool {
    // The usual key: nothing but visible ASCII, so nothing to skip or expand.
    if !separators && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return key.eq_ignore_ascii_case(name);
    }
    let mut wanted = name
        .chars()
        .filter(|c| !skipped(*c, separators))
        .map(|c| c.to_ascii_lowercase());
    for character in key.chars().filter(|c| !skipped(*c, separators)) {
        let matches = match folded(character) {
            Folded::One(one) => wanted.next() == Some(one),
            Folded::Many(many) => many.chars().all(|one| wanted.next() == Some(one)),
        };
        if !matches {
            return false;
        }
    }
    wanted.next().is_none()
}

enum Folded {
    One(char),
    Many(&'static str),
}

fn folded(character: char) -> Folded {
    if character.is_ascii() {
        return Folded::One(character.to_ascii_lowercase());
    }
    Folded::One(match character {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        '\u{130}' | '\u{131}' => 'i',
        '\u{DF}' | '\u{1E9E}' => return Folded::Many("ss"),
        '\u{FB00}' => return Folded::Many("ff"),
        '\u{FB01}' => return Folded::Many("fi"),
        '\u{FB02}' => return Folded::Many("fl"),
        '\u{FB03}' => return Folded::Many("ffi"),
        '\u{FB04}' => return Folded::Many("ffl"),
        '\u{FB05}' | '\u{FB06}' => return Folded::Many("st"),
        '\u{FF21}'..='\u{FF3A}' => return Folded::One(shifted(character, 0xFF21)),
        '\u{FF41}'..='\u{FF5A}' => return Folded::One(shifted(character, 0xFF41)),
        other => other,
    })
}

fn shifted(character: char, base: u32) -> char {
    char::from_u32(u32::from(character) - base + u32::from('a')).unwrap_or(character)
}

/// Characters that a reader may drop: white space, invisible ones, the dot that lower-casing `İ` leaves behind.
fn skipped(character: char, separators: bool) -> bool {
    match character {
        '_' | '-' => separators,
        '\u{AD}' | '\u{307}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{FEFF}' => true,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => true,
        '\u{FE00}'..='\u{FE0F}' | '\u{E0000}'..='\u{E0FFF}' => true,
        other => other.is_whitespace() || other.is_control(),
    }
}
