//! The one pass: grammar, limits, duplicate keys and protocol keys, over borrowed bytes.

use super::keys::{Key, KeyFault, Keys};
use super::{JsonError, JsonFault, number, string};
use crate::Limits;
use crate::envelope::{Captures, Meaning, Place, Span};
use crate::remarks::Remarks;

/// Checks that `text` is one acceptable JSON value.
///
/// # Errors
/// The first fault and where it is.
pub fn validate(text: &[u8], limits: &Limits) -> Result<(), JsonError> {
    read(text, limits, Place::Free, &mut Noticed::new())
}

/// What the pass notices on its way; after a fault, what was complete before it.
#[derive(Debug, Clone)]
pub(crate) struct Noticed {
    pub(crate) captures: Captures,
    pub(crate) remarks: Remarks,
}

impl Noticed {
    pub(crate) fn new() -> Self {
        Self {
            captures: Captures::new(),
            remarks: Remarks::default(),
        }
    }
}

/// Reads `text` as one value that stands at `place`.
pub(crate) fn read(
    text: &[u8],
    limits: &Limits,
    place: Place,
    noticed: &mut Noticed,
) -> Result<(), JsonError> {
    let text = as_text(text, limits)?;
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth: limits.depth(),
        longest_number: limits.max_number,
        keys: Keys::new(limits.max_keys),
        captures: &mut noticed.captures,
        remarks: &mut noticed.remarks,
    };
    reader.document(place)
}

fn as_text<'a>(text: &'a [u8], limits: &Limits) -> Result<&'a str, JsonError> {
    if text.len() > limits.message() {
        return Err(JsonError {
            fault: JsonFault::TooLong,
            at: limits.message(),
        });
    }
    if text.starts_with(b"\xEF\xBB\xBF") {
        return Err(JsonError {
            fault: JsonFault::ByteOrderMark,
            at: 0,
        });
    }
    // Below some hundred bytes starting the vector unit costs more than it saves.
    let checked = match text.len() {
        0..256 => std::str::from_utf8(text).map_err(|error| error.valid_up_to()),
        _ => simdutf8::compat::from_utf8(text).map_err(|error| error.valid_up_to()),
    };
    checked.map_err(|at| JsonError {
        fault: JsonFault::Utf8,
        at,
    })
}

struct Reader<'a, 'r> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Levels that may still be opened.
    depth: usize,
    longest_number: usize,
    keys: Keys,
    captures: &'r mut Captures,
    remarks: &'r mut Remarks,
}

type Step<T = ()> = Result<T, JsonError>;

impl Reader<'_, '_> {
    fn document(&mut self, place: Place) -> Step {
        self.skip_space()?;
        if self.at == self.bytes.len() {
            return self.fail(JsonFault::Empty);
        }
        self.value(place)?;
        self.skip_space()?;
        match self.at == self.bytes.len() {
            true => Ok(()),
            false => self.fail(JsonFault::Trailing),
        }
    }

