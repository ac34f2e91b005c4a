//! URI templates: the first line is a template, the rest a URI; what matches is harmless, and names nothing that the template lacks.

use interlock_wire::uri_template::{Template, Variables};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let (template, uri) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(parsed) = Template::parse(template) else {
        return;
    };
    parsed
        .expand(&Variables::default())
        .expect("nothing to misfit");
    let Some(found) = parsed.matches(uri) else {
        return;
    };
    let _ = found.has_dots();
    let far = template.contains(['+', '#', ';', '?', '&']);
    for (name, value) in found.iter() {
        assert!(parsed.names().any(|known| known == name));
        for text in value.texts() {
            assert!(!text.chars().any(char::is_control), "a control character");
            assert!(
                far || !text.contains(['/', '\\']),
                "a slash from a simple expression"
            );
        }
    }
    // A prefix of a value that was read is a value itself, so this never misfits.
    let _ = parsed.expand(&found.into_variables());
}
