//! Tokens and keys: published vectors, every algorithm both ways, and what has to be refused.
