//! Advisories in OSV format: the same answer each time, and only about what was asked.

use interlock_supply::{
    Ecosystem,
    advisories::{Target, check},
};

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let target = |ecosystem, name: &str| Target {
        ecosystem,
        name: name.to_owned(),
        version: "1.2.3".to_owned(),
        server: "s".to_owned(),
    };
    let targets = [
        target(Ecosystem::Npm, "p"),
        target(Ecosystem::Pypi, "some-thing"),
    ];
    let look = || check(file.path(), &targets).map_err(|error| error.to_string());
    let first = look();
    assert_eq!(first, look());
    if let Ok(report) = first {
        assert!(report.hits.iter().all(|hit| hit.target.server == "s"));
    }
}
