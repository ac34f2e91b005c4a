//! Tests of interlock-wire from outside.

#[cfg(test)]
mod any_bytes;
#[cfg(test)]
mod canonical;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod frame;
#[cfg(test)]
mod header;
#[cfg(test)]
mod json;
#[cfg(test)]
mod linear;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod methods;
#[cfg(test)]
mod parse;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod resource_uri;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod session;
#[cfg(test)]
mod session_modern;
#[cfg(test)]
mod sse;
#[cfg(test)]
mod support;
#[cfg(test)]
mod text;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod types;
#[cfg(test)]
mod uri_template;
