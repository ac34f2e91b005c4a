//! The approving half as its users meet it: resolve, approve, admit, with real files in a temporary home.

#[cfg(test)]
mod admission;
#[cfg(test)]
mod forgery;
#[cfg(test)]
mod mounted;
#[cfg(test)]
mod python;
#[cfg(test)]
mod resolving;
#[cfg(test)]
mod world;
