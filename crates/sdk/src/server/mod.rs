//! The server side: tools, resources, prompts and everything around them, with no IO.
//!
//! A [`Server`] is built once and shared. A transport makes a [`Session`] for each peer and gives it the messages that it
//! read; what comes back is written by the transport. Handlers see neither: they get typed arguments and a [`Context`].
//!
//! ```
//! use interlock_sdk::server::{Context, Server};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Add {
//!     a: i64,
//!     b: i64,
//! }
//!
//! let server = Server::builder("calc", "1.0.0")
//!     .tool("add", "Adds two numbers", async |add: Add, _cx: Context| Ok(add.a + add.b))
//!     .build();
//! ```
//!
//! All revisions are served by the same handlers. What differs is told where it matters: [`Context::elicit`] and its like, and
//! [`Context::detach`].

mod ask;
mod body;
mod builder;
mod context;
mod fault;
pub(crate) mod form;
mod handled;
mod hub;
pub(crate) mod ids;
mod layers;
mod offers;
mod outbound;
mod output;
mod registry;
mod report;
mod rounds;
mod schema;
mod sealed;
mod session;
mod settings;
mod tasks;
mod time;

pub use ask::{AskError, Missing};
pub use builder::{BuildError, Builder};
pub use context::{Arrival, Context};
pub use fault::CallError;
pub use handled::{Handled, Outcome, Pending, Reply};
pub use layers::{Answer, Call, CallService};
pub use offers::{OfferedTool, Offers, Requested};
pub use outbound::{Closed, Outbound, OutboundReceiver, TrySendError};
pub use output::{IntoCompletion, IntoContents, IntoPromptResult, IntoToolResult, Structured};
pub use registry::Server;
pub use schema::SchemaError;
pub use sealed::StateKeys;
pub use session::{Session, SessionKind};
pub use tasks::TaskSettings;
