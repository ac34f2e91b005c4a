//! Findings that somebody looked at and wants to hear no more of: comments in files that have comments, and a file of ignores for those that
//! have none. An ignore names its rule and says why; one that does not is not honoured, and is a finding itself.
//!
//! Whose comments count is the caller's decision: a repository may speak for itself where it is what is scanned, and not where it only
//! happens to lie in a home (decision record 0022).

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::discover::ConfigFile;
use crate::document::{Document, Format, Node, Span, Value};
use crate::finding::Finding;

/// What a comment has to contain.
const MARK: &str = "interlock-ignore[";

/// Most comments of one file that count.
const MOST: usize = 500;

/// An ignore in a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// The file.
    pub path: PathBuf,
    /// The line that it is about: its own, or the next one where it stands alone.
    pub line: usize,
    /// The rules.
    pub rules: Vec<String>,
    /// Why.
    pub reason: String,
}

/// A comment that means to be an ignore and is none.
pub(crate) struct Unreasoned {
    pub(crate) span: Span,
    pub(crate) line: usize,
}

/// The ignores in the comments of a file.
pub(crate) fn inline(file: &ConfigFile) -> Vec<Inline> {
    let comments = comments(file).into_iter();
    comments
        .filter(|comment| comment.is_whole())
        .map(|comment| Inline {
            path: file.path.clone(),
            line: comment.about,
            rules: comment.rules,
            reason: comment.reason,
        })
        .collect()
}

/// The comments of a file that would be ignores if they said why.
pub(crate) fn without_reason(file: &ConfigFile) -> Vec<Unreasoned> {
    let comments = comments(file).into_iter();
    comments
        .filter(|comment| !comment.is_whole())
        .map(|comment| Unreasoned {
            span: comment.span,
            line: comment.about,
        })
        .collect()
}

struct Comment {
    span: Span,
    about: usize,
    rules: Vec<String>,
    reason: String,
}

impl Comment {
    fn is_whole(&self) -> bool {
        !self.rules.is_empty() && self.reason.chars().filter(|c| c.is_alphanumeric()).count() >= 3
    }
}

fn comments(file: &ConfigFile) -> Vec<Comment> {
    let Some(document) = file.document() else {
        return Vec::new();
    };
    let marks = match document.format() {
        Format::Json | Format::Bundle => return Vec::new(),
        Format::Jsonc => &["//", "/*"][..],
        Format::Toml | Format::Yaml | Format::FrontMatter => &["#"][..],
    };
    if !document.text().contains(MARK) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut offset = 0;
    let texts = Texts::of(document);
    let lines: Vec<&str> = document.text().split_inclusive('\n').collect();
    for (at, line) in lines.iter().enumerate() {
        if found.len() < MOST {
            found.extend(comment(&texts, &lines, at, offset, marks));
        }
        offset += line.len();
    }
    found
}

/// The ignore in one line that starts at `offset`.
fn comment(
    texts: &Texts,
    lines: &[&str],
    at: usize,
    offset: usize,
    marks: &[&str],
) -> Option<Comment> {
    let line = lines.get(at)?;
    let (before, after) = line.split_once(MARK)?;
    let start = offset + before.len();
    let code = marks
        .iter()
        .find_map(|mark| before.trim_end().strip_suffix(mark))?;
    // What looks like a comment in a text is none.
    if texts.has(start) {
        return None;
    }
    let (rules, rest) = after.split_once(']').unwrap_or((after, ""));
    let rest = rest.trim().trim_end_matches("*/").trim();
    let about = if code.trim().is_empty() {
        let next = lines.iter().skip(at + 1).position(|line| {
            let line = line.trim();
            !line.is_empty() && !marks.iter().any(|mark| line.starts_with(mark))
        });
        at + 2 + next.unwrap_or(0)
    } else {
        at + 1
    };
    Some(Comment {
        span: Span::new(start, offset + line.trim_end().len()),
        about,
        rules: rules
            .split(',')
            .map(|rule| rule.trim().to_owned())
            .filter(|rule| !rule.is_empty())
            .collect(),
        reason: rest.strip_prefix(':').unwrap_or("").trim().to_owned(),
    })
}

/// Where keys and plain values stand in a document, in order and apart from each other: each place is looked up, not searched for.
struct Texts(Vec<Span>);

impl Texts {
    fn of(document: &Document) -> Self {
        let mut spans = Vec::new();
        if let Some(root) = document.root() {
            gather(root, &mut spans);
        }
        spans.sort();
        spans.dedup_by(|next, last| {
            let meets = next.start < last.end;
            if meets {
                last.end = last.end.max(next.end);
            }
            meets
        });
        Self(spans)
    }

    /// Whether a place is inside one of them.
    fn has(&self, at: usize) -> bool {
        let after = self.0.partition_point(|span| span.start <= at);
        let last = after.checked_sub(1).and_then(|last| self.0.get(last));
        last.is_some_and(|span| at < span.end)
    }
}

