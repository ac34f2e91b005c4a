//! Layers that are packed with zstd (RFC 8878), as a stream: frame after frame. Frames for other readers, which a layer has that can
//! be fetched in parts, are passed over. Nothing is bounded here but the window; who reads bounds what comes out.

use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};
use std::io::{self, BufRead, Read};

/// Bytes that a frame may look back, and that are kept for it: what `zstd --ultra -22` takes.
const WINDOW: u64 = 128 << 20;

/// The unpacked bytes of every frame of an archive.
pub(super) struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    /// A frame was begun and not yet read to its end.
    within: bool,
}

impl<R: BufRead> Zstd<R> {
    pub(super) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self {
            source,
            decoder,
            within: false,
        }
    }

    /// Goes to the next frame; false at the end of the archive.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            let length = match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => u64::from(length),
                Err(error) => return Err(io::Error::other(error)),
            };
            let mut passed = self.source.by_ref().take(length);
            if io::copy(&mut passed, &mut io::sink())? != length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.within && !self.begin()? {
                return Ok(0);
            }
            self.within = true;
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.source, one);
                decoded.map_err(io::Error::other)?;
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            self.within = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    fn packed(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn read(archive: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Zstd::new(archive).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn frames_follow_each_other_and_others_are_passed_over() {
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let (one, two) = (packed(&[7; 300_000]), packed(b"two"));
        let whole = [&one[..], &skipped, &packed(b""), &two, &skipped].concat();
        let expected = [&[7; 300_000][..], b"two"].concat();
        assert_eq!(read(&whole).unwrap(), expected);
        assert_eq!(read(b"").unwrap(), b"");
        assert_eq!(read(&skipped).unwrap(), b"");
        // Whatever is cut off or follows is noticed.
        for length in [
            1,
            one.len() - 1,
            one.len() + 3,
            one.len() + skipped.len() - 1,
        ] {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        assert!(read(&[&one[..], b"junk"].concat()).is_err());
    }

    #[test]
    fn what_the_tool_itself_packs_is_read() {
        // `yes 'a line of text' | head -c 400000 | zstd -19`
        let archive = include_bytes!("../../tests/data/lines.zst");
        let line = b"a line of text\n";
        let expected: Vec<u8> = line.iter().copied().cycle().take(400_000).collect();
        assert_eq!(read(archive).unwrap(), expected);
    }

    #[test]
    fn a_window_beyond_the_bound_is_refused() {
        // Magic number, a descriptor without a single segment, a window of 2^(10 + 19) bytes.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 19 << 3, 1, 0, 0];
        assert!(read(&frame).is_err());
    }
}
