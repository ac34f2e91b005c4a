use super::*;

const BODY: &[u8] = br#""time":"2026-11-21T10:13:31.000042Z","event":"exit","session":"s""#;

fn sealed(seq: u64) -> Vec<u8> {
    let mut line = Vec::new();
    begin(seq, BODY, &mut line);
    seal(&GENESIS, 0, &mut line);
    line
}

fn unsealed(seq: u64) -> Vec<u8> {
    let mut line = Vec::new();
    begin(seq, BODY, &mut line);
    end(&mut line);
    line
}

fn follows(line: &[u8], prev: &Digest) -> bool {
    let stated = Line::parse(line).and_then(|line| line.hash);
    stated.is_some() && hash_of_group(prev, line) == stated
}

#[test]
fn the_hash_covers_the_exact_bytes_before_it() {
    let line = sealed(7);
    let text = std::str::from_utf8(&line).unwrap();
    let (content, seal) = text.split_once(",\"hash\":\"").unwrap();
    let expected = Sha256::digest([&[0u8; 32], content.as_bytes()].concat());
    let mut spelled = Vec::new();
    render::base64(&expected, &mut spelled);
    assert_eq!(seal.as_bytes(), [&spelled, b"\"}\n".as_slice()].concat());
    serde_json::from_str::<serde_json::Value>(text).unwrap();
}

#[test]
fn a_seal_covers_every_byte_of_its_group() {
    let group = [unsealed(6), unsealed(7), sealed(8)].concat();
    let content = group.len() - SEAL;
    let mut sealed = group[..content].to_vec();
    let hash = seal(&GENESIS, 0, &mut sealed);
    let expected: Digest = Sha256::digest([&[0; 32], &group[..content]].concat()).into();
    assert_eq!(hash, expected);
    assert_eq!(hash_of_group(&GENESIS, &sealed), Some(hash));
    for index in 0..content {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert_ne!(hash_of_group(&GENESIS, &changed), Some(hash), "{index}");
    }
    assert_eq!(hash_of_group(&GENESIS, &unsealed(6)), None);
}

#[test]
fn a_line_is_taken_apart_as_it_was_put_together() {
    for seq in [1, 42, u64::MAX] {
        let line = sealed(seq);
        let parsed = Line::parse(&line).unwrap();
        assert_eq!((parsed.seq, parsed.event()), (seq, Some("exit")));
        assert!(follows(&line, &GENESIS) && is_sealed(&line));
        assert!(!follows(&line, &[1; 32]));
        let line = unsealed(seq);
        let parsed = Line::parse(&line).unwrap();
        assert_eq!((parsed.seq, parsed.event()), (seq, Some("exit")));
        assert!(parsed.hash.is_none() && !is_sealed(&line));
        serde_json::from_slice::<serde_json::Value>(&line).unwrap();
    }
}

#[test]
fn no_changed_byte_goes_unseen() {
    let line = sealed(7);
    for index in 0..line.len() {
        for change in 1..=255 {
            let mut changed = line.clone();
            changed[index] ^= change;
            let accepted = follows(&changed, &GENESIS);
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
        // A hash with a digit that is none.
        format!("{}+\"}}\n", good.get(..good.len() - 4).unwrap()),
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
