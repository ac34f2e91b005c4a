//! What seldom happens, behind one descriptor: a poll pays for each descriptor in every turn.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{Timespec, epoll};

/// One of the rare things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A signal came.
    Signal,
    /// The server's first process ended.
    Ended,
    /// The server wrote to stderr, or closed it.
    Stderr,
    /// Something is due.
    Alarm,
}

impl Event {
    const ALL: [Self; 4] = [Self::Signal, Self::Ended, Self::Stderr, Self::Alarm];
}

/// The set of them. Readable when one of them is.
#[derive(Debug)]
pub(super) struct Rare {
    set: OwnedFd,
}

impl Rare {
    pub(super) fn new() -> io::Result<Self> {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { set })
    }

    /// Waits for it from now on.
    pub(super) fn add(&self, event: Event, fd: impl AsFd) -> io::Result<()> {
        let data = epoll::EventData::new_u64(event as u64);
        epoll::add(&self.set, fd, data, epoll::EventFlags::IN)?;
        Ok(())
    }

    /// Not any more: what has ended stays ready for ever.
    pub(super) fn remove(&self, fd: impl AsFd) {
        // What is not there need not be removed.
        let _absent = epoll::delete(&self.set, fd);
    }

    /// Which of them are there.
    pub(super) fn take(&self) -> impl Iterator<Item = Event> {
        let mut space = [MaybeUninit::<epoll::Event>::uninit(); 4];
        let now = Timespec::default();
        let codes: Vec<u64> = match epoll::wait(&self.set, &mut space, Some(&now)) {
            Ok((events, _)) => events.iter().map(|event| event.data.u64()).collect(),
            Err(_) => Vec::new(),
        };
        Event::ALL
            .into_iter()
            .filter(move |event| codes.contains(&(*event as u64)))
    }
}

impl AsFd for Rare {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.set.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn what_is_there_is_told_until_it_is_removed() {
        let rare = Rare::new().unwrap();
        let (mut sender, signal) = UnixStream::pair().unwrap();
        let (ended_sender, ended) = UnixStream::pair().unwrap();
        rare.add(Event::Signal, &signal).unwrap();
        rare.add(Event::Ended, &ended).unwrap();
        assert_eq!(rare.take().count(), 0);
        sender.write_all(b"x").unwrap();
        assert_eq!(rare.take().collect::<Vec<_>>(), [Event::Signal]);
        drop(ended_sender);
        assert_eq!(
            rare.take().collect::<Vec<_>>(),
            [Event::Signal, Event::Ended]
        );
        rare.remove(&ended);
        rare.remove(&ended);
        assert_eq!(rare.take().collect::<Vec<_>>(), [Event::Signal]);
    }
}
