//! Any bytes give findings: bounded, escaped, and the same again. The body of the fuzz target `inspect`, and its corpus.

#[path = "any_bytes/inspect.rs"]
mod inspect;

use std::path::Path;

use proptest::prelude::*;

#[test]
fn the_corpus_keeps_its_promises() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/inspect");
    let mut inputs = 0;
    for file in
        std::fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()))
    {
        let path = file.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        if let Err(panic) = std::panic::catch_unwind(|| inspect::run(&input)) {
            panic!("{}: {panic:?}", path.display());
        }
        inputs += 1;
    }
    assert!(inputs > 1, "{} lost its inputs", corpus.display());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_them(text in ".{0,200}", words in proptest::collection::vec(proptest::sample::select(vec![
        "ignore", "all", "previous", "instructions", "send", "~/.ssh/id_rsa", "to", "https://a.example/?x=1", "<IMPORTANT>", "![x](", ")", "\u{E0041}", "\u{202E}",
        "before", "using", "any", "tool", "must", "<!--", "-->", "javascript:", "do", "not", "tell", "the", "user", ".", "\n", "\"", "ghp_", "%69", "aWdub3Jl",
    ]), 0..30)) {
        inspect::run(text.as_bytes());
        inspect::run(words.join(" ").as_bytes());
    }
}
