//! Bodies: reading one within its bounds, and the body of an answer.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};

use super::events::Events;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// Over the limit: 413.
    TooLarge,
    /// Over the time: 408.
    TooSlow,
    /// It ended early or was malformed: 400.
    Broken,
}

/// Reads a body of at most `most` bytes. A size that is announced is judged before the first byte.
pub(super) async fn read<B: Body>(
    body: B,
    most: usize,
    time: Duration,
) -> Result<Bytes, BodyFault> {
    if body.size_hint().lower() > most as u64 {
        return Err(BodyFault::TooLarge);
    }
    let mut body = pin!(body);
    let read = async {
        let first = next_data(body.as_mut(), most).await?;
        let second = match &first {
            Some(first) => next_data(body.as_mut(), most - first.len()).await?,
            None => None,
        };
        // Most bodies come in one piece, which is lent on as it is.
        let (Some(first), Some(second)) = (&first, &second) else {
            return Ok(first.unwrap_or_default());
        };
        let mut all = BytesMut::with_capacity(first.len() + second.len());
        all.put_slice(first);
        all.put_slice(second);
        while let Some(data) = next_data(body.as_mut(), most - all.len()).await? {
            all.put_slice(&data);
        }
        Ok(all.freeze())
    };
    tokio::time::timeout(time, read)
        .await
        .unwrap_or(Err(BodyFault::TooSlow))
}

/// The next piece with data, which is at most `room` bytes long. Trailers mean nothing here.
async fn next_data<B: Body>(
    mut body: Pin<&mut B>,
    room: usize,
) -> Result<Option<Bytes>, BodyFault> {
    loop {
        let frame = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
        let Some(frame) = frame else { return Ok(None) };
        let Ok(frame) = frame else {
            return Err(BodyFault::Broken);
        };
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        match data.remaining() {
            0 => {}
            length if length > room => return Err(BodyFault::TooLarge),
            length => return Ok(Some(data.copy_to_bytes(length))),
        }
    }
}

/// The body of an answer: nothing, one JSON document, or a stream of events.
#[derive(Debug)]
pub struct ResponseBody(Inner);

#[derive(Debug)]
enum Inner {
    Whole(Bytes),
    Events(Box<Events>),
}

impl ResponseBody {
    pub(super) fn empty() -> Self {
        Self(Inner::Whole(Bytes::new()))
    }

    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Inner::Whole(bytes.into()))
    }

    pub(super) fn events(events: Events) -> Self {
        Self(Inner::Events(Box::new(events)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match &mut self.0 {
            Inner::Whole(bytes) if bytes.is_empty() => None,
            Inner::Whole(bytes) => Some(std::mem::take(bytes)),
            Inner::Events(events) => std::task::ready!(events.poll_bytes(cx)),
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Inner::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Events(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Empty, Full, StreamBody};

    use super::*;

    /// A body in pieces; none of them ends it before its time.
    fn pieces(pieces: &[&'static str]) -> impl Body<Data = Bytes, Error = Infallible> {
        let frames: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes()))))
            .collect();
        StreamBody::new(futures_util::stream::iter(frames))
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_are_read_within_their_bounds() {
        let minute = Duration::from_secs(60);
        let check = async |given: &[&'static str], expected: Result<&'static str, BodyFault>| {
            let expected = expected.map(Bytes::from);
            assert_eq!(read(pieces(given), 6, minute).await, expected, "{given:?}");
        };
        check(&[], Ok("")).await;
        check(&["abc"], Ok("abc")).await;
        check(&["", "ab", "", "c", "def"], Ok("abcdef")).await;
        check(&["abcdef"], Ok("abcdef")).await;
        check(&["abcdefg"], Err(BodyFault::TooLarge)).await;
        check(&["abc", "defg"], Err(BodyFault::TooLarge)).await;
        check(&["a", "b", "cdefg"], Err(BodyFault::TooLarge)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn slow_and_announced_bodies_are_refused() {
        let never = StreamBody::new(futures_util::stream::pending::<
            Result<Frame<Bytes>, Infallible>,
        >());
        let fault = read(never, 10, Duration::from_secs(5)).await;
        assert_eq!(fault, Err(BodyFault::TooSlow));
        let large = Full::new(Bytes::from_static(b"abcdefg"));
        assert_eq!(
            read(large, 6, Duration::ZERO).await,
            Err(BodyFault::TooLarge)
        );
        let broken = Empty::<Bytes>::new()
            .map_err(|_| ())
            .with_trailers(async { Some(Err(())) });
        assert_eq!(
            read(broken, 6, Duration::from_secs(1)).await,
            Err(BodyFault::Broken)
        );
    }
}
