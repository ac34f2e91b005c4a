//! Numbers: the grammar of RFC 8259 and the range that every peer can hold.

use super::JsonFault;

/// What a number looks like as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    /// Offset behind the last byte.
    pub(crate) end: usize,
    /// No fraction and no exponent.
    pub(crate) integer: bool,
}

/// Reads the number at `at`, whose first byte is `-` or a digit.
pub(crate) fn scan(text: &[u8], at: usize, longest: usize) -> Result<Number, JsonFault> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let first = at + usize::from(text.get(at) == Some(&b'-'));
    let mut end = digits(first);
    let leading_zero = text.get(first) == Some(&b'0') && end > first + 1;
    if end == first || leading_zero {
        return Err(JsonFault::Number);
    }
    let mut integer = true;
    if text.get(end) == Some(&b'.') {
        integer = false;
        let fraction = end + 1;
        end = digits(fraction);
        if end == fraction {
            return Err(JsonFault::Number);
        }
    }
    let mut exponent = false;
    if matches!(text.get(end), Some(b'e' | b'E')) {
        (integer, exponent) = (false, true);
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let power = end + 1 + sign;
        end = digits(power);
        if end == power {
            return Err(JsonFault::Number);
        }
    }
    let length = end - at;
    // 308 digits fit into a double whatever they are, so only the rare rest is converted.
    let in_range = length <= longest && ((!exponent && length <= 308) || finite(text, at, end));
    in_range
        .then_some(Number { end, integer })
        .ok_or(JsonFault::NumberRange)
}

fn finite(text: &[u8], at: usize, end: usize) -> bool {
    let written = text
        .get(at..end)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    written
        .and_then(|number| number.parse::<f64>().ok())
        .is_some_and(f64::is_finite)
}
