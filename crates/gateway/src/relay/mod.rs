//! Between one client and one server.

mod buffer;
mod lane;
mod life;
