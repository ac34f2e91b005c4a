//! Wheels, and the text in them: nothing leaves its directory, sizes hold, and the same bytes give the same answer twice.

use interlock_supply::{
    pypi::{EntryPoint, Metadata, Requirement, WheelName},
    unpack_wheel_into,
};

use super::files::{LIMITS, twice};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let name = WheelName::parse("p-1.0-py3-none-any.whl").unwrap();
    twice(|directory| {
        let files = unpack_wheel_into(input, &name, directory, &LIMITS);
        let files = files.map_err(|error| error.to_string())?;
        Ok(files.into_iter().map(String::from).collect())
    });
    let text = String::from_utf8_lossy(input);
    let _ = Requirement::parse(&text);
    let _ = WheelName::parse(&text);
    let _ = Metadata::parse(input, &name.name, &name.version);
    let plain = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
    };
    for entry in EntryPoint::commands(&text) {
        assert!(plain(&entry.module) && plain(&entry.function));
    }
}
