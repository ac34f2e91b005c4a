//! The OAuth client against a server and authorization servers in the same process: real sockets, real HTTP, no person.

mod codes;
mod discovery;
mod machines;
mod proofs;
mod registration;
mod renewal;
mod scopes;
mod stored;
mod world;
