//! The part of YAML 1.2 that a skill's frontmatter is written in, and nothing of the rest.
//!
//! Block mappings and sequences, flow sequences and mappings on one line, plain, quoted and block scalars, comments; scalars
//! resolve as the core schema says. Anchors, aliases, tags, directives and complex keys are refused, not guessed at: a
//! value that two parsers could read differently is one that a person may approve and a model may not get.

use serde_json::{Map, Value};

use super::scalar;

/// The most levels of nesting.
const DEPTH: usize = 16;

/// A line of YAML that is not understood, or not YAML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct YamlError {
    /// Counted from one, from the line after the opening `---`.
    pub line: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// Reads a mapping. An empty text is an empty one.
pub(super) fn parse(text: &str) -> Result<Map<String, Value>, YamlError> {
    let mut reader = Reader::new(text);
    let Some(first) = reader.peek()? else {
        return Ok(Map::new());
    };
    let mapping = reader.mapping(first.indent, DEPTH)?;
    match reader.peek()? {
        None => Ok(mapping),
        Some(_) => Err(reader.error("this is not indented as what is before it")),
    }
}

/// A line that carries something.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    indent: usize,
    /// Without indentation and trailing blanks.
    text: &'a str,
}

struct Reader<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines().collect(),
            next: 0,
        }
    }

    fn error(&self, problem: &'static str) -> YamlError {
        YamlError {
            line: self.next + 1,
            problem,
        }
    }

    /// The next line that carries something; blank lines and comments before it are passed over.
    fn peek(&mut self) -> Result<Option<Line<'a>>, YamlError> {
        while let Some(raw) = self.lines.get(self.next) {
            let text = raw.trim_start_matches(' ');
            if text.trim().is_empty() || text.starts_with('#') {
                self.next += 1;
                continue;
            }
            if text.starts_with('\t') {
                return Err(self.error("a tab indents it"));
            }
            if text == "---" || text == "..." || text.starts_with('%') {
                return Err(self.error("a document's border or a directive inside"));
            }
            return Ok(Some(Line {
                indent: raw.len() - text.len(),
                text: text.trim_end(),
            }));
        }
        Ok(None)
    }

    fn mapping(&mut self, indent: usize, depth: usize) -> Result<Map<String, Value>, YamlError> {
        let depth = self.deeper(depth)?;
        let mut mapping = Map::new();
        while let Some(line) = self.peek()? {
            if line.indent < indent || (line.indent == indent && is_item(line.text)) {
                break;
            }
            if line.indent > indent {
                return Err(self.error("this is indented deeper than what is before it"));
            }
            let (key, rest) = split_key(line.text).ok_or_else(|| self.error("no `key: value`"))?;
            let key = self.key(key)?;
            let value = self.value(rest, indent, depth)?;
            if mapping.insert(key, value).is_some() {
                return Err(self.error("the key before this line is there twice"));
            }
        }
        Ok(mapping)
    }

    fn key(&self, text: &str) -> Result<String, YamlError> {
        let key = match text.chars().next() {
            Some('"' | '\'') => scalar::quoted(text),
            Some(first) if scalar::is_indicator(first) => Err("such a key is not supported"),
            _ => Ok(text.to_owned()),
        };
        key.map_err(|problem| self.error(problem))
    }

    /// What follows `key:` or `- ` on a line that starts at `indent`; passes over the lines that it takes.
    fn value(&mut self, rest: &'a str, indent: usize, depth: usize) -> Result<Value, YamlError> {
        let rest = without_comment(rest);
        match rest.chars().next() {
            None => {
                self.next += 1;
                self.nested(indent, depth)
            }
            Some('|' | '>') => self.block_scalar(rest, indent),
            Some('"' | '\'') => {
                let text = scalar::quoted(rest).map_err(|problem| self.error(problem))?;
                self.next += 1;
                Ok(Value::String(text))
            }
            Some('[' | '{') => {
                let value = scalar::flow(rest).map_err(|problem| self.error(problem))?;
                self.next += 1;
                Ok(value)
            }
            Some(first) if scalar::is_indicator(first) => {
                Err(self.error("anchors, aliases and tags are not supported"))
            }
            Some(_) => self.plain(rest, indent),
        }
    }

    /// What stands on the lines below a key, if anything does.
    fn nested(&mut self, indent: usize, depth: usize) -> Result<Value, YamlError> {
        let Some(line) = self.peek()? else {
            return Ok(Value::Null);
        };
        // A sequence may stand as far left as its key.
        if is_item(line.text) && line.indent >= indent {
            return self.sequence(line.indent, depth);
        }
        if line.indent <= indent {
            return Ok(Value::Null);
        }
        if split_key(line.text).is_some() {
            return self.mapping(line.indent, depth).map(Value::Object);
        }
        Err(self.error("a scalar on a line of its own is not supported"))
    }

    fn sequence(&mut self, indent: usize, depth: usize) -> Result<Value, YamlError> {
        let depth = self.deeper(depth)?;
        let mut items = Vec::new();
        while let Some(line) = self.peek()? {
            if line.indent < indent || (line.indent == indent && !is_item(line.text)) {
                break;
            }
            let item = line
                .text
                .strip_prefix('-')
                .filter(|_| line.indent == indent);
            let item = item.ok_or_else(|| self.error("this is indented deeper than its list"))?;
            let item = item.trim_start();
            let is_quoted = item.starts_with(['"', '\'']);
            if is_item(item)
                || (!is_quoted && !item.starts_with(['[', '{']) && split_key(item).is_some())
            {
                return Err(self.error("mappings and lists inside a list are not supported"));
            }
            items.push(self.value(item, indent + 1, depth)?);
        }
        Ok(Value::Array(items))
    }

    /// A plain scalar goes on over lines that are indented deeper than where it began.
    fn plain(&mut self, first: &str, indent: usize) -> Result<Value, YamlError> {
        let mut text = first.to_owned();
        self.next += 1;
        while let Some(raw) = self.lines.get(self.next) {
            let more = raw.trim();
            let deeper = raw.len() - raw.trim_start_matches(' ').len() > indent;
            if more.is_empty() || more.starts_with('#') || !deeper {
                break;
            }
            if split_key(more).is_some() {
                return Err(self.error("a key inside a scalar"));
            }
            text.push(' ');
            text.push_str(without_comment(more));
            self.next += 1;
        }
        if split_key(&text).is_some() {
            self.next -= 1;
            return Err(self.error("a colon and a blank inside a plain scalar; it wants quotes"));
        }
        scalar::plain(&text).map_err(|problem| self.error(problem))
    }

    /// `|` keeps line ends, `>` folds them; `-` and `+` say what becomes of those at the end.
    fn block_scalar(&mut self, header: &str, indent: usize) -> Result<Value, YamlError> {
        let (folded, chomp) = match header {
            "|" => (false, None),
            "|-" => (false, Some('-')),
            "|+" => (false, Some('+')),
            ">" => (true, None),
            ">-" => (true, Some('-')),
            ">+" => (true, Some('+')),
            _ => return Err(self.error("such a block scalar is not supported")),
        };
        self.next += 1;
        let lines = self.block_lines(indent)?;
        let body = lines
            .iter()
            .rposition(|line| !line.is_empty())
            .map_or(0, |last| last + 1);
        let (body, ends) = lines.split_at_checked(body).unwrap_or((&lines, &[]));
        let mut text = match folded {
            false => body.join("\n"),
            true => scalar::fold(body),
        };
        match chomp {
            Some('-') => {}
            Some(_) => text.extend(std::iter::repeat_n(
                '\n',
                ends.len() + usize::from(!body.is_empty()),
            )),
            None if body.is_empty() => {}
            None => text.push('\n'),
        }
        Ok(Value::String(text))
    }

    /// The lines that are indented deeper than `indent`, without the indentation of the first one.
    fn block_lines(&mut self, indent: usize) -> Result<Vec<&'a str>, YamlError> {
        let mut width = None;
        let mut lines = Vec::new();
        while let Some(raw) = self.lines.get(self.next) {
            let text = raw.trim_start_matches(' ');
            let deep = raw.len() - text.len();
            if text.is_empty() {
                lines.push("");
            } else if deep <= indent {
                break;
            } else {
                let width = *width.get_or_insert(deep);
                let line = raw.split_at_checked(width).filter(|_| deep >= width);
                let (_, line) =
                    line.ok_or_else(|| self.error("this is indented less than its block"))?;
                lines.push(line);
            }
            self.next += 1;
        }
        Ok(lines)
    }

    fn deeper(&self, depth: usize) -> Result<usize, YamlError> {
        depth
            .checked_sub(1)
            .ok_or_else(|| self.error("this is nested too deep"))
    }
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// Splits `key: value`; the key is not unquoted yet.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let start = match text.chars().next()? {
        quote @ ('"' | '\'') => scalar::end_of_quoted(text, quote)?,
        _ => 0,
    };
    let (head, tail) = text.split_at_checked(start)?;
    let at = tail.match_indices(':').map(|(at, _)| at).find(|at| {
        tail.get(at + 1..)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    })?;
    let before = tail.get(..at)?;
    if before.contains(" #") || (start > 0 && !before.trim().is_empty()) {
        return None;
    }
    let key = text.get(..head.len() + at)?;
    Some((key.trim_end(), tail.get(at + 1..)?.trim_start()))
}

/// A comment begins with ` #` outside quotes, and flow values and quoted ones are left to find their own end.
fn without_comment(text: &str) -> &str {
    if text.starts_with('#') {
        return "";
    }
    if text.starts_with(['"', '\'', '[', '{']) {
        return scalar::without_trailing_comment(text);
    }
    text.split_once(" #")
        .map_or(text, |(text, _)| text)
        .trim_end()
}
