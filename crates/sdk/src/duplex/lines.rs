//! Reading into the line buffer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use interlock_wire::LineBuffer;
use tokio::io::{AsyncRead, ReadBuf};

/// Reads once into the buffer's spare room: how many bytes came, zero at the end of the stream.
pub(super) fn poll_fill<R: AsyncRead + Unpin>(
    reader: &mut R,
    input: &mut LineBuffer,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut room = ReadBuf::new(input.spare());
    ready!(Pin::new(reader).poll_read(cx, &mut room))?;
    let count = room.filled().len();
    input.filled(count);
    Poll::Ready(Ok(count))
}
