//! Wheels with bytes changed, cut and doubled: refused or whole, and never outside their directory. The bodies of the fuzz
//! targets `wheel` and `listing`, on archives that begin as good ones.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

#[path = "any_bytes/files.rs"]
mod files;
#[path = "any_bytes/listing.rs"]
mod listing;
mod support;
#[path = "any_bytes/wheel.rs"]
mod wheel;

use proptest::prelude::*;
use support::wheel::Wheel;

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
        wheel::run(&archive);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        wheel::run(&bytes);
        listing::run(&bytes);
    }

    #[test]
    fn text_of_packages(text in r#"(<a href='[a-z#=0-9.]{0,9}'|\{"files":\[|[a-z_.-]{1,4}|\[[a-z,]{0,4}\]|[<>=!~]{1,3}[0-9.*a-z]{0,5}|;|@| |\n|extra|os_name|'x'|\(|\)|and|\[console_scripts\]\n|:|=){0,12}"#) {
        wheel::run(text.as_bytes());
        listing::run(text.as_bytes());
    }
}
