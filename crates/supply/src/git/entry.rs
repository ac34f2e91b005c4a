//! How an object of a pack begins (gitformat-pack): its kind and size, and how far away the one is that it changes.

use super::ObjectError;
use std::io::Read;

pub(super) fn byte(file: &mut impl Read) -> Result<u8, ObjectError> {
    let mut one = [0; 1];
    file.read_exact(&mut one).map_err(ObjectError::Damaged)?;
    let [byte] = one;
    Ok(byte)
}

/// Three bits of kind, then the size: four bits, and seven for every byte that follows.
pub(super) fn kind_and_size(file: &mut impl Read) -> Result<(u8, u64), ObjectError> {
    let first = byte(file)?;
    let (kind, mut size) = (first >> 4 & 7, u64::from(first & 15));
    let (mut next, mut shift) = (first, 4);
    while next & 0x80 != 0 {
        if shift > 56 {
            return Err(ObjectError::Pack("an object has an impossible size"));
        }
        next = byte(file)?;
        size |= u64::from(next & 0x7f) << shift;
        shift += 7;
    }
    Ok((kind, size))
}

/// How far before an object the one is that it changes.
pub(super) fn distance(file: &mut impl Read) -> Result<u64, ObjectError> {
    let mut next = byte(file)?;
    let mut value = u64::from(next & 0x7f);
    while next & 0x80 != 0 {
        if value >= 1 << 50 {
            return Err(ObjectError::Pack("a change has an impossible base"));
        }
        next = byte(file)?;
        value = (value + 1) << 7 | u64::from(next & 0x7f);
    }
    Ok(value)
}
