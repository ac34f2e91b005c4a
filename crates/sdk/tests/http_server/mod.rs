//! The HTTP server over real sockets, judged by bytes.

mod admission;
mod agreement;
mod auth;
mod corpus;
mod expiry;
mod legacy;
mod lifecycle;
mod modern;
mod mounted;
mod old_sse;
mod resumption;
mod world;
