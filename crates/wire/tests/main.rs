//! Tests of interlock-wire from outside.

mod canonical;
mod corpus;
mod frame;
mod json;
mod linear;
mod parse;
mod properties;
mod session;
mod session_modern;
mod support;
mod text;
mod tools;
