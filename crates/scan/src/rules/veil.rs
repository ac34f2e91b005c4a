//! What of a file may be shown: nothing that is a secret, and of values that are set nothing but what a finding is about.

use std::collections::BTreeSet;

use interlock_launch::text;

use crate::document::{Document, Span};
use crate::finding::{Position, Region};

/// Most characters of a line that are shown, besides what is marked.
const AROUND: usize = 60;
/// Most characters that are marked.
const MARKED: usize = 80;
/// Most secrets of one file that are masked word by word; of a file with more nothing is shown.
const MOST_SECRETS: usize = 500;
/// What stands for something that is not shown.
const HIDDEN: &str = "…";
/// Most bytes that are looked at on each side of what is marked, and of what is marked itself: a whole file can be one line.
const WINDOW: usize = 1024;

/// The secrets of one file: where they stand, and what they are.
#[derive(Default)]
pub(super) struct Veil {
    /// Never shown.
    secrets: Vec<Span>,
    /// Shown only where a finding is about them.
    values: Vec<Span>,
    /// Values that are set and say little: hidden only where whole entries are shown.
    small: Vec<Span>,
    texts: BTreeSet<String>,
    /// A server's own fields hold a secret.
    held: bool,
}

impl Veil {
    /// Something that is never shown, and its text, which is taken out of messages.
    pub(super) fn secret(&mut self, span: Span, text: &str) {
        self.held = true;
        self.secrets.push(span);
        if text.chars().count() >= 4 {
            self.word(text);
        }
    }

    /// Something that is never shown where it stands, though no server that counts is known to use it.
    pub(super) fn hide(&mut self, span: Span) {
        self.secrets.push(span);
    }

    /// A text that is never shown, wherever it stands.
    pub(super) fn word(&mut self, text: &str) {
        if self.texts.len() <= MOST_SECRETS {
            self.texts.insert(text.to_owned());
        }
    }

    /// Something that is shown only where a finding is about it.
    pub(super) fn value(&mut self, span: Span) {
        self.values.push(span);
    }

    /// Something that is hidden only where whole entries are shown.
    pub(super) fn small(&mut self, span: Span) {
        self.small.push(span);
    }

    /// Puts everything that is hidden in order. To be called once, when all of it is known.
    pub(super) fn settle(&mut self) {
        for spans in [&mut self.secrets, &mut self.values, &mut self.small] {
            spans.sort();
            spans.dedup_by(|next, last| {
                let same = next.start < last.end || *next == *last;
                if same {
                    last.end = last.end.max(next.end);
                }
                same
            });
        }
    }

    /// Whether the file's servers hold secrets.
    pub(super) fn has_secrets(&self) -> bool {
        self.held
    }

    /// A message without the file's secrets. A secret that was cut off in the middle is taken out as well.
    pub(super) fn redact(&self, message: &str) -> String {
        if self.texts.len() > MOST_SECRETS {
            return "not shown: the file holds more secrets than can be masked".to_owned();
        }
        let mut redacted = message.to_owned();
        for secret in &self.texts {
            redacted = redact_one(&redacted, secret);
        }
        redacted
    }

