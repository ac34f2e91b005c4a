//! Judging, from the text of a client's file to the report: one module a theme.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected fails there and then"
)]

mod corpus;
mod definitions;
mod examples;
mod fixes;
mod pages;
mod reports;
mod samples;
mod world;
