//! Documents: whatever the bytes, reading ends, and every place in the tree is a place in the text; JSON without problems is JSON to
//! another reader. The first byte chooses the format.

use std::path::Path;

use interlock_scan::{CLIENTS, Document, Format, Node, read_text};

const FORMATS: [Format; 6] = [
    Format::Json,
    Format::Jsonc,
    Format::Toml,
    Format::Yaml,
    Format::FrontMatter,
    Format::Bundle,
];

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else {
        return;
    };
    let format = FORMATS[usize::from(*first) % FORMATS.len()];
    let document = Document::read(bytes, format);
    let inside = |span: interlock_scan::Span| {
        assert!(document.text().get(span.range()).is_some(), "{span:?}")
    };
    let mut open: Vec<&Node> = document.root().into_iter().collect();
    while let Some(node) = open.pop() {
        inside(node.span);
        node.members()
            .iter()
            .for_each(|member| inside(member.key_span));
        open.extend(node.elements());
        open.extend(node.members().iter().map(|member| &member.value));
    }
    for problem in document.problems() {
        inside(problem.span);
        assert!(document.line_column(problem.span.end).0 > 0);
    }
    if format == Format::Json && document.root().is_some() && document.problems().is_empty() {
        let other = serde_json::from_slice::<serde_json::Value>(bytes);
        // Numbers past the range of a double are no fault of the text.
        assert!(
            other.is_ok() || document.text().contains(['e', 'E']),
            "{other:?}"
        );
    }
    let clients = CLIENTS
        .iter()
        .flat_map(|client| client.places.iter().map(move |place| (client, place)));
    for (client, place) in clients.filter(|(_, place)| place.format == format) {
        let file = read_text(client, place, Path::new("/home/me/a/file"), bytes);
        for server in &file.servers {
            inside(server.span);
            inside(server.name_span);
        }
        file.all_problems()
            .iter()
            .for_each(|problem| inside(problem.span));
    }
}
