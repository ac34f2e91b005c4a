//! The next deadline, kept by the kernel from turn to turn.
//!
//! A poll with a time limit arms and disarms a timer whenever it sleeps, and the deadlines of a busy relay move with every call.
//! So a timer is armed once and left alone while it rings early enough; when it has rung, what is due is asked anew.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::Timespec;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

/// See the module's head. Readable once it has rung.
#[derive(Debug)]
pub(super) struct Alarm {
    timer: OwnedFd,
    rings: Option<Duration>,
}

impl Alarm {
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        Ok(Self {
            timer: timerfd_create(TimerfdClockId::Monotonic, flags)?,
            rings: None,
        })
    }

    /// Sees to it that it rings at `due` at the latest. It may ring before, or although nothing is due any more.
    pub(super) fn set(&mut self, due: Option<Duration>, now: Duration) -> io::Result<()> {
        let Some(due) = due else {
            return Ok(());
        };
        if self.rings.is_some_and(|rings| rings <= due) {
            return Ok(());
        }
        // A time of zero would disarm it.
        let left = due.saturating_sub(now).max(Duration::from_nanos(1));
        let none = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let once = Itimerspec {
            it_interval: none,
            it_value: Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(left.subsec_nanos()),
            },
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        self.rings = Some(due);
        Ok(())
    }

    /// It was heard.
    pub(super) fn rang(&mut self) {
        // Read in vain when it was set anew in the meantime; then it rings again.
        if rustix::io::read(&self.timer, &mut [0; 8]).is_ok() {
            self.rings = None;
        }
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    /// Whether it rings within `millis`.
    fn rings_within(alarm: &Alarm, millis: i64) -> bool {
        let limit = Timespec {
            tv_sec: 0,
            tv_nsec: millis * 1_000_000,
        };
        poll(&mut [PollFd::new(alarm, PollFlags::IN)], Some(&limit)).unwrap() == 1
    }

    fn set(alarm: &mut Alarm, millis: Option<u64>) {
        let due = millis.map(|millis| NOW + Duration::from_millis(millis));
        alarm.set(due, NOW).unwrap();
    }

    #[test]
    fn it_rings_once_at_what_is_due_first() {
        for (due, within) in [
            (&[Some(0)][..], true),
            (&[Some(1)], true),
            (&[None], false),
            (&[Some(60_000)], false),
            (&[Some(60_000), Some(1)], true),
            // Armed early enough already, and not put off.
            (&[Some(1), Some(60_000)], true),
            (&[Some(1), None], true),
        ] {
            let mut alarm = Alarm::new().unwrap();
            due.iter().for_each(|due| set(&mut alarm, *due));
            assert_eq!(
                rings_within(&alarm, if within { 900 } else { 10 }),
                within,
                "{due:?}"
            );
            alarm.rang();
            assert!(!rings_within(&alarm, 1), "{due:?}");
        }
    }

    #[test]
    fn what_has_passed_rings_at_once_and_can_be_set_again() {
        let mut alarm = Alarm::new().unwrap();
        alarm.set(Some(Duration::ZERO), NOW).unwrap();
        assert!(rings_within(&alarm, 900));
        alarm.rang();
        set(&mut alarm, Some(1));
        assert!(rings_within(&alarm, 900));
    }

    #[test]
    fn what_was_set_anew_before_it_was_heard_still_rings() {
        let mut alarm = Alarm::new().unwrap();
        set(&mut alarm, Some(60_000));
        alarm.rang();
        set(&mut alarm, Some(1));
        assert!(rings_within(&alarm, 900));
    }
}