/// How deep a tree is, is bounded where it is read.
fn gather(node: &Node, spans: &mut Vec<Span>) {
    match &node.value {
        Value::List(elements) => elements.iter().for_each(|element| gather(element, spans)),
        Value::Map(members) => {
            for member in members {
                spans.push(member.key_span);
                gather(&member.value, spans);
            }
        }
        _ => spans.push(node.span),
    }
}

/// A file of ignores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreFile {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    rule: String,
    path: Option<String>,
    server: Option<String>,
    reason: String,
    /// Only findings in files below this directory.
    base: Option<PathBuf>,
}

impl Entry {
    /// Whether it is about this finding. A path matches from its end, by whole components.
    fn is_about(&self, finding: &Finding) -> bool {
        let path = &finding.location.path;
        let end = |end: &String| path.ends_with(Path::new(end));
        self.rule == finding.rule.id
            && self.base.as_ref().is_none_or(|base| path.starts_with(base))
            && self.path.as_ref().is_none_or(end)
            && self
                .server
                .as_ref()
                .is_none_or(|name| finding.server.as_ref() == Some(name))
    }
}

/// Why a file of ignores is not read.
#[derive(Debug, Error)]
pub enum IgnoreFileError {
    /// It is not TOML.
    #[error("the file is not TOML: {0}")]
    NotToml(String),
    /// An entry lacks something.
    #[error("entry {entry} needs `{field}`, a text")]
    Incomplete {
        /// Its number, from 1.
        entry: usize,
        /// What it lacks.
        field: &'static str,
    },
    /// A key that is not known.
    #[error("`{0}` is not known here; an entry has `rule`, `path`, `server` and `reason`")]
    Unknown(String),
}

impl IgnoreFile {
    /// Reads TOML: any number of `[[ignore]]` with `rule` and `reason`, and perhaps `path` and `server`.
    ///
    /// # Errors
    /// When it is not TOML, an entry has no rule or no reason, or a key is not known: an ignore that is misread hides too much.
    pub fn parse(text: &str) -> Result<Self, IgnoreFileError> {
        let document = Document::read(text.as_bytes(), Format::Toml);
        if let Some(problem) = document.problems().first() {
            return Err(IgnoreFileError::NotToml(problem.text.clone()));
        }
        let Some(root) = document.root() else {
            return Ok(Self::default());
        };
        let unknown = root.members().iter().find(|member| member.key != "ignore");
        if let Some(member) = unknown {
            return Err(IgnoreFileError::Unknown(
                member.key.escape_debug().to_string(),
            ));
        }
        let list = root.get("ignore").map(Node::elements).unwrap_or_default();
        let entries = list
            .iter()
            .enumerate()
            .map(|(at, node)| entry(at + 1, node));
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// The same entries for files below a directory only: a repository does not speak for another one.
    #[must_use]
    pub fn below(mut self, base: &Path) -> Self {
        for entry in &mut self.entries {
            entry.base = Some(base.to_owned());
        }
        self
    }

    /// Adds the entries of another file.
    pub fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
    }

    /// Why a finding is to be ignored, if it is.
    fn reason(&self, finding: &Finding) -> Option<&str> {
        let entry = self.entries.iter().find(|entry| entry.is_about(finding))?;
        Some(&entry.reason)
    }
}

fn entry(number: usize, node: &Node) -> Result<Entry, IgnoreFileError> {
    const KEYS: &[&str] = &["rule", "path", "server", "reason"];
    if let Some(member) = node
        .members()
        .iter()
        .find(|member| !KEYS.contains(&member.key.as_str()))
    {
        return Err(IgnoreFileError::Unknown(
            member.key.escape_debug().to_string(),
        ));
    }
    let text = |field: &'static str| node.get(field).and_then(Node::as_text).map(str::to_owned);
    let needed = |field: &'static str| {
        let value = text(field).filter(|value| !value.trim().is_empty());
        value.ok_or(IgnoreFileError::Incomplete {
            entry: number,
            field,
        })
    };
    Ok(Entry {
        rule: needed("rule")?,
        path: text("path"),
        server: text("server"),
        reason: needed("reason")?,
        base: None,
    })
}

/// All ignores that count.
#[derive(Debug, Default)]
pub struct Ignores {
    /// In comments, by the file and the line that they are about.
    inline: HashMap<PathBuf, BTreeMap<usize, Vec<Inline>>>,
    file: IgnoreFile,
}

impl Ignores {
    /// Those in comments of files whose word counts, and those in the file of ignores.
    #[must_use]
    pub fn new(inline: Vec<Inline>, file: IgnoreFile) -> Self {
        let mut by_place: HashMap<PathBuf, BTreeMap<usize, Vec<Inline>>> = HashMap::new();
        for ignore in inline {
            let lines = by_place.entry(ignore.path.clone()).or_default();
            lines.entry(ignore.line).or_default().push(ignore);
        }
        Self {
            inline: by_place,
            file,
        }
    }

