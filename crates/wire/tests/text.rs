//! Untrusted text is shown escaped or not at all.

use interlock_wire::{Untrusted, is_hidden};
use proptest::prelude::*;

fn check(text: &str, expected: &str) {
    assert_eq!(Untrusted::new(text).escaped().to_string(), expected);
}

#[test]
fn what_steers_or_hides_is_made_visible() {
    check("plain text, é, 漢, 😀", "plain text, é, 漢, 😀");
    check("a\nb\r\tc", "a\\nb\\r\\tc");
    check(
        "\u{1b}[31mred\u{1b}]0;t\u{7}",
        "\\u{1b}[31mred\\u{1b}]0;t\\u{7}",
    );
    check("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\u{7f}\\u{0}");
    check(
        "a\u{202e}b\u{2066}c\u{200b}d\u{feff}",
        "a\\u{202e}b\\u{2066}c\\u{200b}d\\u{feff}",
    );
    check(
        "\u{e0041}\u{fe0f}\u{e0100}",
        "\\u{e0041}\\u{fe0f}\\u{e0100}",
    );
    check(
        "\u{2028}\u{a0}\u{ad}\u{3164}",
        "\\u{2028}\\u{a0}\\u{ad}\\u{3164}",
    );
    check("\\n", "\\\\n");
}

#[test]
fn debug_is_escaped_too() {
    assert_eq!(
        format!("{:?}", Untrusted::new("a\u{1b}b")),
        "Untrusted(`a\\u{1b}b`)"
    );
}

#[test]
fn the_text_itself_is_reachable_on_purpose() {
    assert_eq!(Untrusted::new("a\n".to_owned()).as_str(), "a\n");
    assert_eq!(Untrusted::new("a").into_inner(), "a");
}

proptest! {
    #[test]
    fn renderings_are_visible_and_differ(one in any::<String>(), two in any::<String>()) {
        let show = |text: &str| Untrusted::new(text).escaped().to_string();
        prop_assert!(!show(&one).chars().any(is_hidden));
        prop_assert_eq!(show(&one) == show(&two), one == two);
    }
}
