//! One text for one value: keys sorted, no white space, shortest escapes. Digests are taken over it.
//!
//! The form is RFC 8785 with one deliberate difference: integers are kept as written, because rounding those beyond 2^53 to a
//! double, as the RFC does, would give two different definitions one digest.

use sha2::{Digest, Sha256};

use super::members::{as_str, elements, members};
use super::{JsonError, escape::write_string, reader::validate};
use crate::Limits;

/// Appends the canonical form of `raw` to `out`.
///
/// # Errors
/// When `raw` is not acceptable JSON under `limits`; `out` is untouched then.
pub fn canonical(raw: &[u8], limits: &Limits, out: &mut Vec<u8>) -> Result<(), JsonError> {
    validate(raw, limits)?;
    write(raw, out);
    Ok(())
}

/// SHA-256 of the canonical form.
///
/// # Errors
/// When `raw` is not acceptable JSON under `limits`.
pub fn digest(raw: &[u8], limits: &Limits) -> Result<[u8; 32], JsonError> {
    let mut text = Vec::with_capacity(raw.len());
    canonical(raw, limits, &mut text)?;
    Ok(Sha256::digest(&text).into())
}

fn write(raw: &[u8], out: &mut Vec<u8>) {
    let raw = raw.trim_ascii();
    match raw.first() {
        Some(b'{') => write_object(raw, out),
        Some(b'[') => write_array(raw, out),
        Some(b'"') => write_string(&as_str(raw).unwrap_or_default(), out),
        Some(b'-' | b'0'..=b'9') => write_number(raw, out),
        _ => out.extend_from_slice(raw),
    }
}

fn write_object(raw: &[u8], out: &mut Vec<u8>) {
    let mut sorted: Vec<_> = members(raw).collect();
    // RFC 8785 sorts by UTF-16 code units, which differs from UTF-8 order above the basic plane.
    sorted.sort_unstable_by(|left, right| left.0.encode_utf16().cmp(right.0.encode_utf16()));
    out.push(b'{');
    for (index, (key, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(&key, out);
        out.push(b':');
        write(value, out);
    }
    out.push(b'}');
}

fn write_array(raw: &[u8], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, value) in elements(raw).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(value, out);
    }
    out.push(b']');
}

fn write_number(raw: &[u8], out: &mut Vec<u8>) {
    let written = std::str::from_utf8(raw).unwrap_or_default();
    let integer = !raw.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    match written.parse::<f64>() {
        Ok(double) if !integer => write_double(double, out),
        _ if written == "-0" => out.push(b'0'),
        _ => out.extend_from_slice(raw),
    }
}

/// A double as ECMAScript writes it (Number::toString, the form RFC 8785 refers to).
fn write_double(double: f64, out: &mut Vec<u8>) {
    // Rust's `{:e}` gives the shortest digits that read back as the same double, which is what the standard asks for.
    let scientific = format!("{:e}", double.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa
        .chars()
        .filter(|character| *character != '.')
        .collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    if double == 0.0 {
        return out.push(b'0');
    }
    if double < 0.0 {
        out.push(b'-');
    }
    out.extend_from_slice(layout(&digits, point).as_bytes());
}

/// Places the decimal point: `point` is its position relative to the first digit.
fn layout(digits: &str, point: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let split = usize::try_from(point).unwrap_or(0);
    match point {
        _ if count <= point && point <= 21 => format!("{digits}{}", zeros(point - count)),
        1..=21 => {
            let (whole, fraction) = digits.split_at_checked(split).unwrap_or((digits, ""));
            format!("{whole}.{fraction}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{:+}", point - 1)
        }
    }
}
