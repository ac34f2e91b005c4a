//! Writing typed messages: straight into the buffer that goes out, for all revisions or for one.

use crate::json::write_string;
use crate::{Id, Json, Object, Revision};

/// A type that is written as JSON.
pub trait Encode {
    /// Writes the value.
    fn write(&self, out: &mut Output<'_>);

    /// Appends the value with everything it has.
    fn encode(&self, out: &mut Vec<u8>) {
        self.write(&mut Output {
            out,
            revision: None,
        });
    }

    /// Appends the value as `revision` has it: without members it does not know, and with those it requires.
    fn encode_for(&self, revision: Revision, out: &mut Vec<u8>) {
        self.write(&mut Output {
            out,
            revision: Some(revision),
        });
    }

    /// The value with everything it has.
    fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        self.encode(&mut out);
        out
    }
}

/// Where a message is written to.
#[derive(Debug)]
pub struct Output<'a> {
    out: &'a mut Vec<u8>,
    revision: Option<Revision>,
}

impl Output<'_> {
    /// Appends text that is JSON already.
    pub(crate) fn raw(&mut self, raw: &[u8]) {
        self.out.extend_from_slice(raw);
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(text, self.out);
    }

    /// Starts an object.
    pub(crate) fn object(&mut self) -> Members<'_> {
        self.out.push(b'{');
        Members {
            out: self.out,
            revision: self.revision,
            first: true,
        }
    }

    pub(crate) fn items<T: Encode>(&mut self, items: &[T]) {
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            item.write(self);
        }
        self.out.push(b']');
    }
}

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    out: &'a mut Vec<u8>,
    revision: Option<Revision>,
    first: bool,
}

impl Members<'_> {
    /// The place of the next value. `key` is written with its quotes and colon.
    #[inline]
    fn quoted(&mut self, key: &'static str) -> Output<'_> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.extend_from_slice(key.as_bytes());
        Output {
            out: self.out,
            revision: self.revision,
        }
    }

    /// A member that is always there.
    #[inline]
    pub(crate) fn must<T: Encode>(&mut self, key: &'static str, value: &T, range: Range) {
        if range.covers(self.revision) {
            value.write(&mut self.quoted(key));
        }
    }

    /// A member that may be absent, and what a revision that requires it gets then.
    #[inline]
    pub(crate) fn may<T: Encode>(
        &mut self,
        key: &'static str,
        value: Option<&T>,
        range: Range,
        fill: Option<fn() -> T>,
    ) {
        if !range.covers(self.revision) {
            return;
        }
        match (value, fill) {
            (Some(value), _) => value.write(&mut self.quoted(key)),
            (None, Some(fill)) if self.revision.is_some() => fill().write(&mut self.quoted(key)),
            _ => {}
        }
    }

    /// A member that says of what type the object is.
    pub(crate) fn constant(&mut self, key: &'static str, value: &'static str) {
        self.quoted(key).string(value);
    }

    /// A member whose name is known only now.
    pub(crate) fn named<T: Encode>(&mut self, key: &str, value: &T) {
        let mut place = self.quoted("");
        place.string(key);
        place.raw(b":");
        value.write(&mut place);
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

/// The revisions that have a member.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) since: Option<Revision>,
    pub(crate) until: Option<Revision>,
}

impl Range {
    #[inline]
    fn covers(self, target: Option<Revision>) -> bool {
        target.is_none_or(|target| {
            self.since.is_none_or(|since| since <= target)
                && self.until.is_none_or(|until| target <= until)
        })
    }
}

impl<T: Encode> Encode for Option<T> {
    fn write(&self, out: &mut Output<'_>) {
        match self {
            Some(value) => value.write(out),
            None => out.raw(b"null"),
        }
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn write(&self, out: &mut Output<'_>) {
        T::write(self, out);
    }
}

impl<T: Encode> Encode for Box<T> {
    fn write(&self, out: &mut Output<'_>) {
        T::write(self, out);
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn write(&self, out: &mut Output<'_>) {
        out.items(self);
    }
}

macro_rules! encode {
    ($($type:ty: $value:ident, $out:ident => $write:expr;)*) => {$(
        impl Encode for $type {
            fn write(&self, $out: &mut Output<'_>) {
                let $value = self;
                $write;
            }
        }
    )*};
}

encode! {
    str: text, out => out.string(text);
    String: text, out => out.string(text);
    bool: value, out => out.raw(if *value { b"true" } else { b"false" });
    i64: number, out => integer(out.out, number.unsigned_abs(), *number < 0);
    u64: number, out => integer(out.out, *number, false);
    f64: number, out => double(out.out, *number);
    Json: json, out => out.raw(json.raw());
    Object: object, out => out.raw(object.raw());
    Id<'_>: id, out => id.write(out.out);
}

/// Digits without the formatting machinery.
fn integer(out: &mut Vec<u8>, mut number: u64, negative: bool) {
    let mut digits = [0_u8; 20];
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    if negative {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// The shortest digits that read back as the same double; JSON has no word for those that are not finite.
fn double(out: &mut Vec<u8>, number: f64) {
    let text = match number {
        _ if !number.is_finite() => "null".to_owned(),
        _ if number.abs() >= 1e17 || (number != 0.0 && number.abs() < 1e-6) => {
            format!("{number:e}")
        }
        _ => number.to_string(),
    };
    out.extend_from_slice(text.as_bytes());
}
