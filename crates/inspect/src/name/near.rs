//! Names that differ by a slip of the hand.

/// Words that tools are named with: one for another is a different tool, not a slip.
const WORDS: &[&str] = &[
    "get", "set", "put", "let", "add", "and", "page", "image", "post", "pod", "pad", "node",
    "code", "mode", "date", "data", "file", "files", "fill", "find", "bind", "list", "last",
    "lint", "link", "line", "like", "lock", "log", "load", "read", "send", "seed", "feed", "form",
    "from", "user", "uses", "used", "role", "rule", "run", "row", "raw", "web", "wiki", "word",
    "work", "test", "text", "task", "tasks", "tag", "tags", "type", "time", "team", "item",
    "items", "name", "names", "note", "notes", "vote", "mail", "main", "map", "move", "make",
    "take", "state", "start", "stats", "status", "stack", "track", "trace", "store", "score",
    "share", "spare", "space", "place", "plan", "play", "pull", "push", "pods", "jobs", "job",
    "bot", "box", "call", "cell", "cells", "chat", "chart", "class", "clean", "clear", "clone",
    "close", "cloud", "copy", "count", "mount", "event", "edit", "exit", "export", "import",
    "head", "help", "host", "hook", "book", "look", "lookup", "index", "info", "key", "keys",
    "label", "table", "table", "tool", "pool", "view", "value", "values", "write", "write",
    "query", "quote", "route", "room", "zoom", "sort", "port", "ports", "part", "parts", "path",
    "patch", "batch", "branch", "brand", "search", "select",
];

/// The words of a name, in lower case: at separators, and where a small letter meets a capital.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last_small = false;
    for character in name.chars() {
        let turns = last_small && character.is_uppercase();
        if matches!(character, '_' | '-' | '.' | ' ' | '/' | ':') || turns {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        last_small = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether the words of one name are those of the other but for one slip in one of them.
pub(super) fn is_typo(ones: &[String], others: &[String]) -> bool {
    if ones.len() != others.len() {
        return false;
    }
    let mut different = ones.iter().zip(others).filter(|(one, other)| one != other);
    let (Some((one, other)), None) = (different.next(), different.next()) else {
        return false;
    };
    let known = |word: &str| {
        let one = word.strip_suffix('s').unwrap_or(word);
        WORDS.contains(&word) || WORDS.contains(&one)
    };
    let long = one.chars().count().min(other.chars().count()) >= 4;
    let plural = one.strip_suffix('s') == Some(other) || other.strip_suffix('s') == Some(one);
    let numbered = one.chars().chain(other.chars()).any(char::is_numeric);
    let both_known = known(one) && known(other);
    let other_tool = plural || numbered || both_known;
    long && !other_tool && is_slip(one, other)
}

/// Whether one word becomes the other by one letter more, less or other, or by two that change places.
fn is_slip(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let same = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    let (short, long) = (
        short.get(same..).unwrap_or_default(),
        long.get(same..).unwrap_or_default(),
    );
    match (short, long) {
        (_, [_, rest @ ..]) if short == rest => true,
        // Another first letter makes another word.
        ([_, a @ ..], [_, b @ ..]) if a == b => same > 0,
        ([a, b, first @ ..], [c, d, second @ ..]) => a == d && b == c && first == second,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_known() {
        for (one, other, expected) in [
            ("read", "raed", true),
            ("read", "reaad", true),
            ("read", "rad", true),
            ("read", "rexd", true),
            ("read", "bead", false),
            ("read", "write", false),
            ("read", "read", false),
            ("", "a", true),
        ] {
            assert_eq!(is_slip(one, other), expected, "{one} {other}");
            assert_eq!(is_slip(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn words_of_names() {
        assert_eq!(words("readFile_v2-x"), ["read", "file", "v2", "x"]);
    }
}
