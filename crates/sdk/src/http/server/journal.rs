//! What a legacy session remembers of its streams, so that a client that lost its connection reads on where it stopped.
//!
//! Bounded in events and bytes: the oldest go first. It belongs to one session, hence to one principal, and never gives
//! events of one stream to a reader of another.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::Bytes;
use interlock_wire::sse;

/// The stream that a client opens to listen; those of requests have higher numbers.
pub(super) const STANDALONE: u32 = 0;

/// A place in a stream: what stands in `id` and comes back in `Last-Event-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) stream: u32,
    pub(super) event: u32,
}

impl Cursor {
    /// Reads `stream-event`, exactly as [`write`](Self::write) writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (stream, event) = text.split_once('-')?;
        let number = |text: &str| text.parse().ok().filter(|n: &u32| n.to_string() == text);
        let (stream, event) = (number(stream)?, number(event)?);
        Some(Self { stream, event })
    }

    pub(super) fn write(self) -> String {
        format!("{}-{}", self.stream, self.event)
    }
}

#[derive(Debug)]
struct Entry {
    at: Cursor,
    event: Bytes,
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Journal {
    max_events: usize,
    max_bytes: usize,
    entries: VecDeque<Entry>,
    bytes: usize,
    /// Streams that are not at their end, with the number of their last event.
    live: Vec<Cursor>,
    last_stream: u32,
    readers: Vec<Waker>,
}

/// What a reader finds behind its cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The next event, as it is written.
    Event(Cursor, Bytes),
    /// Nothing yet.
    Later,
    /// Nothing ever: the stream is at its end, or unknown.
    End,
}

impl Journal {
    pub(super) fn new(max_events: usize, max_bytes: usize) -> Self {
        let standalone = Cursor {
            stream: STANDALONE,
            event: 0,
        };
        Self {
            max_events,
            max_bytes,
            entries: VecDeque::new(),
            bytes: 0,
            live: vec![standalone],
            last_stream: STANDALONE,
            readers: Vec::new(),
        }
    }

    /// A new stream.
    pub(super) fn open(&mut self) -> u32 {
        self.last_stream = self.last_stream.wrapping_add(1).max(1);
        self.live.push(Cursor {
            stream: self.last_stream,
            event: 0,
        });
        self.last_stream
    }

    /// The last event of a live stream.
    pub(super) fn position(&self, stream: u32) -> Option<Cursor> {
        self.live.iter().copied().find(|live| live.stream == stream)
    }

    /// Numbers one message, keeps it, and gives what to write.
    pub(super) fn append(&mut self, stream: u32, message: &[u8]) -> Bytes {
        let mut at = Cursor { stream, event: 0 };
        if let Some(live) = self.live.iter_mut().find(|live| live.stream == stream) {
            live.event = live.event.saturating_add(1);
            at = *live;
        }
        let mut event = Vec::with_capacity(message.len() + 32);
        let id = at.write();
        let line = sse::Line {
            id: Some(&id),
            data: Some(message),
            ..sse::Line::default()
        };
        sse::write_event(&line, &mut event);
        let event = Bytes::from(event);
        self.keep(at, event.clone());
        self.wake();
        event
    }

    fn keep(&mut self, at: Cursor, event: Bytes) {
        self.bytes += event.len();
        self.entries.push_back(Entry { at, event });
        while self.entries.len() > self.max_events || self.bytes > self.max_bytes {
            let Some(oldest) = self.entries.pop_front() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(oldest.event.len());
        }
    }

    /// Says that nothing follows in a stream.
    pub(super) fn close(&mut self, stream: u32) {
        self.live.retain(|live| live.stream != stream);
        self.wake();
    }

    /// What follows in the stream of `after`. Events that were forgotten end it: a gap would be worse than an end.
    pub(super) fn next(&self, after: Cursor) -> Found {
        let wanted = after.event.saturating_add(1);
        let of_stream =
            |entry: &&Entry| entry.at.stream == after.stream && entry.at.event >= wanted;
        match self.entries.iter().find(of_stream) {
            Some(entry) if entry.at.event == wanted => Found::Event(entry.at, entry.event.clone()),
            Some(_) => Found::End,
            None => match self.position(after.stream) {
                Some(last) if last.event == after.event => Found::Later,
                _ => Found::End,
            },
        }
    }

    /// Wakes `waker` when something follows anywhere.
    pub(super) fn watch(&mut self, waker: &Waker) {
        if !self.readers.iter().any(|reader| reader.will_wake(waker)) {
            self.readers.push(waker.clone());
        }
    }

    fn wake(&mut self) {
        self.readers.drain(..).for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(text: &str) -> Cursor {
        Cursor::parse(text).expect("a cursor")
    }

    #[test]
    fn cursors_have_one_form() {
        for text in ["0-0", "1-2", "4294967295-4294967295"] {
            assert_eq!(cursor(text).write(), text);
        }
        for text in [
            "",
            "1",
            "-",
            "1-",
            "-1",
            "1-2-3",
            "01-2",
            "1-+2",
            "1- 2",
            "4294967296-0",
            "a-b",
            "1_2",
        ] {
            assert_eq!(Cursor::parse(text), None, "`{text}`");
        }
    }

    fn found(journal: &Journal, after: &str) -> Option<String> {
        match journal.next(cursor(after)) {
            Found::Event(_, event) => Some(String::from_utf8(event.to_vec()).expect("text")),
            Found::Later => Some("later".to_owned()),
            Found::End => None,
        }
    }

    #[test]
    fn streams_are_read_on_where_they_stopped() {
        let mut journal = Journal::new(100, 1 << 10);
        let stream = journal.open();
        assert_eq!(found(&journal, "1-0").as_deref(), Some("later"));
        journal.append(stream, b"a");
        journal.append(STANDALONE, b"other");
        journal.append(stream, b"b");
        journal.close(stream);
        assert_eq!(
            found(&journal, "1-0").as_deref(),
            Some("id: 1-1\ndata: a\n\n")
        );
        assert_eq!(
            found(&journal, "1-1").as_deref(),
            Some("id: 1-2\ndata: b\n\n")
        );
        assert_eq!(found(&journal, "1-2"), None);
        assert_eq!(
            found(&journal, "0-0").as_deref(),
            Some("id: 0-1\ndata: other\n\n")
        );
        assert_eq!(found(&journal, "0-1").as_deref(), Some("later"));
        for unknown in ["1-3", "2-0", "0-2", "9-9"] {
            assert_eq!(found(&journal, unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_gaps_end_a_stream() {
        let mut journal = Journal::new(3, 1 << 10);
        let stream = journal.open();
        for message in [b"a", b"b", b"c", b"d"] {
            journal.append(stream, message);
        }
        assert_eq!(found(&journal, "1-0"), None, "the first event is forgotten");
        assert!(found(&journal, "1-1").is_some());
        let mut journal = Journal::new(100, 64);
        let stream = journal.open();
        journal.append(stream, &[b'x'; 40]);
        journal.append(stream, &[b'y'; 40]);
        assert!(journal.bytes <= 64);
        assert_eq!(found(&journal, "1-0"), None);
        assert!(found(&journal, "1-1").is_some());
        journal.append(stream, &[b'z'; 100]);
        assert_eq!((journal.bytes, journal.entries.len()), (0, 0));
        assert_eq!(
            found(&journal, "1-2"),
            None,
            "an event too large to keep is a gap"
        );
    }
}
