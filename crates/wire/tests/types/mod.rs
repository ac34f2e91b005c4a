//! The types against each revision's schema, and what they are built into.

mod build;
mod decode;
mod instances;
mod schema;
mod shapes;
mod trips;
mod value;
