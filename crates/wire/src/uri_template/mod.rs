//! URI templates, RFC 6570 level 4: expansion, and the way back from a URI to the variables.
//!
//! ```
//! use interlock_wire::uri_template::{Template, Variables};
//!
//! let template = Template::parse("file:///{folder}{/path*}{?line}")?;
//! let variables: Variables = [("folder", "a b"), ("line", "7")].into();
//! let uri = template.expand(&variables)?;
//! assert_eq!(uri, "file:///a%20b?line=7");
//!
//! let found = template.matches(&uri).unwrap();
//! assert_eq!(found.text("folder"), Some("a b"));
//! assert!(template.matches("file:///a%2Fb").is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way back is made for URIs that a peer chose. A variable of a simple expression never has a slash in it, written or encoded;
//! none has control characters; [`Matched::has_dots`] tells of `..`, however it was encoded. The work is bounded by the length of the
//! template times that of the URI. Where a URI can be read in several ways, the variable that comes first takes as much as it can.
//! Variables may be absent where their expression marks its beginning (`/`, `.`, `;`, `?`, `&`, `#`).
//!
//! Whether a URI may be read at all is not judged here: that is [`resource_uri`](crate::resource_uri)'s.

mod encode;
mod error;
mod expand;
mod matched;
mod matching;
mod parse;
mod reading;
mod steps;
mod template;
mod values;

pub use error::{ExpandError, TemplateError, TemplateFault};
pub use matched::Matched;
pub use template::Template;
pub use values::{Value, Variables};
