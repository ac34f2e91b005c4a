//! Hostile input costs no more than honest input of its size. Work is compared between sizes, with generous room.

use std::time::{Duration, Instant};

use interlock_wire::{Limits, json, parse};

/// The quickest of five, so that a busy machine does not fail the test.
#[expect(clippy::disallowed_methods, reason = "this test is about time")]
fn time(work: &dyn Fn()) -> Duration {
    let once = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..5).map(|_| once()).min().expect("five runs")
}

/// Eight times the input may cost up to forty times the time; quadratic work would cost sixty-four times.
fn grows_like_its_size(name: &str, make: impl Fn(usize) -> String, size: usize) {
    let read = |text: &str| {
        drop(std::hint::black_box(parse(
            text.as_bytes(),
            &Limits::default(),
        )))
    };
    let (small, large) = (make(size), make(size * 8));
    let (one, eight) = (time(&|| read(&small)), time(&|| read(&large)));
    let floor = Duration::from_millis(1);
    assert!(
        eight <= one.max(floor) * 40,
        "{name}: {one:?} for one, {eight:?} for eight"
    );
}

fn object(keys: impl Iterator<Item = String>) -> String {
    let members: Vec<String> = keys.map(|key| format!("\"{key}\":0")).collect();
    format!(
        r#"{{"jsonrpc":"2.0","method":"x","params":{{"data":{{{}}}}}}}"#,
        members.join(",")
    )
}

#[test]
fn many_keys() {
    grows_like_its_size(
        "ascending",
        |n| object((0..n).map(|k| k.to_string())),
        12_500,
    );
    grows_like_its_size(
        "descending",
        |n| object((0..n).rev().map(|k| k.to_string())),
        12_500,
    );
    let shared = |n| object((0..n).map(|k| format!("the very same long beginning {k}")));
    grows_like_its_size("common prefix", shared, 12_500);
    let escaped = |n| object((0..n).map(|k| format!("\\u0061{k}")));
    grows_like_its_size("escaped", escaped, 12_500);
    grows_like_its_size(
        "protocol place",
        |n| {
            let keys: Vec<String> = (0..n).map(|key| format!("\"n{key}\":0")).collect();
            format!(
                r#"{{"jsonrpc":"2.0","method":"x","params":{{{}}}}}"#,
                keys.join(",")
            )
        },
        12_500,
    );
}

#[test]
fn many_objects_escapes_and_numbers() {
    let wrap =
        |body: String| format!(r#"{{"jsonrpc":"2.0","method":"x","params":{{"a":{body}}}}}"#);
    let objects = |n| wrap(format!("[{}]", vec![r#"{"a":1,"b":2}"#; n].join(",")));
    grows_like_its_size("objects", objects, 20_000);
    grows_like_its_size(
        "escapes",
        |n| wrap(format!("\"{}\"", "\\u00e9\\n".repeat(n))),
        50_000,
    );
    grows_like_its_size(
        "numbers",
        |n| wrap(format!("[{}]", vec!["1.5e-7"; n].join(","))),
        50_000,
    );
    let digits = |n| wrap(format!("[{}]", vec!["1".repeat(1_000); n].join(",")));
    grows_like_its_size("long numbers", digits, 100);
}

#[test]
fn a_key_as_long_as_the_message_is_compared_once() {
    let long = |n: usize| object((0..15).map(|k| format!("{}{k}", "x".repeat(n))));
    grows_like_its_size("long keys", long, 20_000);
}

#[test]
fn the_largest_allowed_object_is_read_in_bounded_time() {
    let keys = object((0..100_000).map(|key| format!("{key:x}")));
    let took = time(&|| assert!(json::validate(keys.as_bytes(), &Limits::default()).is_ok()));
    assert!(took < Duration::from_secs(2), "{took:?}");
}
