//! Names of tools: whether they are what they look like, alone and beside others.

mod letters;
mod near;

pub(crate) use letters::latin;

use interlock_wire::is_hidden;
use unicode_normalization::UnicodeNormalization;

use crate::finding::{
    Confidence, Finding, INVISIBLE, NAME_FORM, NAME_INTENT, NAME_LOOKALIKE, NAME_SCRIPTS,
    NAME_TAKEN, Severity, quoted,
};
use crate::text::{Script, script};

/// Verbs that no honest tool has in its name.
const INTENTS: &[&str] = &[
    "exfiltrate",
    "exfil",
    "keylogger",
    "keylog",
    "ransom",
    "ransomware",
    "backdoor",
    "phish",
    "phishing",
    "steal",
    "stealer",
];

/// A tool's name by itself.
pub(crate) fn name(name: &str, place: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shown = quoted(name, 80);
    if name.chars().any(is_hidden) {
        findings.push(
            Finding::new(
                &INVISIBLE,
                place,
                format!("the name `{shown}` has invisible characters"),
            )
            .at(Severity::Critical),
        );
    }
    if name.nfkc().ne(name.chars()) {
        let plain: String = name.nfkc().collect();
        findings.push(Finding::new(
            &NAME_FORM,
            place,
            format!("`{shown}` is written for `{}`", quoted(&plain, 80)),
        ));
    } else if imitates_latin(name) {
        let plain: String = name.chars().map(latin).collect();
        findings.push(Finding::new(
            &NAME_SCRIPTS,
            place,
            format!("`{shown}` looks like `{}`", quoted(&plain, 80)),
        ));
    }
    if near::words(name)
        .iter()
        .any(|word| INTENTS.contains(&word.as_str()))
    {
        findings.push(Finding::new(&NAME_INTENT, place, format!("`{shown}`")));
    }
    findings
}

/// Letters of several scripts of which one is Latin, or of another script that all look Latin.
fn imitates_latin(name: &str) -> bool {
    let alike = |character: &char| {
        matches!(
            script(*character),
            Some(
                Script::Cyrillic | Script::Greek | Script::Armenian | Script::Other | Script::Latin
            )
        ) && !character.is_ascii()
            && latin(*character).is_ascii()
    };
    let has_latin = name
        .chars()
        .any(|character| character.is_ascii_alphabetic());
    let foreign: Vec<char> = name
        .chars()
        .filter(|character| {
            script(*character).is_some_and(|script| script != Script::Latin) || alike(character)
        })
        .collect();
    let mixed = has_latin && foreign.iter().any(alike);
    mixed || (!foreign.is_empty() && !has_latin && foreign.iter().all(alike))
}

/// A tool's name beside those of other servers' tools.
pub(crate) fn beside<'a>(
    name: &str,
    others: impl IntoIterator<Item = &'a str>,
    place: &str,
) -> Vec<Finding> {
    let mine = skeleton(name);
    let judge = |other: &str| {
        let text = format!("`{}` and `{}`", quoted(name, 80), quoted(other, 80));
        if other == name {
            // Many servers have a `search`; a model may still take one for the other.
            return Some(Finding::new(&NAME_TAKEN, place, text));
        }
        if mine == skeleton(other) {
            let finding = Finding::new(&NAME_LOOKALIKE, place, text);
            // The same but for case and separators is a matter of style.
            let style = name.is_ascii() && other.is_ascii() && !has_digit_letters(name, other);
            return Some(if style {
                finding.at(Severity::Low)
            } else {
                finding.at(Severity::High)
            });
        }
        near::is_typo(&near::words(name), &near::words(other)).then(|| {
            let mut finding = Finding::new(&NAME_LOOKALIKE, place, text);
            finding.confidence = Confidence::Medium;
            finding
        })
    };
    others.into_iter().filter_map(judge).collect()
}

/// `l1st` and `list`: digits that stand for letters.
fn has_digit_letters(one: &str, other: &str) -> bool {
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    digits(one) != digits(other)
}

/// What a name looks like at a glance.
pub(crate) fn skeleton(name: &str) -> String {
    let plain: String = name
        .nfkc()
        .filter(|character| !is_hidden(*character))
        .map(latin)
        .collect();
    let words = near::words(&plain);
    let glances = words.iter().map(|word| {
        // Digits of a number stay what they are.
        let is_word = word.contains(char::is_alphabetic);
        let glance = |character| match character {
            '0' if is_word => 'o',
            '1' | 'i' if is_word => 'l',
            other => other,
        };
        word.chars().map(glance).collect::<String>()
    });
    glances.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let codes: Vec<_> = name(text, "").iter().map(|finding| finding.code).collect();
        assert_eq!(codes, expected, "{text}");
    }

    #[test]
    fn names_are_what_they_look_like() {
        for plain in [
            "read_file",
            "搜索",
            "поиск",
            "αναζήτηση",
            "búsqueda",
            "übersetzen",
            "検索_v2",
            "get.user-2",
        ] {
            check(plain, &[]);
        }
        check("re\u{430}d_file", &["name-mixed-scripts"]);
        check("\u{441}\u{43e}\u{440}\u{443}", &["name-mixed-scripts"]);
        check("\u{ff52}ead_file", &["name-compatibility"]);
        check("𝐫𝐞𝐚𝐝", &["name-compatibility"]);
        check("read\u{200b}_file", &["hidden-characters"]);
        check("exfiltrate_data", &["name-intent"]);
    }

    #[track_caller]
    fn check_beside(text: &str, other: &str, expected: Option<(&str, Severity)>) {
        let found = beside(text, [other], "");
        assert_eq!(
            found
                .first()
                .map(|finding| (finding.code, finding.severity)),
            expected,
            "{text} {other}"
        );
    }

    #[test]
    fn names_beside_each_other() {
        let alike = |severity| Some(("name-look-alike", severity));
        check_beside(
            "read_file",
            "read_file",
            Some(("name-taken", Severity::Low)),
        );
        check_beside("raed_file", "read_file", alike(Severity::Medium));
        check_beside("read_fille", "read_file", alike(Severity::Medium));
        check_beside("re\u{430}d_file", "read_file", alike(Severity::High));
        check_beside("l1st_files", "list_files", alike(Severity::High));
        check_beside("readFile", "read_file", alike(Severity::Low));
        for (one, other) in [
            ("read_files", "read_file"),
            ("get_user", "set_user"),
            ("search_v1", "search_v2"),
            ("list_issues", "list_issue"),
            ("add", "and"),
            ("create_page", "create_image"),
            ("send_mail", "read_mail"),
            ("write_file", "read_file"),
            ("get_post", "get_posts"),
            ("list_pods", "list_pads"),
        ] {
            check_beside(one, other, None);
        }
    }
}