    fn value(&mut self, place: Place) -> Step {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.object(place),
            Some(b'[') => self.array(place),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            Some(_) => self.fail(JsonFault::Unexpected),
            None => self.fail(JsonFault::Truncated),
        }
    }

    fn object(&mut self, place: Place) -> Step {
        self.open()?;
        let mark = self.keys.mark();
        self.skip_space()?;
        if !self.take(b'}') {
            loop {
                self.member(mark, place)?;
                self.skip_space()?;
                if self.take(b',') {
                    self.skip_space()?;
                } else if self.take(b'}') {
                    break;
                } else {
                    return self.unexpected();
                }
            }
        }
        if let Some(at) = self.keys.close(mark, self.text) {
            return Err(JsonError {
                fault: JsonFault::DuplicateKey,
                at,
            });
        }
        self.depth += 1;
        Ok(())
    }

    fn member(&mut self, mark: usize, place: Place) -> Step {
        if self.peek() != Some(b'"') {
            return self.unexpected();
        }
        let opening = self.at;
        let body = self.string()?;
        let meaning = self
            .key(mark, place, &body)
            .map_err(|fault| JsonError { fault, at: opening })?;
        self.skip_space()?;
        if !self.take(b':') {
            return self.unexpected();
        }
        self.skip_space()?;
        let start = self.at;
        let (field, child) = match meaning {
            Meaning::Known(field, child) => (field, child),
            Meaning::Other | Meaning::Lookalike => (None, Place::Free),
        };
        self.value(child)?;
        if let Some(field) = field {
            self.captures.set(field, Span::new(start, self.at));
        }
        Ok(())
    }

    fn key(&mut self, mark: usize, place: Place, body: &Body) -> Result<Meaning, JsonFault> {
        if body.escapes.nul {
            return Err(JsonFault::NulKey);
        }
        let key = Key::new(self.text, body.start, body.end, body.escapes.any);
        self.keys
            .push(mark, key, self.text)
            .map_err(|fault| match fault {
                KeyFault::Duplicate => JsonFault::DuplicateKey,
                KeyFault::TooMany => JsonFault::TooManyKeys,
            })?;
        let prototype = PROTOTYPE_PREFIXES.contains(&key.prefix());
        if place == Place::Free && !prototype {
            return Ok(Meaning::Other);
        }
        let written = self.text.get(body.start..body.end).unwrap_or_default();
        let decoded = match body.escapes.any {
            true => string::decode(written),
            false => written.into(),
        };
        self.remarks.prototype_key |= prototype && PROTOTYPE.contains(&&*decoded);
        match place.meaning(key.prefix(), &decoded) {
            Meaning::Lookalike => Err(JsonFault::LookalikeKey),
            meaning => Ok(meaning),
        }
    }

    fn array(&mut self, place: Place) -> Step {
        self.open()?;
        self.skip_space()?;
        if !self.take(b']') {
            loop {
                self.value(place)?;
                self.skip_space()?;
                if self.take(b',') {
                    self.skip_space()?;
                } else if self.take(b']') {
                    break;
                } else {
                    return self.unexpected();
                }
            }
        }
        self.depth += 1;
        Ok(())
    }

    fn string(&mut self) -> Step<Body> {
        let start = self.at + 1;
        let end = string::plain_end(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Body {
                start,
                end,
                escapes: string::Escapes::default(),
            });
        }
        let (end, escapes) =
            string::scan(self.bytes, end).map_err(|(fault, at)| JsonError { fault, at })?;
        self.remarks.escaped_control |= escapes.control;
        self.remarks.escaped_nul |= escapes.nul;
        self.at = end + 1;
        Ok(Body {
            start,
            end,
            escapes,
        })
    }

    fn number(&mut self) -> Step {
        match number::scan(self.bytes, self.at, self.longest_number) {
            Ok(number) => {
                self.remarks.large_integer |= number.integer && number.end - self.at > 15;
                self.at = number.end;
                Ok(())
            }
            Err(fault) => self.fail(fault),
        }
    }

    fn literal(&mut self, word: &[u8]) -> Step {
        match self
            .bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word))
        {
            true => {
                self.at += word.len();
                Ok(())
            }
            false => self.fail(JsonFault::Unexpected),
        }
    }

    /// Goes into a container, which is a byte and one level.
    fn open(&mut self) -> Step {
        let Some(left) = self.depth.checked_sub(1) else {
            return self.fail(JsonFault::Depth);
        };
        self.depth = left;
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn skip_space(&mut self) -> Step {
        match self.peek() {
            Some(0..=b' ') => self.skip_all_space(),
            _ => Ok(()),
        }
    }

    /// Apart and out of line: compact text, which is the rule, has none.
    #[cold]
    fn skip_all_space(&mut self) -> Step {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n') => self.at += 1,
                Some(b'\r') => return self.fail(JsonFault::CarriageReturn),
                _ => return Ok(()),
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn unexpected<T>(&self) -> Step<T> {
        match self.peek() {
            Some(_) => self.fail(JsonFault::Unexpected),
            None => self.fail(JsonFault::Truncated),
        }
    }

    fn fail<T>(&self, fault: JsonFault) -> Step<T> {
        Err(JsonError { fault, at: self.at })
    }
}

/// Where a string's body stands.
struct Body {
    start: usize,
    end: usize,
    escapes: string::Escapes,
}

/// Keys that change an object's nature in JavaScript.
const PROTOTYPE: [&str; 3] = ["__proto__", "constructor", "prototype"];
const PROTOTYPE_PREFIXES: [u64; 3] = [
    u64::from_be_bytes(*b"__proto_"),
    u64::from_be_bytes(*b"construc"),
    u64::from_be_bytes(*b"prototyp"),
];
