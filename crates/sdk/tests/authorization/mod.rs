//! Authorization of clients and servers together, and the corpus of attacks on it.

mod corpus;
mod flow;
mod idp;
mod world;
