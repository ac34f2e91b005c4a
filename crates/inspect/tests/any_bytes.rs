//! Any bytes give findings: bounded, escaped, and the same again. The body of the fuzz target `inspect`, and its corpus.

#[path = "any_bytes/inspect.rs"]
mod inspect;

#[path = "../../../fuzz/replay.rs"]
mod replay;

use proptest::prelude::*;

#[test]
fn inspect_keeps_its_promises() {
    replay::replay("inspect", inspect::run);
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
