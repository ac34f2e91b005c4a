//! Servers and switches, taken out of a document by its shape.

mod entry;
mod model;
mod read;
mod switches;

pub use model::{
    Effect, Header, Kind, Local, Remote, Server, Switch, SwitchKind, Text, Transport, Variable,
};
pub(crate) use read::{read, speaks_of_servers};
