//! A record as it is, with the version of the format.

use crate::read::Record;

/// The record as one line of JSON without its line feed: `{"v":1,"seq":…}`, hash included.
#[must_use]
pub fn json(record: &Record) -> String {
    let rest = record.line.strip_prefix('{').unwrap_or_default();
    ["{\"v\":1,", rest].concat()
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