    /// Why a finding is to be ignored, if it is. That something was not scanned cannot be ignored in the thing itself.
    #[must_use]
    pub fn reason(&self, finding: &Finding) -> Option<&str> {
        let here = finding.location.region.as_ref().and_then(|region| {
            let lines = self.inline.get(&finding.location.path)?;
            lines.get(&region.start.line)
        });
        let inline = here.into_iter().flatten().find(|ignore| {
            finding.rule.id != "not-scanned"
                && ignore.rules.iter().any(|rule| rule == finding.rule.id)
        });
        inline
            .map(|ignore| ignore.reason.as_str())
            .or_else(|| self.file.reason(finding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::CLIENTS;
    use crate::discover::read_text;

    fn file(format: Format, text: &str) -> ConfigFile {
        let (client, place) = CLIENTS
            .iter()
            .flat_map(|client| client.places.iter().map(move |place| (client, place)))
            .find(|(_, place)| place.format == format)
            .unwrap();
        read_text(client, place, Path::new("/x"), text.as_bytes())
    }

    fn check(format: Format, text: &str, expected: &[(usize, &str, &str)], unreasoned: usize) {
        let file = file(format, text);
        let found: Vec<_> = inline(&file)
            .into_iter()
            .map(|one| (one.line, one.rules.join("+"), one.reason))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(line, rules, reason)| (*line, (*rules).to_owned(), (*reason).to_owned()))
            .collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(without_reason(&file).len(), unreasoned, "{text}");
    }

    #[test]
    fn comments_say_what_is_ignored_and_why() {
        check(
            Format::Jsonc,
            "{ // interlock-ignore[a, b]: our own\n}",
            &[(1, "a+b", "our own")],
            0,
        );
        check(
            Format::Jsonc,
            "{\n  // interlock-ignore[a]: why not\n\n  // more\n  \"x\": 1\n}",
            &[(5, "a", "why not")],
            0,
        );
        check(
            Format::Jsonc,
            "{ /* interlock-ignore[a]: why */ \"x\": 1 }",
            &[(1, "a", "why */ \"x\": 1 }")],
            0,
        );
        check(
            Format::Toml,
            "x = 1 # interlock-ignore[a]: tested\n",
            &[(1, "a", "tested")],
            0,
        );
        check(
            Format::Yaml,
            "# interlock-ignore[a]: tested\nx: 1\n",
            &[(2, "a", "tested")],
            0,
        );
        check(Format::Toml, "x = 1 # interlock-ignore[a]\n", &[], 1);
        check(
            Format::Toml,
            "x = 1 # interlock-ignore[]: because\n",
            &[],
            1,
        );
        check(Format::Toml, "x = 1 # interlock-ignore[a]: -\n", &[], 1);
    }

    #[test]
    fn text_and_plain_json_have_no_comments() {
        check(
            Format::Jsonc,
            "{ \"x\": \"// interlock-ignore[a]: no comment\" }",
            &[],
            0,
        );
        check(
            Format::Json,
            "{ \"x\": 1 } // interlock-ignore[a]: not here",
            &[],
            0,
        );
        check(
            Format::Toml,
            "x = \"# interlock-ignore[a]: no comment\"\n",
            &[],
            0,
        );
    }

    #[test]
    fn a_file_of_ignores_is_read_strictly() {
        let whole =
            "[[ignore]]\nrule = \"a\"\nreason = \"why\"\npath = \"x/.mcp.json\"\nserver = \"s\"\n";
        assert_eq!(IgnoreFile::parse(whole).unwrap().entries.len(), 1);
        assert_eq!(IgnoreFile::parse("").unwrap(), IgnoreFile::default());
        for (text, reason) in [
            ("[[ignore]]\nrule = \"a\"\n", "`reason`"),
            ("[[ignore]]\nreason = \"a\"\n", "`rule`"),
            ("[[ignore]]\nrule = 1\nreason = \"x\"\n", "`rule`"),
            ("[[ignored]]\nrule = \"a\"\n", "`ignored`"),
            (
                "[[ignore]]\nrule = \"a\"\nreason = \"x\"\npaths = \"y\"\n",
                "`paths`",
            ),
            ("[[", "not TOML"),
        ] {
            let error = IgnoreFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_file_of_ignores_speaks_for_what_is_below_its_base() {
        let finding = |path: &str| {
            let skipped = crate::Skipped {
                path: PathBuf::from(path),
                reason: crate::Unreadable::Denied,
            };
            crate::judge_skipped(&[skipped]).remove(0)
        };
        let text = "[[ignore]]\nrule = \"not-scanned\"\nreason = \"why\"\n";
        let everywhere = IgnoreFile::parse(text).unwrap();
        assert!(everywhere.reason(&finding("/b/x")).is_some());
        let mut own = IgnoreFile::default();
        own.append(everywhere.below(Path::new("/a")));
        assert_eq!(own.reason(&finding("/a/x")), Some("why"));
        assert_eq!(own.reason(&finding("/ab/x")), None);
        assert_eq!(own.reason(&finding("/b/a/x")), None);
    }
}
