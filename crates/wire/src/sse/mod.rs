//! Server-sent events (the HTML standard, section 9.2) with no IO: what a stream of bytes says, and how to say it.
//!
//! The parser takes chunks as they come and holds one event at most, bounded. It does not reconnect, wait or read
//! what the data mean.
//!
//! ```
//! use interlock_wire::sse;
//!
//! let mut written = Vec::new();
//! sse::write_message(br#"{"jsonrpc":"2.0","method":"ping"}"#, &mut written);
//! let (mut parser, mut input) = (sse::Parser::new(1 << 20), written.as_slice());
//! let event = parser.next_event(&mut input)?.expect("one event");
//! assert_eq!(event.data, br#"{"jsonrpc":"2.0","method":"ping"}"#);
//! assert!(parser.next_event(&mut input)?.is_none(), "all bytes were read");
//! # Ok::<(), sse::SseError>(())
//! ```

mod parser;
mod writer;

pub use parser::{Event, Parser, SseError};
pub use writer::{Line, write_comment, write_event, write_message};
