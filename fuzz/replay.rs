//! Runs the bodies of fuzz targets over their corpora, without nightly and without libFuzzer. Every crate that has such bodies
//! includes this file in its tests. A target without a corpus fails, so that none is forgotten.

use std::path::Path;

/// Runs a target's body over every input of its corpus, and over what begins as one and ends in the middle.
pub(crate) fn replay(target: &str, body: fn(&[u8])) {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus")).join(target);
    let files =
        std::fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
    let mut inputs = 0;
    for file in files {
        let path = file.expect("a directory is read").path();
        let input = std::fs::read(&path).expect("an input is read");
        let middle = input.split_at(input.len() / 2).0;
        for input in [middle, &input] {
            if let Err(panic) = std::panic::catch_unwind(|| body(input)) {
                panic!("{}: {panic:?}", path.display());
            }
        }
        inputs += 1;
    }
    assert!(inputs > 1, "{} lost its inputs", corpus.display());
}
