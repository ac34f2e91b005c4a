//! The client over real transports: against a server of ours, and against HTTP servers that do what a test says.

pub(crate) mod any_order;
mod http_faults;
mod http_heard;
mod http_streams;
mod orders;
mod ours;
mod scripted;
