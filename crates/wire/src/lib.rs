//! MCP with no IO: strict JSON, framing, message shapes of every revision, session state machines.
//!
//! Bytes go in, judgements come out. A relay reads like this:
//!
//! ```
//! use interlock_wire::{Frame, Limits, LineBuffer, Session, Verdict, parse};
//!
//! let limits = Limits::default();
//! let (mut input, mut session) = (LineBuffer::new(&limits), Session::new(limits.clone()));
//! let line = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
//! input.spare()[..line.len()].copy_from_slice(line); // read(2) in real life
//! input.filled(line.len());
//! while let Some(frame) = input.next_frame() {
//!     let Frame::Line(line) = frame else { continue };
//!     match parse(line, &limits) {
//!         Ok(message) => match session.from_client(&message) {
//!             Verdict::Forward(_note) => { /* write message.raw and a newline to the server */ }
//!             Verdict::Answer { reply: _, reason: _ } => { /* write the reply to the client */ }
//!             Verdict::Replace { .. } | Verdict::Drop(_) => {}
//!         },
//!         Err(reject) => drop(session.reject_client(&reject)),
//!     }
//! }
//! ```
//!
//! Nothing here reads a clock, opens a file or panics, whatever a peer sends; memory a session is bounded by [`Limits`].

mod envelope;
pub mod error_reply;
mod frame;
pub mod header;
mod id;
pub mod json;
mod limits;
mod message;
mod method;
mod params;
mod parse;
mod reject;
mod remarks;
pub mod resource_uri;
mod revision;
pub mod schema;
pub mod session;
pub mod sse;
pub mod tools;
pub mod types;
mod untrusted;
pub mod uri_template;
mod value;

pub use frame::{Frame, LineBuffer};
pub use id::Id;
pub use limits::Limits;
pub use message::{Kind, Message};
pub use method::{Method, Sender};
pub use parse::parse;
pub use reject::{Blame, Reject, RejectCode};
pub use remarks::Remarks;
pub use revision::{Era, Revision};
pub use session::{Note, Session, Verdict};
pub use untrusted::{Escaped, Untrusted, is_hidden};
pub use value::{Json, NotAnObject, Object};
