//! What an unquoted word of YAML stands for: the core schema of YAML 1.2, and where YAML 1.1 says otherwise.

use super::node::Value;

/// The value of a plain scalar (YAML 1.2.2, section 10.3).
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

/// Whether a reader of YAML 1.1 takes this word, which is text here, for true, false or a number to the base sixty.
pub(super) fn is_old_value(text: &str) -> bool {
    matches!(
        text,
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "on" | "On" | "ON" | "off" | "Off" | "OFF"
    ) || is_sexagesimal(text)
}

fn is_sexagesimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let first = parts.next().unwrap_or("");
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut count = 0;
    let small = |part: &str| digits(part) && part.parse().is_ok_and(|value: u32| value < 60);
    let rest = parts.all(|part| {
        count += 1;
        part.len() <= 2 && small(part)
    });
    rest && count > 0 && digits(first) && !first.starts_with('0')
}

fn is_number(text: &str) -> bool {
    let radix = |prefix: &str, valid: fn(&u8) -> bool| {
        text.strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.as_bytes().iter().all(valid))
    };
    if radix("0x", u8::is_ascii_hexdigit) || radix("0o", |byte| (b'0'..=b'7').contains(byte)) {
        return true;
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    });
    exponent && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_the_core_schema_says() {
        for number in [
            "0", "-1", "+12", "0x1F", "0o17", "1.5", ".5", "5.", "1e3", "-1.5E-3", ".inf", "-.INF",
            ".nan", "0777",
        ] {
            assert!(matches!(resolve(number), Value::Number(_)), "{number}");
        }
        for text in [
            "-", "+", ".", "e3", "1e", "0x", "0xZZ", "1_000", "1.2.3", "-y", "yes", "a", "1a",
            "0o9",
        ] {
            assert_eq!(resolve(text), Value::Text(text.to_owned()));
        }
        for null in ["", "~", "null", "NULL"] {
            assert_eq!(resolve(null), Value::Null);
        }
        assert_eq!(resolve("True"), Value::Bool(true));
        assert_eq!(resolve("FALSE"), Value::Bool(false));
    }

    #[test]
    fn words_that_changed_their_meaning_are_known() {
        for (text, old) in [
            ("yes", true),
            ("Off", true),
            ("12:30", true),
            ("22:22:1", true),
            ("8080:80", false),
            ("0:30", false),
            ("y", false),
            ("true", false),
            ("a:1", false),
            (":1", false),
        ] {
            assert_eq!(is_old_value(text), old, "{text}");
        }
    }
}
