//! Scalars and flow values: what stands in a line of YAML.

use serde_json::{Map, Value};

type Problem = &'static str;

/// Characters that begin something other than a plain scalar, and that nothing here supports at this place.
pub(super) fn is_indicator(first: char) -> bool {
    matches!(
        first,
        '&' | '*' | '!' | '%' | '@' | '`' | '?' | ',' | ']' | '}' | '|' | '>'
    )
}

/// A plain scalar, resolved as the core schema says.
pub(super) fn plain(text: &str) -> Result<Value, Problem> {
    if text.chars().any(|c| c.is_control()) {
        return Err("a control character");
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    if looks_infinite(text) {
        return Err("not a number that JSON has");
    }
    if let Some(number) = integer(text) {
        return number.map(Value::from);
    }
    if is_float(text) {
        let number = text
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64);
        return number.map(Value::Number).ok_or("a number out of range");
    }
    Ok(Value::String(text.to_owned()))
}

fn looks_infinite(text: &str) -> bool {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(bare, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
}

fn integer(text: &str) -> Option<Result<i64, Problem>> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        _ => (text.strip_prefix(['-', '+']).unwrap_or(text), 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let whole = if radix == 10 { text } else { digits };
    Some(i64::from_str_radix(whole, radix).map_err(|_| "a number out of range"))
}

fn is_float(text: &str) -> bool {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = bare.split_once(['e', 'E']).unwrap_or((bare, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    !exponent.is_empty()
        && digits(exponent)
        && digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
}

/// The whole of `text` as one quoted scalar.
pub(super) fn quoted(text: &str) -> Result<String, Problem> {
    let mut characters = Characters::new(text);
    let scalar = characters.quoted()?;
    match characters.rest().is_empty() {
        true => Ok(scalar),
        false => Err("something follows a quoted scalar"),
    }
}

/// Where the quoted scalar that `text` begins with ends.
pub(super) fn end_of_quoted(text: &str, _quote: char) -> Option<usize> {
    let mut characters = Characters::new(text);
    characters.quoted().ok()?;
    Some(text.len() - characters.rest().len())
}

/// Cuts a comment off behind a quoted scalar or a flow value.
pub(super) fn without_trailing_comment(text: &str) -> &str {
    let mut characters = Characters::new(text);
    if characters.value(FLOW_DEPTH).is_err() {
        return text;
    }
    let rest = characters.rest();
    match rest.trim_start().starts_with('#') && rest.starts_with(' ') {
        true => text.strip_suffix(rest).unwrap_or(text),
        false => text,
    }
}

const FLOW_DEPTH: usize = 8;

/// The whole of `text` as one flow sequence or mapping.
pub(super) fn flow(text: &str) -> Result<Value, Problem> {
    let mut characters = Characters::new(text);
    let value = characters.value(FLOW_DEPTH)?;
    match characters.rest().trim().is_empty() {
        true => Ok(value),
        false => Err("something follows a list or mapping"),
    }
}

/// Folds the lines of a `>` scalar: one line end is a blank, more are one less, and deeper lines stay as they are.
pub(super) fn fold(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut pending = 0_usize;
    let mut before_deeper = false;
    for line in lines {
        if line.is_empty() {
            pending += 1;
            continue;
        }
        let deeper = line.starts_with([' ', '\t']);
        if !text.is_empty() || pending > 0 {
            let verbatim = deeper || before_deeper || text.is_empty();
            match (pending, verbatim) {
                (0, false) => text.push(' '),
                (ends, false) => text.extend(std::iter::repeat_n('\n', ends)),
                (ends, true) => {
                    let ends = ends + usize::from(!text.is_empty());
                    text.extend(std::iter::repeat_n('\n', ends));
                }
            }
        }
        text.push_str(line);
        (pending, before_deeper) = (0, deeper);
    }
    text
}

struct Characters<'a>(std::str::Chars<'a>);

impl<'a> Characters<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.chars())
    }

    fn rest(&self) -> &'a str {
        self.0.as_str()
    }

    fn peek(&self) -> Option<char> {
        self.0.clone().next()
    }

    fn blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.0.next();
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Problem> {
        let depth = depth.checked_sub(1).ok_or("this is nested too deep")?;
        match self.peek() {
            Some('[') => self.list(depth),
            Some('{') => self.mapping(depth),
            Some('"' | '\'') => self.quoted().map(Value::String),
            _ => self.plain_inside(),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Problem> {
        self.0.next();
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.peek() == Some(']') {
                self.0.next();
                return Ok(Value::Array(items));
            }
            items.push(self.value(depth)?);
            self.separator(']')?;
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Problem> {
        self.0.next();
        let mut mapping = Map::new();
        loop {
            self.blanks();
            if self.peek() == Some('}') {
                self.0.next();
                return Ok(Value::Object(mapping));
            }
            let key = match self.peek() {
                Some('"' | '\'') => self.quoted()?,
                _ => self.plain_key()?,
            };
            if self.0.next() != Some(':') || self.peek() != Some(' ') {
                return Err("no colon and blank behind a key");
            }
            self.blanks();
            let value = self.value(depth)?;
            if mapping.insert(key, value).is_some() {
                return Err("a key is there twice");
            }
            self.separator('}')?;
        }
    }

    /// A comma is eaten, the end is left.
    fn separator(&mut self, end: char) -> Result<(), Problem> {
        self.blanks();
        match self.peek() {
            Some(',') => {
                self.0.next();
                Ok(())
            }
            Some(found) if found == end => Ok(()),
            _ => Err("a list or mapping does not end on its line"),
        }
    }

    fn plain_key(&mut self) -> Result<String, Problem> {
        let key = self.until(&[':', ',', '[', ']', '{', '}']);
        match key.chars().next() {
            Some(first) if !is_indicator(first) => Ok(key),
            _ => Err("such a key is not supported"),
        }
    }

    fn plain_inside(&mut self) -> Result<Value, Problem> {
        let text = self.until(&[',', '[', ']', '{', '}']);
        match text.chars().next() {
            Some(first) if !is_indicator(first) && !text.contains(": ") && !text.contains(" #") => {
                plain(&text)
            }
            _ => Err("such a value is not supported in a list or mapping"),
        }
    }

    fn until(&mut self, ends: &[char]) -> String {
        let mut text = String::new();
        while let Some(next) = self.peek().filter(|next| !ends.contains(next)) {
            text.push(next);
            self.0.next();
        }
        text.trim_end().to_owned()
    }

    fn quoted(&mut self) -> Result<String, Problem> {
        match self.0.next() {
            Some('\'') => self.single(),
            Some('"') => self.double(),
            _ => Err("no quote"),
        }
    }

    fn single(&mut self) -> Result<String, Problem> {
        let mut text = String::new();
        while let Some(next) = self.0.next() {
            match next {
                '\'' if self.peek() == Some('\'') => {
                    self.0.next();
                    text.push('\'');
                }
                '\'' => return Ok(text),
                other if other.is_control() => return Err("a control character"),
                other => text.push(other),
            }
        }
        Err("a quote does not end on its line")
    }

    fn double(&mut self) -> Result<String, Problem> {
        let mut text = String::new();
        while let Some(next) = self.0.next() {
            match next {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                other if other.is_control() => return Err("a control character"),
                other => text.push(other),
            }
        }
        Err("a quote does not end on its line")
    }

    fn escape(&mut self) -> Result<char, Problem> {
        Ok(match self.0.next() {
            Some(same @ ('"' | '\\' | '/' | ' ')) => same,
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('x') => self.hexadecimal(2)?,
            Some('u') => self.hexadecimal(4)?,
            Some('U') => self.hexadecimal(8)?,
            _ => return Err("such an escape is not supported"),
        })
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<char, Problem> {
        let mut code = 0_u32;
        for _ in 0..digits {
            let digit = self.0.next().and_then(|c| c.to_digit(16));
            code = (code << 4) | digit.ok_or("an escape is too short")?;
        }
        char::from_u32(code).ok_or("an escape names no character")
    }
}
