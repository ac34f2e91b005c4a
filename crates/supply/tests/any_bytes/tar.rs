//! npm archives: as they come, and as the tar archive inside one.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use interlock_supply::unpack_tarball_into;

use super::files::{LIMITS, twice};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(input).unwrap();
    let packed = encoder.finish().unwrap();
    for archive in [input, &packed] {
        twice(|directory| {
            let files = unpack_tarball_into(archive, directory, &LIMITS);
            let files = files.map_err(|error| error.to_string())?;
            Ok(files.into_iter().map(String::from).collect())
        });
    }
}
