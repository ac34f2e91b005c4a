//! From bytes to events.

use std::time::Duration;

use thiserror::Error;

/// Longer ids would have to be sent back in a header.
const LONGEST_ID: usize = 1 << 10;
/// Longer names are nobody's.
const LONGEST_NAME: usize = 128;
/// A peer does not get to make us wait for longer than this.
const LONGEST_RETRY: u64 = 24 * 60 * 60 * 1_000;
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// One event that had data (which may be empty).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its `event` field; `message` when there was none.
    pub name: String,
    /// Its `data` lines, joined by `\n`. Not checked for UTF-8: what parses the data does that.
    pub data: Vec<u8>,
}

/// Why a stream cannot be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SseError {
    /// One event is longer than the caller allows.
    #[error("an event is longer than {0} bytes")]
    TooLong(usize),
    /// An id or a name over its own limit.
    #[error("an event's id or name is too long")]
    Field,
}

/// Reads one event stream. See the [module](crate::sse).
#[derive(Debug)]
pub struct Parser {
    max: usize,
    /// A line whose end has not come.
    line: Vec<u8>,
    data: Vec<u8>,
    /// INVARIANT: true when a `data` field was read since the last empty line, so that `data` ends in `\n`.
    has_data: bool,
    name: String,
    id: String,
    settled_id: String,
    retry: Option<Duration>,
    /// Bytes since the last empty line, comments apart.
    spent: usize,
    after_return: bool,
    first_line: bool,
}

impl Parser {
    /// Reads events of at most `max` bytes, as written.
    pub fn new(max: usize) -> Self {
        Self {
            max,
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            name: String::new(),
            id: String::new(),
            settled_id: String::new(),
            retry: None,
            spent: 0,
            after_return: false,
            first_line: true,
        }
    }

    /// The next event; takes from the front of `input` what it read. `None` means that all of `input` was read.
    ///
    /// # Errors
    /// [`SseError`] when the stream goes over a limit. It must be closed then.
    pub fn next_event(&mut self, input: &mut &[u8]) -> Result<Option<Event>, SseError> {
        while let Some(complete) = self.take_line(input)? {
            let finished = match complete {
                Some(line) => self.line_of(line)?,
                None => {
                    // The line came in pieces: lent out while it is read, so that its memory is used again.
                    let line = std::mem::take(&mut self.line);
                    let finished = self.line_of(&line)?;
                    self.line = line;
                    self.line.clear();
                    finished
                }
            };
            if let Some(event) = finished {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The id to resume from: the last one at the end of an event. Empty when the stream has none.
    pub fn last_event_id(&self) -> &str {
        &self.settled_id
    }

    /// How long the server asked to wait before reconnecting; never more than a day.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Bytes of memory held for the event in progress.
    pub fn held(&self) -> usize {
        self.line.len() + self.data.len()
    }

    /// One line from `input`: `None` when its end is missing, `Some(None)` when it is in `self.line`.
    #[expect(
        clippy::option_option,
        reason = "two facts: a line ended, and where it is"
    )]
    fn take_line<'i>(
        &mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Option<&'i [u8]>>, SseError> {
        if std::mem::take(&mut self.after_return) {
            *input = match *input {
                // Not known yet whether a `\n` belongs to the `\r` before.
                [] => {
                    self.after_return = true;
                    return Ok(None);
                }
                [b'\n', rest @ ..] => rest,
                rest => rest,
            };
        }
        let Some(end) = memchr::memchr2(b'\n', b'\r', input) else {
            if input.len() > self.room(input) {
                return Err(SseError::TooLong(self.max));
            }
            self.line.extend_from_slice(input);
            *input = &[];
            return Ok(None);
        };
        let (line, rest) = input.split_at_checked(end).unwrap_or((input, &[]));
        self.after_return = rest.first() == Some(&b'\r');
        *input = rest.get(1..).unwrap_or_default();
        if self.line.is_empty() {
            return Ok(Some(Some(line)));
        }
        self.line.extend_from_slice(line);
        Ok(Some(None))
    }

    /// How much of `input` an open line may still take: the same as if it had come whole, where comments do not count with the event.
    fn room(&self, input: &[u8]) -> usize {
        let open = || self.line.iter().chain(input);
        let marked = self.first_line && open().take(BYTE_ORDER_MARK.len()).eq(BYTE_ORDER_MARK);
        let mark = if marked { BYTE_ORDER_MARK.len() } else { 0 };
        let spent = match open().nth(mark) {
            Some(b':') => 0,
            _ => self.spent,
        };
        (self.max + mark).saturating_sub(spent + self.line.len())
    }

    fn line_of(&mut self, line: &[u8]) -> Result<Option<Event>, SseError> {
        let line = match std::mem::take(&mut self.first_line) {
            true => line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line),
            false => line,
        };
        match line.first() {
            None => return Ok(self.dispatch()),
            Some(b':') if line.len() <= self.max => return Ok(None),
            Some(_) => {}
        }
        self.spent = self.spent.saturating_add(line.len() + 1);
        if self.spent > self.max {
            return Err(SseError::TooLong(self.max));
        }
        let (field, value) =
            match memchr::memchr(b':', line).and_then(|at| line.split_at_checked(at)) {
                Some((field, value)) => (field, value.get(1..).unwrap_or_default()),
                None => (line, &[][..]),
            };
        self.field(field, value.strip_prefix(b" ").unwrap_or(value))?;
        Ok(None)
    }

    fn field(&mut self, field: &[u8], value: &[u8]) -> Result<(), SseError> {
        match field {
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
                self.has_data = true;
            }
            b"event" => set(&mut self.name, value, LONGEST_NAME)?,
            // The standard ignores an id with NUL; it could not be sent back.
            b"id" if !value.contains(&0) => set(&mut self.id, value, LONGEST_ID)?,
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let written = std::str::from_utf8(value).unwrap_or_default();
                let millis = written.parse().unwrap_or(LONGEST_RETRY);
                self.retry = Some(Duration::from_millis(millis.min(LONGEST_RETRY)));
            }
            _ => {}
        }
        Ok(())
    }

    /// An empty line: the end of an event, if there was data.
    fn dispatch(&mut self) -> Option<Event> {
        self.spent = 0;
        if self.settled_id != self.id {
            self.settled_id.clone_from(&self.id);
        }
        let name = std::mem::take(&mut self.name);
        if !std::mem::take(&mut self.has_data) {
            return None;
        }
        let mut data = std::mem::take(&mut self.data);
        data.pop();
        Some(Event {
            name: match name.is_empty() {
                true => "message".to_owned(),
                false => name,
            },
            data,
        })
    }
}

/// Bytes that are not UTF-8 become replacement characters, as the standard decodes streams.
fn set(field: &mut String, value: &[u8], longest: usize) -> Result<(), SseError> {
    if value.len() > longest {
        return Err(SseError::Field);
    }
    field.clear();
    field.push_str(&String::from_utf8_lossy(value));
    Ok(())
}
