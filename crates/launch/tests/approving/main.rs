//! The approving half as its users meet it: resolve, approve, admit, with real files in a temporary home.

mod admission;
mod forgery;
mod resolving;
mod world;
