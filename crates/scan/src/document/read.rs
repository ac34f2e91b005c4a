//! From bytes to a document.

use super::format::Format;
use super::node::Node;
use super::problem::{Problem, ProblemKind};
use super::span::{Lines, Span};
use super::{bundle, json, keys, toml, yaml};

/// Most bytes of a file that is read: 20 MiB.
pub const LARGEST_FILE: usize = 20 << 20;

/// Deepest nesting of maps and lists.
pub(super) const DEEPEST: usize = 64;

/// Most values in one file, copies made by YAML aliases included.
pub(super) const MOST_NODES: usize = 1 << 20;

/// A file that was read: its text, its tree, and what a strict reader would say.
#[derive(Clone, Debug)]
pub struct Document {
    format: Format,
    text: String,
    exact: bool,
    root: Option<Node>,
    problems: Vec<Problem>,
    lines: Lines,
}

/// What a reader of one format makes of a text.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) root: Option<Node>,
    pub(super) problems: Vec<Problem>,
}

impl Document {
    /// Reads the bytes of a file. Never fails: what cannot be read is a problem, and then there is no [`Document::root`].
    #[must_use]
    pub fn read(bytes: &[u8], format: Format) -> Self {
        if bytes.len() > LARGEST_FILE {
            return Document::refused(
                format,
                ProblemKind::TooLarge,
                "the file is larger than 20 MiB",
            );
        }
        if format == Format::Bundle {
            return Document::read_bundle(bytes);
        }
        Document::read_bytes(bytes, format)
    }

    fn read_bundle(bytes: &[u8]) -> Self {
        match bundle::manifest(bytes) {
            Ok((manifest, fault)) => {
                let mut document = Document::read_bytes(&manifest, Format::Bundle);
                document.exact = false;
                let faults = fault.map(|(kind, said)| Problem::new(Span::default(), kind, said));
                document.problems.extend(faults);
                document
            }
            Err((kind, said)) => Document::refused(Format::Bundle, kind, said),
        }
    }

    fn read_bytes(bytes: &[u8], format: Format) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Document::read_text(text.to_owned(), format),
            Err(error) => {
                let mut document =
                    Document::read_text(String::from_utf8_lossy(bytes).into_owned(), format);
                document.exact = false;
                let at = Span::new(error.valid_up_to(), error.valid_up_to());
                document.problems.insert(
                    0,
                    Problem::new(at, ProblemKind::NotUtf8, "the file is not UTF-8"),
                );
                document
            }
        }
    }

    fn read_text(text: String, format: Format) -> Self {
        let (mark, body) = match text.strip_prefix('\u{feff}') {
            Some(body) => (text.len() - body.len(), body),
            None => (0, text.as_str()),
        };
        let mut reading = match format {
            Format::Jsonc => json::read(body, mark, false),
            Format::Json | Format::Bundle => json::read(body, mark, true),
            Format::Toml => toml::read(body, mark),
            Format::Yaml => yaml::read(body, mark),
            Format::FrontMatter => yaml::read_front_matter(body, mark),
        };
        let mut problems = Vec::new();
        if mark > 0 {
            let text = "the file starts with a byte order mark";
            problems.push(Problem::new(
                Span::new(0, mark),
                ProblemKind::ByteOrderMark,
                text,
            ));
        }
        if let Some(at) = text.find('\0') {
            let said = "a NUL character is in the file";
            problems.push(Problem::new(Span::new(at, at + 1), ProblemKind::Nul, said));
        }
        problems.append(&mut reading.problems);
        if let Some(root) = &reading.root {
            keys::check(root, &mut problems);
        }
        Document {
            format,
            lines: Lines::of(&text),
            text,
            exact: true,
            root: reading.root,
            problems,
        }
    }

    fn refused(format: Format, kind: ProblemKind, said: &str) -> Self {
        Document {
            format,
            text: String::new(),
            exact: false,
            root: None,
            problems: vec![Problem::new(Span::default(), kind, said)],
            lines: Lines::default(),
        }
    }

    /// How the file is written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The file's text. All spans are places in it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text's bytes are the file's. Where they are not (no UTF-8, too large) the file must not be edited.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// The tree as the client would see it; none where nothing could be read, or where the file is empty.
    #[must_use]
    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// What a strict reader would refuse, in the order found.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The text of a span; nothing where the span belongs to another text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of an offset, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        self.lines.position(&self.text, offset)
    }
}
