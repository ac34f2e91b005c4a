//! What clients of MCP there are, where each keeps its files on each system, and how servers are written in them: data.
//!
//! Reading and rewriting both go by these tables, so that a client is added in one place. Where a fact was seen with the real client
//! and where it is only documented is said in the book's chapter on clients, which a test checks against the tables.

mod entries;
mod fields;
mod place;
mod shape;
mod shapes;
mod table;

pub use fields::{AnyOf, CommandForm, Expansion, Fields, SwitchField};
pub use place::{Client, Os, Place, Relocation, Scope};
pub use shape::{Layout, Root, Shape, SwitchRule};
pub use table::{CLIENTS, client};
