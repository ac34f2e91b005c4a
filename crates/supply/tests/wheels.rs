//! Wheels with bytes changed, cut and doubled: refused or whole, and never outside their directory. The body of the fuzz
//! target `wheel`, on archives that begin as good ones.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod support;

use interlock_supply::{
    UnpackLimits,
    pypi::{EntryPoint, Listing, Metadata, Name, Requirement, WheelName},
    unpack_wheel_into,
};
use proptest::prelude::*;
use std::path::Path;
use support::wheel::Wheel;

const LIMITS: UnpackLimits = UnpackLimits {
    archive: 1 << 20,
    files: 64,
    bytes: 1 << 20,
};

/// Plain files under a directory; anything else fails.
fn count(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            assert!(kind.is_dir() || kind.is_file());
            if kind.is_dir() {
                count(&entry.path())
            } else {
                1
            }
        })
        .sum()
}

fn hold(archive: &[u8]) {
    let name = WheelName::parse("p-1.0-py3-none-any.whl").unwrap();
    let outer = tempfile::tempdir().unwrap();
    let unpack = |part: &str| {
        let inner = outer.path().join(part);
        std::fs::create_dir(&inner).unwrap();
        unpack_wheel_into(archive, &name, &inner, &LIMITS).map_err(|error| error.to_string())
    };
    let (first, second) = (unpack("a"), unpack("b"));
    assert_eq!(first, second);
    let names: Vec<_> = std::fs::read_dir(outer.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    if let Ok(paths) = first {
        assert_eq!(paths.len(), count(&outer.path().join("a")));
    }
}

fn read(text: &str) {
    let name = Name::new("p").unwrap();
    let _ = Requirement::parse(text);
    let _ = WheelName::parse(text);
    let _ = Metadata::parse(text.as_bytes(), &name, &"1.0".parse().unwrap());
    let _ = Listing::parse(
        text,
        &name,
        &url::Url::parse("https://h/simple/p/").unwrap(),
    );
    for entry in EntryPoint::commands(text) {
        let plain = |text: &str| {
            text.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
        };
        assert!(plain(&entry.module) && plain(&entry.function), "{entry:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn changed_wheels(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in 0_usize..40, more in prop::collection::vec(any::<u8>(), 0..8)) {
        let mut archive = Wheel::new("p 1.0").bytes();
        for (at, byte) in changes {
            let at = at.index(archive.len());
            archive[at] = byte;
        }
        archive.truncate(archive.len() - if cut < 20 { 0 } else { cut });
        archive.extend(more);
        hold(&archive);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        hold(&bytes);
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_of_packages(text in r#"(<a href='[a-z#=0-9.]{0,9}'|\{"files":\[|[a-z_.-]{1,4}|\[[a-z,]{0,4}\]|[<>=!~]{1,3}[0-9.*a-z]{0,5}|;|@| |\n|extra|os_name|'x'|\(|\)|and|\[console_scripts\]\n|:|=){0,12}"#) {
        read(&text);
    }
}
