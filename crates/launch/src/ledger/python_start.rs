//! Whether Python looks for modules in the directory where it starts, before everywhere else.
//!
//! Does: read the options of a resolved `python … -m MODULE`. Doesn't: resolve it; what it names was found by then.

use crate::resolve::LaunchRecord;

/// Whether a launch is `python … -m MODULE` without an option that keeps Python from looking for modules where it starts.
pub(super) fn imports_where_it_starts(record: &LaunchRecord) -> bool {
    let program = record.program.as_ref().map(|file| file.path.as_str());
    let name = program.and_then(|path| path.rsplit('/').next());
    name.is_some_and(|name| name.starts_with("python") || name.starts_with("pypy"))
        && looks_around(record.argv.iter().skip(1).map(String::as_str))
}

fn looks_around<'a>(mut words: impl Iterator<Item = &'a str>) -> bool {
    while let Some(word) = words.next() {
        let flags = match word.strip_prefix('-') {
            Some("-check-hash-based-pycs") => {
                words.next();
                continue;
            }
            Some(long) if long.starts_with('-') => continue,
            Some(flags) => flags,
            None => return false,
        };
        // Flags may stand together, as in `-um MODULE`.
        let Some(at) = flags.find(|flag| "mcIPWX".contains(flag)) else {
            continue;
        };
        match flags.as_bytes().get(at) {
            Some(b'm') => return true,
            // Their values stand apart, or in the same word.
            Some(b'W' | b'X') if flags.len() == at + 1 => drop(words.next()),
            Some(b'W' | b'X') => {}
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_before_a_module() {
        for (words, expected) in [
            ("-m serve", true),
            ("-um serve", true),
            ("-mserve", true),
            ("-B -u -m serve -I", true),
            ("-W ignore -m serve", true),
            ("-Wignore -m serve", true),
            ("-X utf8 -m serve", true),
            ("-uX utf8 -m serve", true),
            ("-Xutf8 -m serve", true),
            ("--check-hash-based-pycs always -m serve", true),
            ("--check-hash-based-pycs=always -m serve", true),
            ("-P -m serve", false),
            ("-I -m serve", false),
            ("-uP -m serve", false),
            ("-BIm serve", false),
            ("-X utf8 -P -m serve", false),
            ("serve.py -m x", false),
            ("", false),
        ] {
            let found = looks_around(words.split_whitespace());
            assert_eq!(found, expected, "{words}");
        }
    }
}
