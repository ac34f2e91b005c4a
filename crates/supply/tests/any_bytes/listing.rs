//! Listings of a Python index, as JSON or HTML: only wheels of the package that was asked for, each with a digest and an address.

use interlock_supply::pypi::{Listing, Name};
use url::Url;

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let name = Name::new("p").unwrap();
    let base = Url::parse("https://h.example/simple/p/").unwrap();
    let parse = || Listing::parse(&text, &name, &base);
    let first = parse();
    assert_eq!(first, parse());
    let Ok(listing) = first else { return };
    for (version, wheels) in &listing.wheels {
        for wheel in wheels {
            assert_eq!((&wheel.name.name, &wheel.name.version), (&name, version));
            assert!(wheel.integrity.is_sha256());
            assert!(Url::parse(&wheel.url).is_ok());
        }
    }
}
