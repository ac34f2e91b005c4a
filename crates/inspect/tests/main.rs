//! Tests of interlock-inspect from outside.

#[cfg(test)]
mod any_bytes;
#[cfg(test)]
mod corpus;
