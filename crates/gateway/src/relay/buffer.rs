//! The memory a lane reads into: small and steady as a rule, large only while a large message is in it.
//!
//! A pipe's worth of bytes lives on the heap. A longer message moves to an anonymous map of the
//! greatest size a message may have: the kernel gives pages only as they are touched, growing copies
//! nothing twice, and dropping the map returns every page at once, whatever the allocator would keep.

use std::io;

use memmap2::MmapMut;

/// What a pipe holds by default, and so what one read brings at most.
pub(super) const SMALL: usize = 64 * 1024;

/// A large map that was touched beyond this is not kept for the next message.
const KEEP: usize = 2 * 1024 * 1024;

/// Bytes of one direction, contiguous, without growth beyond a bound.
pub(super) struct Buffer {
    small: Box<[u8]>,
    large: Option<Large>,
    bound: usize,
}

/// The anonymous map and how much of it was ever used.
struct Large {
    map: MmapMut,
    touched: usize,
}

impl Buffer {
    /// A buffer which can hold a line of `max_message` bytes and one read more.
    pub(super) fn new(max_message: usize) -> Self {
        Self {
            small: vec![0; SMALL].into_boxed_slice(),
            large: None,
            bound: max_message.saturating_add(SMALL),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.large {
            Some(large) => &large.map,
            None => &self.small,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.large {
            Some(large) => &mut large.map,
            None => &mut self.small,
        }
    }

    pub(super) fn is_large(&self) -> bool {
        self.large.is_some()
    }

    /// Moves the first `used` bytes to the large map. Nothing happens when it is in use already.
    ///
    /// # Errors
    /// When the kernel gives no map: the machine is out of memory.
    pub(super) fn grow(&mut self, used: usize) -> io::Result<()> {
        if self.large.is_some() {
            return Ok(());
        }
        let mut map = MmapMut::map_anon(self.bound)?;
        if let (Some(to), Some(from)) = (map.get_mut(..used), self.small.get(..used)) {
            to.copy_from_slice(from);
        }
        self.large = Some(Large { map, touched: used });
        Ok(())
    }

    /// Notes that bytes up to `end` were written.
    pub(super) fn touch(&mut self, end: usize) {
        if let Some(large) = &mut self.large {
            large.touched = large.touched.max(end);
        }
    }

    /// The buffer is empty: gives a map back that is not worth keeping, or any map when `idle`.
    pub(super) fn rest(&mut self, idle: bool) {
        if self
            .large
            .as_ref()
            .is_some_and(|large| idle || large.touched > KEEP)
        {
            self.large = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_moves_and_the_map_is_given_back() {
        let mut buffer = Buffer::new(8 * 1024 * 1024);
        assert_eq!(buffer.bytes().len(), SMALL);
        buffer.bytes_mut()[..3].copy_from_slice(b"abc");
        buffer.grow(3).unwrap();
        assert_eq!(&buffer.bytes()[..3], b"abc");
        assert_eq!(buffer.bytes().len(), 8 * 1024 * 1024 + SMALL);

        buffer.touch(KEEP);
        buffer.rest(false);
        assert!(buffer.is_large(), "worth keeping for the next one");
        buffer.touch(KEEP + 1);
        buffer.rest(false);
        assert!(!buffer.is_large());
    }

    #[test]
    fn an_idle_buffer_keeps_nothing() {
        let mut buffer = Buffer::new(1024 * 1024);
        buffer.grow(0).unwrap();
        buffer.rest(true);
        assert_eq!(buffer.bytes().len(), SMALL);
    }
}
