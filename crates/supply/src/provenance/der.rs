//! DER, as much as certificates and timestamps need: tags of one byte, definite lengths in their shortest form.
//!
//! It reads parts that certificates are asked for after their path was verified by webpki, and timestamps. Every read is
//! bounded by its own slice; what is not DER is an error, never a guess.

/// Text that is not DER, or not what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotDer;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8: u8 = 0x0c;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag of an explicitly or implicitly tagged, constructed element.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// A cursor over a series of elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// One element: its tag, its content, and the whole of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The content of bytes that are exactly one element with this tag.
    pub(super) fn only(bytes: &'a [u8], tag: u8) -> Result<Self, NotDer> {
        let mut reader = Self::new(bytes);
        let element = reader.take(tag)?;
        reader.end()?;
        Ok(Self::new(element.content))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn end(&self) -> Result<(), NotDer> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(NotDer)
        }
    }

    pub(super) fn next(&mut self) -> Result<Element<'a>, NotDer> {
        let start = self.rest;
        let (tag, rest) = start.split_first().ok_or(NotDer)?;
        if tag & 0x1f == 0x1f {
            return Err(NotDer);
        }
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length).ok_or(NotDer)?;
        self.rest = rest;
        let (whole, _) = start
            .split_at_checked(start.len() - rest.len())
            .ok_or(NotDer)?;
        Ok(Element {
            tag: *tag,
            content,
            whole,
        })
    }

    /// The next element, which has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Result<Element<'a>, NotDer> {
        let element = self.next()?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(NotDer)
        }
    }

    /// The next element if it has this tag; else nothing is read.
    pub(super) fn take_if(&mut self, tag: u8) -> Result<Option<Element<'a>>, NotDer> {
        if self.rest.first() == Some(&tag) {
            self.take(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A reader over the content of the next element, which has this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Result<Self, NotDer> {
        self.take(tag).map(|element| Self::new(element.content))
    }
}

/// A length in its shortest form.
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), NotDer> {
    let (first, rest) = bytes.split_first().ok_or(NotDer)?;
    if *first < 0x80 {
        return Ok((usize::from(*first), rest));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return Err(NotDer);
    }
    let (digits, rest) = rest.split_at_checked(count).ok_or(NotDer)?;
    let value = digits
        .iter()
        .fold(0_usize, |value, digit| value << 8 | usize::from(*digit));
    let shortest = digits.first() != Some(&0) && value >= 0x80;
    if shortest {
        Ok((value, rest))
    } else {
        Err(NotDer)
    }
}

/// An element of this tag and content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(u8::try_from(length).unwrap_or_default());
    } else {
        let bytes = length.to_be_bytes();
        let digits: Vec<u8> = bytes
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect();
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
        out.extend(digits);
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_and_written_in_one_form() {
        for content in [
            vec![],
            vec![1, 2],
            vec![7; 127],
            vec![7; 128],
            vec![7; 70_000],
        ] {
            let bytes = element(OCTETS, &content);
            let mut reader = Reader::new(&bytes);
            let read = reader.take(OCTETS).unwrap();
            assert_eq!((read.content, read.whole), (&content[..], &bytes[..]));
            reader.end().unwrap();
        }
    }

    #[test]
    fn other_encodings_are_refused() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 0x01, 0],
            &[0x30, 0x82, 0x00, 0x80],
            &[0x30, 0x02, 0],
            &[0x1f, 0x01, 0],
            &[0x30, 0x85, 1, 0, 0, 0, 0],
        ] {
            assert!(Reader::new(bytes).next().is_err(), "{bytes:?}");
        }
        assert!(Reader::only(&[0x30, 0, 0], SEQUENCE).is_err());
    }
}
