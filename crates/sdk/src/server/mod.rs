//! The server side: tools, resources, prompts and everything around them, with no IO.
//!
//! A [`Server`] is built once and shared. A transport makes a [`Session`] for each peer and gives it the messages that it
//! read; what comes back is written by the transport. Handlers see neither: they get typed arguments and a [`Context`].

mod builder;
mod context;
mod encode;
mod handled;
mod outbound;
mod output;
mod registry;
mod session;
mod state;
mod tool;

pub use builder::Builder;
pub use context::{Arrival, Context};
pub use handled::{Handled, Outcome, Pending, Reply};
pub use outbound::{Closed, Outbound, OutboundReceiver, TrySendError};
pub use output::{IntoToolResult, ToolError, ToolReply};
pub use registry::Server;
pub use session::{Session, SessionKind};