    /// The whole text, without secrets and without values that could be some.
    pub(super) fn masked(&self, document: &Document) -> String {
        let text = document.text();
        let nowhere = Span::new(usize::MAX, usize::MAX);
        let mut shown = String::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            shown.push_str(&self.show(
                text,
                Span::new(at, at + line.trim_end_matches('\n').len()),
                nowhere,
            ));
            if line.ends_with('\n') {
                shown.push('\n');
            }
            at += line.len();
        }
        shown
    }

    /// A piece of the text as it is written, without secrets and without any value that is set.
    pub(super) fn piece(&self, document: &Document, piece: Span) -> String {
        let text = document.text();
        let mut hidden: Vec<Span> = [&self.secrets, &self.values, &self.small]
            .into_iter()
            .flat_map(|spans| touching(spans, piece))
            .copied()
            .collect();
        hidden.sort();
        let mut shown = String::new();
        let mut at = piece.start;
        for span in hidden {
            shown.push_str(text.get(at..span.start.max(at)).unwrap_or(""));
            if span.end > at {
                shown.push_str("\"…\"");
            }
            at = at.max(span.end);
        }
        shown.push_str(text.get(at..piece.end).unwrap_or(""));
        self.redact(&shown)
    }

    /// Where `span` is, with its first line as it may be shown. Nothing of a file is shown that could not be read as a whole:
    /// there nobody knows what is a secret.
    pub(super) fn region(&self, document: &Document, span: Span) -> Region {
        let text = document.text();
        let position = |offset| {
            let (line, column) = document.line_column(offset);
            Position { line, column }
        };
        let line_start = start_of_window(text, span.start);
        let limit = text.ceil_char_boundary(span.end.saturating_add(WINDOW));
        let to = text
            .get(span.start..limit)
            .and_then(|after| after.find('\n'));
        let line_end = to.map_or(limit, |length| span.start + length);
        let marked = Span::new(
            span.start,
            span.end.clamp(span.start, line_end.max(span.start)),
        );
        let most = text.ceil_char_boundary(span.start.saturating_add(WINDOW));
        let first = Span::new(marked.start, marked.end.min(most));
        let readable = document.root().is_some() && self.texts.len() <= MOST_SECRETS;
        let show = |piece: Span| {
            if readable {
                self.show(text, piece, marked)
            } else {
                String::new()
            }
        };
        let before = tail(&show(Span::new(line_start, marked.start)), AROUND);
        let middle = head(&show(first), MARKED);
        let after = head(show(Span::new(marked.end, line_end)).trim_end(), AROUND);
        Region {
            span,
            start: position(span.start),
            end: position(span.end),
            before: before.chars().count(),
            width: middle.chars().count().max(1),
            snippet: format!("{before}{middle}{after}"),
        }
    }

    /// A piece of the text: escaped, with what is hidden left out.
    fn show(&self, text: &str, piece: Span, marked: Span) -> String {
        let about = |value: &&Span| value.start >= marked.end || value.end <= marked.start;
        let mut hidden: Vec<Span> = touching(&self.secrets, piece)
            .iter()
            .chain(touching(&self.values, piece).iter().filter(about))
            .copied()
            .collect();
        hidden.sort();
        let mut shown = String::new();
        let mut at = piece.start;
        for span in hidden {
            escape(text.get(at..span.start.max(at)).unwrap_or(""), &mut shown);
            if span.end > at {
                shown.push_str(HIDDEN);
            }
            at = at.max(span.end);
        }
        escape(text.get(at..piece.end).unwrap_or(""), &mut shown);
        self.redact(&shown)
    }
}

/// Those of some spans, in order and apart from each other, that have something of `piece` in them.
fn touching(spans: &[Span], piece: Span) -> &[Span] {
    let from = spans.partition_point(|span| span.end <= piece.start);
    let rest = spans.get(from..).unwrap_or_default();
    let count = rest.partition_point(|span| span.start < piece.end);
    rest.get(..count).unwrap_or_default()
}

/// Where to begin showing the line that `at` is on: at its start, or near enough to `at`, and then never within a word.
fn start_of_window(text: &str, at: usize) -> usize {
    let from = text.floor_char_boundary(at.saturating_sub(WINDOW));
    let before = text.get(from..at).unwrap_or("");
    if let Some(end) = before.rfind('\n') {
        return from + end + 1;
    }
    if from == 0 {
        return 0;
    }
    let word = before.find(|c: char| c.is_whitespace() || "\"'`,".contains(c));
    word.map_or(at, |length| from + length)
}

/// One line, with nothing in it that does not show.
fn escape(text: &str, shown: &mut String) {
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("    "),
            '\r' => {}
            c if text::hidden_char(c.encode_utf8(&mut [0; 4]), false).is_some() => {
                shown.extend(c.escape_unicode());
            }
            c => shown.push(c),
        }
    }
}

fn head(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most).collect();
    cut.push('…');
    cut
}

fn tail(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let mut cut = String::from("…");
    cut.extend(text.chars().skip(count - most));
    cut
}

