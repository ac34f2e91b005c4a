//! The way to the authorization server, and what may come back.
