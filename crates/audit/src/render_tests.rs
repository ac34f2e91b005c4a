use super::*;

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn strings_are_printable_ascii_and_mean_the_same() {
    let cases = [
        ("", r#""""#),
        ("plain ~", r#""plain ~""#),
        ("\"\\", r#""\"\\""#),
        ("a\nb\rc\td", r#""a\nb\rc\td""#),
        ("\0\x1b[31m\x7f", r#""\u0000\u001b[31m\u007f""#),
        ("\u{202e}evil", r#""\u202eevil""#),
        ("zero\u{200b}width", r#""zero\u200bwidth""#),
        ("ツール", r#""\u30c4\u30fc\u30eb""#),
        ("😀\u{e0041}", r#""\ud83d\ude00\udb40\udc41""#),
        ("\u{2028}\u{85}", r#""\u2028\u0085""#),
    ];
    for (input, expected) in cases {
        let written = text(|out| string(input, out));
        assert_eq!(written, expected, "{input:?}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), input);
    }
}

#[test]
fn every_character_survives() {
    let all: Vec<char> = (0..=0x10_ffff).filter_map(char::from_u32).collect();
    for chars in all.chunks(4096) {
        let input = String::from_iter(chars);
        let written = text(|out| string(&input, out));
        let plain = written.bytes().all(|b| matches!(b, b' '..=b'~'));
        assert!(plain, "{:?}", chars.first());
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), input);
    }
}

#[test]
fn numbers_are_decimal() {
    for n in [
        0,
        1,
        9,
        10,
        99,
        100,
        12_345,
        u64::from(u32::MAX),
        u64::MAX - 1,
        u64::MAX,
    ] {
        assert_eq!(text(|out| number(n, out)), n.to_string());
    }
}

#[test]
fn hexadecimal_has_one_spelling() {
    let bytes: Vec<u8> = (0..=255).collect();
    let written = text(|out| hex(&bytes, out));
    let expected: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(written, expected);
    assert_eq!(
        parse_hex::<256>(written.as_bytes()).unwrap().as_slice(),
        bytes
    );
    for bad in ["0", "0g", "0A", "+1", " 1", "001", ""] {
        assert_eq!(parse_hex::<1>(bad.as_bytes()), None, "{bad:?}");
    }
}

#[test]
fn times_are_rfc_3339() {
    let cases = [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_709_251_199_999_999, "2024-02-29T23:59:59.999999Z"),
        (1_795_256_011_000_042, "2026-11-21T10:13:31.000042Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    ];
    let mut clock = TimeText::new();
    for (micros, expected) in cases {
        let time = UNIX_EPOCH + Duration::from_micros(micros);
        assert_eq!(text(|out| clock.write(time, out)), expected);
        assert_eq!(parse_time(expected), Some(time));
    }
}

#[test]
fn every_day_of_four_centuries_reads_back() {
    let mut clock = TimeText::new();
    for day in (0..146_097u64).step_by(7) {
        let time = UNIX_EPOCH + Duration::from_secs(day * 86_400 + day % 86_400);
        let written = text(|out| clock.write(time, out));
        assert_eq!(parse_time(&written), Some(time), "{written}");
    }
}

#[test]
fn a_time_before_1970_is_written_as_1970() {
    let time = UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(
        text(|out| TimeText::new().write(time, out)),
        "1970-01-01T00:00:00.000000Z"
    );
}

#[test]
fn what_is_not_a_time_is_none() {
    for bad in [
        "",
        "Z",
        "T",
        "2026-11-21",
        "2026-11-21T10:13:31Z",
        "2026-11-21T10:13:31.042Z",
        "2026-11-21T10:13:31.000042",
        "2026-11-00T10:13:31.000042Z",
        "1969-12-31T10:13:31.000042Z",
        "x-11-21T10:13:31.000042Z",
    ] {
        assert_eq!(parse_time(bad), None, "{bad}");
    }
}

#[test]
fn base64_reads_back_in_one_spelling_only() {
    let spelled = |bytes: &[u8]| text(|out| base64(bytes, out));
    // RFC 4648, section 10, without the padding.
    for (bytes, expected) in [
        (b"f".as_slice(), "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foobar", "Zm9vYmFy"),
        (b"\xfb\xff", "-_8"),
    ] {
        assert_eq!(spelled(bytes), expected);
    }
    let bytes: [u8; 32] = std::array::from_fn(|index| (index * 11) as u8);
    let good = spelled(&bytes);
    assert_eq!(parse_base64(good.as_bytes()), Some(bytes));
    for bad in [
        good.replacen(|_| true, "", 1),
        format!("{good}A"),
        format!("{good}="),
        good.replacen(|_| true, "+", 1),
        // The last digit carries two bits that stand for nothing.
        format!(
            "{}{}",
            good.get(..42).unwrap(),
            if good.ends_with('A') { 'B' } else { '1' }
        ),
    ] {
        assert_eq!(parse_base64::<32>(bad.as_bytes()), None, "{bad}");
    }
    assert_eq!(parse_base64::<64>(&[b'A'; 86]), Some([0; 64]));
    assert_eq!(parse_base64::<64>(&[b'A'; 87]), None);
}

#[test]
fn padded_numbers_have_one_spelling() {
    for n in [0, 7, u64::MAX] {
        let spelled = text(|out| padded(n, 20, out));
        assert_eq!(spelled.len(), 20);
        assert_eq!(parse_padded(spelled.as_bytes(), 20), Some(n));
    }
    for bad in [
        "7",
        "+0000000000000000007",
        "99999999999999999999",
        " 0000000000000000007",
    ] {
        assert_eq!(parse_padded(bad.as_bytes(), 20), None, "{bad}");
    }
}
