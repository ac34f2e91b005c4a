//! Objects that are written as a change of another one.

use super::ObjectError;

const BROKEN: ObjectError = ObjectError::Pack("a change does not fit what it changes");

/// Applies the instructions to `base`: copy a part of it, or take new bytes. Both lengths that the instructions begin with have
/// to be true, and the result has at most `limit` bytes.
pub(super) fn apply(base: &[u8], change: &[u8], limit: u64) -> Result<Vec<u8>, ObjectError> {
    let mut change = change;
    if length(&mut change)? != base.len() as u64 {
        return Err(BROKEN);
    }
    let size = length(&mut change)?;
    if size > limit {
        let what = "bytes in one changed file";
        return Err(ObjectError::Excess { what, limit });
    }
    let mut made: Vec<u8> = Vec::new();
    while let Some(code) = byte(&mut change) {
        let part = if code & 0x80 != 0 {
            let at = number(&mut change, code, 4)?;
            let count = match number(&mut change, code >> 4, 3)? {
                0 => 0x10000,
                count => count,
            };
            base.get(at..at.saturating_add(count)).ok_or(BROKEN)?
        } else {
            let (new, rest) = change.split_at_checked(usize::from(code)).ok_or(BROKEN)?;
            change = rest;
            // Nothing to take is reserved.
            Some(new).filter(|new| !new.is_empty()).ok_or(BROKEN)?
        };
        if made.len() as u64 + part.len() as u64 > size {
            return Err(BROKEN);
        }
        made.extend_from_slice(part);
    }
    if made.len() as u64 == size {
        Ok(made)
    } else {
        Err(BROKEN)
    }
}

fn byte(from: &mut &[u8]) -> Option<u8> {
    let (first, rest) = from.split_first()?;
    *from = rest;
    Some(*first)
}

/// Seven bits a byte, the lowest first.
fn length(from: &mut &[u8]) -> Result<u64, ObjectError> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let next = byte(from).ok_or(BROKEN)?;
        value |= u64::from(next & 0x7f) << shift;
        if next & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(BROKEN)
}

/// A number of which `mask` says which of its bytes are written; the others are zero.
fn number(from: &mut &[u8], mask: u8, bytes: u32) -> Result<usize, ObjectError> {
    let mut value = 0_usize;
    for at in 0..bytes {
        if mask & (1 << at) != 0 {
            value |= usize::from(byte(from).ok_or(BROKEN)?) << (8 * at);
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes() {
        let base = b"hello world";
        for (change, expected) in [
            (&b"\x0b\x0b\x90\x0b"[..], Some("hello world")),
            (b"\x0b\x08\x90\x06\x02ab", Some("hello ab")),
            (b"\x0b\x05\x91\x06\x05", Some("world")),
            (b"\x0b\x00", Some("")),
            // Beyond the base, of another base, too long, too short, reserved, cut off.
            (b"\x0b\x06\x91\x06\x06", None),
            (b"\x0a\x05\x91\x06\x05", None),
            (b"\x0b\x04\x91\x06\x05", None),
            (b"\x0b\x06\x91\x06\x05", None),
            (b"\x0b\x01\x00", None),
            (b"\x0b\x02\x02a", None),
            (b"\x0b\x05\x91", None),
            (b"\x0b", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", None),
            (b"", None),
        ] {
            let found = apply(base, change, 100).ok();
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{change:?}");
        }
        let large = apply(base, b"\x0b\x65\x90\x0b", 100);
        assert!(matches!(large, Err(ObjectError::Excess { .. })));
    }
}
