//! `Pair`: clients and servers over simulated streams, in virtual time.

mod raw;
mod serving;
mod wire;
