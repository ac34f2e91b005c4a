//! Integration tests of the SDK.

#[cfg(test)]
mod any_bytes;
#[cfg(test)]
mod authorization;
#[cfg(test)]
mod authorized;
#[cfg(test)]
mod client;
#[cfg(test)]
mod files;
#[cfg(test)]
mod guarded;
#[cfg(test)]
mod http_server;
#[cfg(test)]
mod pair;
#[cfg(test)]
mod server;
#[cfg(test)]
mod skills;
