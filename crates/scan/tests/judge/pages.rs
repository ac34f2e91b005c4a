//! The book has a page for each rule, and says what the table says. `INTERLOCK_WRITE_PAGES=1` writes them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use interlock_scan::report::{index, page};
use interlock_scan::{ProblemKind, rules};

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src")
}

fn check(path: &Path, text: &str) {
    if std::env::var_os("INTERLOCK_WRITE_PAGES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        found,
        text,
        "{} is not what the table says: run this test with INTERLOCK_WRITE_PAGES=1",
        path.display()
    );
}

#[test]
fn every_rule_has_its_page_and_every_page_its_rule() {
    let directory = book().join("rules");
    check(&directory.join("index.md"), &index());
    let mut names = BTreeSet::from(["index.md".to_owned()]);
    for rule in rules() {
        let name = format!("{}.md", rule.id);
        check(&directory.join(&name), &page(rule));
        names.insert(name);
    }
    let there: BTreeSet<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, names);
}

#[test]
fn the_book_lists_every_page() {
    let summary = std::fs::read_to_string(book().join("SUMMARY.md")).unwrap();
    for rule in rules() {
        assert!(
            summary.contains(&format!("(rules/{}.md)", rule.id)),
            "{}",
            rule.id
        );
    }
}

#[test]
fn ids_are_unique_and_kebab_case_and_texts_are_whole_sentences() {
    let mut ids = BTreeSet::new();
    for rule in rules() {
        assert!(ids.insert(rule.id), "{}", rule.id);
        assert!(
            rule.id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{}",
            rule.id
        );
        assert!(
            rule.why.ends_with('.') || rule.why.ends_with(')'),
            "{}: {}",
            rule.id,
            rule.why
        );
        assert!(
            rule.remedy.ends_with('.') || rule.remedy.ends_with('`'),
            "{}: {}",
            rule.id,
            rule.remedy
        );
        assert!(!rule.title.ends_with('.'), "{}", rule.id);
    }
}

#[test]
fn every_reason_of_check_is_a_rule_at_least_as_heavy_as_it_must_be() {
    use interlock_launch::Severity as Reason;
    use interlock_scan::Severity;
    for (code, weight) in interlock_launch::reason_codes() {
        let rule = interlock_scan::rule_of(code).unwrap_or_else(|| panic!("no rule for `{code}`"));
        let refused = weight >= Reason::Danger;
        // Who wrote a launch says nothing against it; that nobody agreed to it is what the finding says.
        if code != "untrusted-origin" {
            assert_eq!(rule.severity == Severity::High, refused, "{code}");
        }
    }
    assert!(!ProblemKind::ALL.is_empty());
}
