//! Asking about many packages at once.

use crate::locked::LockedPackage;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// So many are asked about at once.
const THREADS: usize = 8;

/// Asks about several packages at once; the answers in the packages' order.
pub(super) fn of_each<T: Send>(
    packages: &[LockedPackage],
    ask: &(dyn Fn(&LockedPackage) -> T + Sync),
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, T)>> = Mutex::default();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(package) = packages.get(at) else {
                break;
            };
            let answer = ask(package);
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push((at, answer));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS.min(packages.len()) {
            scope.spawn(work);
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, answer)| answer).collect()
}
