//! Answers that are still fresh.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::egress::host::HostName;

const MAX_ENTRIES: usize = 256;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// Names that were resolved, with the address that answered last in front.
#[derive(Debug, Default)]
pub(in crate::egress) struct Cache {
    entries: HashMap<HostName, (Vec<IpAddr>, Instant)>,
}

impl Cache {
    pub(in crate::egress) fn get(&self, name: &HostName, now: Instant) -> Option<Vec<IpAddr>> {
        let (addresses, until) = self.entries.get(name)?;
        (now < *until).then(|| addresses.clone())
    }

    pub(in crate::egress) fn put(
        &mut self,
        name: &HostName,
        addresses: &[IpAddr],
        ttl: Duration,
        now: Instant,
    ) {
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.retain(|_, (_, until)| now < *until);
        }
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.clear();
        }
        let until = now + ttl.clamp(SHORTEST, LONGEST);
        self.entries
            .insert(name.clone(), (addresses.to_vec(), until));
    }

    /// The next connection to this name begins with the address that worked.
    pub(in crate::egress) fn prefer(&mut self, name: &HostName, address: IpAddr) {
        if let Some((addresses, _)) = self.entries.get_mut(name)
            && let Some(at) = addresses.iter().position(|a| *a == address)
            && let Some(part) = addresses.get_mut(..=at)
        {
            part.rotate_right(1);
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "an arbitrary beginning of time")]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        HostName::parse(text).unwrap()
    }

    #[test]
    fn answers_age_within_bounds() {
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let addresses = ["1.1.1.1".parse().unwrap()];
        for (ttl, fresh, stale) in [(0, 0.9, 1.1), (60, 59.9, 60.1), (u64::MAX, 299.0, 301.0)] {
            let mut cache = Cache::default();
            cache.put(&name("a"), &addresses, Duration::from_secs(ttl), start);
            assert_eq!(
                cache.get(&name("a"), at(fresh)).as_deref(),
                Some(&addresses[..])
            );
            assert_eq!(cache.get(&name("a"), at(stale)), None);
        }
    }

    #[test]
    fn what_worked_comes_first() {
        let now = Instant::now();
        let addresses = ["1.1.1.1", "2.2.2.2", "3.3.3.3"].map(|a| a.parse().unwrap());
        let [a, b, c] = addresses;
        let mut cache = Cache::default();
        cache.put(&name("a"), &addresses, LONGEST, now);
        cache.prefer(&name("a"), c);
        assert_eq!(cache.get(&name("a"), now), Some(vec![c, a, b]));
        cache.prefer(&name("a"), "9.9.9.9".parse().unwrap());
        cache.prefer(&name("b"), c);
        assert_eq!(cache.get(&name("a"), now), Some(vec![c, a, b]));
    }

    #[test]
    fn the_cache_is_bounded() {
        let now = Instant::now();
        let mut cache = Cache::default();
        for i in 0..3 * MAX_ENTRIES {
            cache.put(&name(&format!("n{i}")), &[], LONGEST, now);
            assert!(cache.entries.len() <= MAX_ENTRIES);
        }
        assert!(
            cache
                .get(&name(&format!("n{}", 3 * MAX_ENTRIES - 1)), now)
                .is_some()
        );
    }
}