/// `message` without `secret`, and without a beginning of it of six characters or more.
fn redact_one(message: &str, secret: &str) -> String {
    let sixth = secret.char_indices().nth(6);
    let beginning = sixth.and_then(|(at, _)| secret.get(..at)).unwrap_or(secret);
    if beginning.is_empty() || !message.contains(beginning) {
        return message.to_owned();
    }
    let mut redacted = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, _)) = rest.split_once(beginning) {
        let from = rest.get(before.len()..).unwrap_or("");
        let common: usize = from
            .chars()
            .zip(secret.chars())
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len_utf8())
            .sum();
        redacted.push_str(before);
        redacted.push_str(HIDDEN);
        rest = from.get(common..).unwrap_or("");
    }
    redacted.push_str(rest);
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    #[test]
    fn a_snippet_shows_no_secret_and_no_value_it_is_not_about() {
        let text = "{\n\t\"env\": {\"A\": \"ghp_secret\", \"B\": \"plain-value\", \"C\": \"other\u{202e}\"}\n}";
        let document = Document::read(text.as_bytes(), Format::Jsonc);
        let span = |part: &str| {
            let start = text.find(part).unwrap();
            Span::new(start, start + part.len())
        };
        let mut veil = Veil::default();
        veil.secret(span("ghp_secret"), "ghp_secret");
        veil.value(span("\"plain-value\""));
        for (about, snippet, marked) in [
            (
                "\"C\"",
                "    \"env\": {\"A\": \"…\", \"B\": …, \"C\": \"other\\u{202e}\"}",
                "\"C\"",
            ),
            (
                "\"plain-value\"",
                "    \"env\": {\"A\": \"…\", \"B\": \"plain-value\", \"C\": \"other\\u{202e}\"}",
                "\"plain-value\"",
            ),
            (
                "\"ghp_secret\"",
                "    \"env\": {\"A\": \"…\", \"B\": …, \"C\": \"other\\u{202e}\"}",
                "\"…\"",
            ),
        ] {
            let region = veil.region(&document, span(about));
            assert_eq!(region.snippet, snippet);
            let mark: String = region
                .snippet
                .chars()
                .skip(region.before)
                .take(region.width)
                .collect();
            assert_eq!(mark, marked);
            assert_eq!(region.start.line, 2);
        }
    }

    #[test]
    fn messages_lose_secrets_even_where_they_are_cut() {
        let mut veil = Veil::default();
        veil.secret(Span::new(0, 1), "sk-0123456789abcdef");
        for (message, redacted) in [
            ("`--key=sk-0123456789abcdef` is", "`--key=…` is"),
            ("`sk-0123456…` is", "`……` is"),
            ("nothing sk-", "nothing sk-"),
            ("sk-0123456789abcdef sk-0123456789abcdef", "… …"),
        ] {
            assert_eq!(veil.redact(message), redacted);
        }
    }

    #[test]
    fn of_a_file_that_could_not_be_read_nothing_is_shown() {
        let document = Document::read(b"{\"TOKEN\": \"ghp_secret", Format::Json);
        let region = Veil::default().region(&document, Span::new(1, 4));
        assert_eq!(region.snippet, "");
    }
    #[test]
    fn of_a_long_line_only_what_is_near_is_looked_at() {
        let filler = "x ".repeat(50_000);
        let text = format!("{{\"a\": \"{filler}\", \"k\": 1, \"b\": \"{filler}\"}}");
        let document = Document::read(text.as_bytes(), Format::Json);
        let start = text.find("\"k\"").unwrap();
        let region = Veil::default().region(&document, Span::new(start, start + 3));
        assert!(region.snippet.contains("x \", \"k\": 1, \"b\": \"x "));
        assert!(region.snippet.chars().count() <= 2 * AROUND + MARKED + 3);
        assert_eq!(region.start.column, start + 1);
    }

    #[test]
    fn what_overlaps_is_hidden_once() {
        let document = Document::read(b"[\"abcdef\", 1]", Format::Json);
        let mut veil = Veil::default();
        veil.small(Span::new(11, 12));
        veil.hide(Span::new(3, 9));
        veil.hide(Span::new(1, 9));
        veil.hide(Span::new(1, 9));
        veil.settle();
        assert_eq!(veil.piece(&document, Span::new(0, 13)), "[\"…\", \"…\"]");
        assert!(!veil.has_secrets());
    }
}
