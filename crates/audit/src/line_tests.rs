use super::*;

const BODY: &[u8] = br#""time":"2026-11-21T10:13:31.000042Z","event":"exit","session":"s""#;

fn sealed(seq: u64) -> Vec<u8> {
    let mut line = Vec::new();
    seal(seq, &GENESIS, BODY, &mut line);
    line
}

#[test]
fn the_hash_covers_the_exact_bytes_before_it() {
    let line = sealed(7);
    let text = std::str::from_utf8(&line).unwrap();
    let (content, seal) = text.split_once(",\"hash\":\"").unwrap();
    let expected = Sha256::digest([&[0u8; 32], content.as_bytes()].concat());
    let mut hex = Vec::new();
    render::hex(&expected, &mut hex);
    assert_eq!(seal.as_bytes(), [&hex, b"\"}\n".as_slice()].concat());
    serde_json::from_str::<serde_json::Value>(text).unwrap();
}

#[test]
fn a_line_is_taken_apart_as_it_was_put_together() {
    for seq in [1, 42, u64::MAX] {
        let line = sealed(seq);
        let parsed = Line::parse(&line).unwrap();
        assert_eq!((parsed.seq, parsed.event()), (seq, Some("exit")));
        assert!(parsed.follows(&GENESIS));
        assert!(!parsed.follows(&[1; 32]));
    }
}

#[test]
fn no_changed_byte_goes_unseen() {
    let line = sealed(7);
    for index in 0..line.len() {
        for change in 1..=255 {
            let mut changed = line.clone();
            changed[index] ^= change;
            let accepted = Line::parse(&changed).is_some_and(|l| l.seq == 7 && l.follows(&GENESIS));
            assert!(!accepted, "byte {index} ^ {change}");
        }
    }
}

#[test]
fn what_is_no_record_is_none() {
    let good = sealed(7);
    let good = std::str::from_utf8(&good).unwrap();
    let cases = [
        String::new(),
        "\n".into(),
        "{}\n".into(),
        good.trim_end().into(),
        good.replace("{\"seq\":7", "{\"seq\":"),
        good.replace("{\"seq\":7", "{\"seq\":-7"),
        good.replace("{\"seq\":7", "{\"seq\":99999999999999999999"),
        good.replace("{\"seq\":7,", "{\"seq\":7 "),
        good.replace("exit", "ex\u{e9}t"),
        good.replace("exit", "ex\tt"),
        good.replace("\"}\n", "\"}\r\n"),
        good.replace("\"}\n", "\"} \n"),
        good.trim_start_matches('{').into(),
    ];
    for case in cases {
        assert_eq!(Line::parse(case.as_bytes()), None, "{case:?}");
    }
}

#[test]
fn an_overlong_line_counts_as_one_and_is_not_kept() {
    let long = [vec![b'x'; 5 * MAX_LINE], b"\nnext\n".to_vec()].concat();
    let mut lines = long.as_slice();
    let mut line = Vec::new();
    read_line(&mut lines, &mut line).unwrap();
    assert!(line.len() <= 2 * MAX_LINE + 1 && line.ends_with(b"\n"));
    line.clear();
    read_line(&mut lines, &mut line).unwrap();
    assert_eq!(line, b"next\n");
}

#[test]
fn the_chained_hash_is_sha_256_at_every_length() {
    let prev: Digest = std::array::from_fn(|index| index as u8);
    let bytes: Vec<u8> = (0..=255).cycle().take(700).collect();
    for len in 0..bytes.len() {
        let content = &bytes[..len];
        let expected: Digest = Sha256::digest([&prev, content].concat()).into();
        assert_eq!(chained(&prev, content), expected, "{len}");
    }
}
