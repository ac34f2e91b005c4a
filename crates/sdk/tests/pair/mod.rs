//! `Pair`: clients and servers over simulated streams, in virtual time; and the real streams they stand for.

mod both;
mod raw;
mod real;
mod serving;
mod streams;
mod transport;
mod wire;
