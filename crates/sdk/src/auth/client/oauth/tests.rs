//! The whole client against authorization and resource servers in the same process.
