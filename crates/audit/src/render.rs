//! JSON text, written by hand into a reused buffer: strings, numbers, digests, times.
//!
//! The output is printable ASCII only, whatever goes in: control, bidirectional and invisible
//! characters that a peer chose cannot reach the terminal of a person who reads the log with `cat`.
//! It does not parse; see `line` and `read`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Appends `text` as a JSON string with its quotes.
pub(crate) fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    if text.bytes().all(is_plain) {
        out.extend_from_slice(text.as_bytes());
    } else {
        text.chars().for_each(|c| escaped(c, out));
    }
    out.push(b'"');
}

/// Whether a byte stands for itself inside a JSON string of ours.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

fn escaped(c: char, out: &mut Vec<u8>) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        ' '..='~' => out.push(c as u8),
        _ => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(b"\\u");
                let [high, low] = unit.to_be_bytes();
                out.extend_from_slice(&hex_pair(high));
                out.extend_from_slice(&hex_pair(low));
            }
        }
    }
}

/// Appends a decimal number.
pub(crate) fn number(mut n: u64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut start = digits.len();
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (n % 10) as u8;
        n /= 10;
        start -= 1;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

/// Appends bytes as lower-case hexadecimal, without quotes.
pub(crate) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(32) {
        let mut text = [0u8; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(chunk) {
            pair.copy_from_slice(&hex_pair(*byte));
        }
        out.extend_from_slice(text.get(..chunk.len() * 2).unwrap_or_default());
    }
}

const fn hex_pair(byte: u8) -> [u8; 2] {
    [hex_digit(byte >> 4), hex_digit(byte & 15)]
}

const fn hex_digit(nibble: u8) -> u8 {
    // Without a branch, so that the compiler can do sixteen at once.
    nibble + b'0' + (b'a' - b'9' - 1) * (nibble > 9) as u8
}

/// Reads exactly `N` bytes of lower-case hexadecimal: one spelling for one value.
pub(crate) fn parse_hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != N * 2 {
        return None;
    }
    let mut bytes = [0u8; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Appends bytes as base64url without padding (RFC 4648, section 5), without quotes.
pub(crate) fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(3) {
        let [a, b, c] = std::array::from_fn(|index| chunk.get(index).copied().unwrap_or(0));
        let bits = u32::from_be_bytes([0, a, b, c]);
        let text = [18, 12, 6, 0].map(|shift| base64_digit(bits >> shift));
        out.extend_from_slice(text.get(..=chunk.len()).unwrap_or_default());
    }
}

const BASE64: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64_digit(bits: u32) -> u8 {
    BASE64.get((bits & 63) as usize).copied().unwrap_or(b'A')
}

/// Reads exactly `N` bytes of base64url: one spelling for one value.
pub(crate) fn parse_base64<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0u8; N];
    let mut to = bytes.iter_mut();
    let (mut bits, mut count) = (0u32, 0);
    for digit in text {
        let value = match *digit {
            upper @ b'A'..=b'Z' => upper - b'A',
            lower @ b'a'..=b'z' => lower - b'a' + 26,
            decimal @ b'0'..=b'9' => decimal - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            *to.next()? = (bits >> count) as u8;
            bits &= (1 << count) - 1;
        }
    }
    // Neither a missing byte, nor a needless digit, nor bits that stand for nothing.
    (to.next().is_none() && count < 6 && bits == 0).then_some(bytes)
}

/// Writes times as RFC 3339 in UTC with microseconds, and remembers the last second it spelled out.
///
/// Times before 1970 are written as 1970: a log from a machine without a clock is still a log.
#[derive(Debug, Clone)]
pub(crate) struct TimeText {
    second: Option<u64>,
    text: Vec<u8>,
}

impl TimeText {
    pub(crate) const fn new() -> Self {
        Self {
            second: None,
            text: Vec::new(),
        }
    }

    /// Appends `now`, for example `2026-11-21T10:13:31.000042Z`, without quotes.
    pub(crate) fn write(&mut self, now: SystemTime, out: &mut Vec<u8>) {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        if self.second != Some(since.as_secs()) {
            self.second = Some(since.as_secs());
            self.text.clear();
            date_and_time(since.as_secs(), &mut self.text);
        }
        out.extend_from_slice(&self.text);
        out.push(b'.');
        padded(u64::from(since.subsec_micros()), 6, out);
        out.push(b'Z');
    }
}

/// A time as text, to the second: `2026-11-21T10:13:31Z`.
#[must_use]
pub fn utc(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let mut text = Vec::new();
    date_and_time(since.as_secs(), &mut text);
    text.push(b'Z');
    String::from_utf8_lossy(&text).into_owned()
}

fn date_and_time(seconds: u64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(seconds / 86_400);
    let of_day = seconds % 86_400;
    for (value, width, end) in [
        (year, 4, b'-'),
        (month, 2, b'-'),
        (day, 2, b'T'),
        (of_day / 3600, 2, b':'),
        (of_day / 60 % 60, 2, b':'),
    ] {
        padded(value, width, out);
        out.push(end);
    }
    padded(of_day % 60, 2, out);
}

/// Year, month and day of a day count since 1970-01-01, by Howard Hinnant's `civil_from_days`:
/// years start in March, so that the leap day is the last one of a year.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// The days since 1970-01-01 of a date, the inverse of [`civil_from_days`].
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = year.checked_sub(u64::from(month <= 2))?;
    let (era, of_era) = (year / 400, year % 400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * march_month + 2) / 5 + day.checked_sub(1)?;
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).checked_sub(719_468)
}

/// Reads a time that [`TimeText`] wrote.
pub(crate) fn parse_time(text: &str) -> Option<SystemTime> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let (clock, micros) = clock.split_once('.')?;
    let mut date = date.splitn(3, '-').map(str::parse::<u64>);
    let mut clock = clock.splitn(3, ':').map(str::parse::<u64>);
    let next = |parts: &mut dyn Iterator<Item = Result<u64, _>>| parts.next()?.ok();
    let days = days_from_civil(next(&mut date)?, next(&mut date)?, next(&mut date)?)?;
    let of_day = next(&mut clock)? * 3600 + next(&mut clock)? * 60 + next(&mut clock)?;
    let micros = (micros.len() == 6).then(|| micros.parse::<u64>().ok())??;
    UNIX_EPOCH.checked_add(Duration::new(
        days * 86_400 + of_day,
        (micros * 1000) as u32,
    ))
}

/// Appends `n` with leading zeros up to `width` (at most 20) digits.
pub(crate) fn padded(mut n: u64, width: usize, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    for slot in digits.iter_mut().rev().take(width) {
        *slot = b'0' + (n % 10) as u8;
        n /= 10;
    }
    out.extend_from_slice(digits.get(20 - width.min(20)..).unwrap_or_default());
}

/// Reads exactly `width` decimal digits.
pub(crate) fn parse_padded(text: &[u8], width: usize) -> Option<u64> {
    let digits = text.len() == width && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok())?
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
