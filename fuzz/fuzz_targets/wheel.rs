//! Wheels, and the text in them: nothing leaves its directory, sizes hold, and the same bytes give the same answer twice.
#![no_main]

use interlock_supply::{
    UnpackLimits,
    pypi::{EntryPoint, Listing, Metadata, Name, Requirement, WheelName},
    unpack_wheel_into,
};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

const LIMITS: UnpackLimits = UnpackLimits { archive: 1 << 20, files: 64, bytes: 1 << 20 };

/// Every file under a directory, and the sum of their sizes.
fn walk(directory: &Path, files: &mut Vec<String>, bytes: &mut u64) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        assert!(kind.is_dir() || kind.is_file());
        if kind.is_dir() {
            walk(&entry.path(), files, bytes);
        } else {
            files.push(entry.path().to_str().unwrap().to_owned());
            *bytes += entry.metadata().unwrap().len();
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let name = WheelName::parse("p-1.0-py3-none-any.whl").unwrap();
    let outer = tempfile::tempdir().unwrap();
    let unpack = |part: &str| {
        let inner = outer.path().join(part);
        std::fs::create_dir(&inner).unwrap();
        unpack_wheel_into(input, &name, &inner, &LIMITS).map_err(|error| error.to_string())
    };
    let (first, second) = (unpack("a"), unpack("b"));
    assert_eq!(first, second);
    let (mut files, mut bytes) = (Vec::new(), 0);
    walk(outer.path(), &mut files, &mut bytes);
    assert!(bytes <= 2 * LIMITS.bytes);
    let inside = |part: &str| format!("{}/{part}/", outer.path().display());
    assert!(files.iter().all(|file| file.starts_with(&inside("a")) || file.starts_with(&inside("b"))));
    if let Ok(paths) = first {
        assert_eq!(2 * paths.len(), files.len());
    }
    let text = String::from_utf8_lossy(input);
    let _ = Requirement::parse(&text);
    let _ = WheelName::parse(&text);
    let _ = Metadata::parse(input, &name.name, &name.version);
    let _ = Listing::parse(&text, &Name::new("p").unwrap(), &url::Url::parse("https://h/simple/p/").unwrap());
    for entry in EntryPoint::commands(&text) {
        assert!(entry.module.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.'));
        assert!(entry.function.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.'));
    }
});
