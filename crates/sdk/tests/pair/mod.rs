//! `Pair`: clients and servers over simulated streams, in virtual time; and the real streams they stand for.

mod raw;
mod real;
mod serving;
mod transport;
mod wire;
