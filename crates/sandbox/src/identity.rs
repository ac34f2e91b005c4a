//! Who the server is to the kernel outside.
//!
//! An ordinary user's server is that user, without a capability. A privileged launcher's server is a user that owns
//! nothing: were it root outside, files of root would be its own and limits of processes would not hold.

use std::ffi::CString;
use std::fs;

use rustix::thread::{CapabilitySet, capabilities};

use crate::profile::INSIDE_ID;

/// How the launcher's identity becomes the server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The launcher may set up everything itself, and changes to `outer_uid` before it makes the user namespace.
    pub(crate) privileged: bool,
    pub(crate) outer_uid: u32,
    pub(crate) outer_gid: u32,
    /// The lines for `uid_map` and `gid_map`.
    pub(crate) uid_map: CString,
    pub(crate) gid_map: CString,
}

/// The first of 65,536 ids that no distribution hands out; one for each launcher, by its process number.
const FIRST_OUTER: u32 = 0x7100_0000;
/// `nobody`, where the launcher's own user namespace is a small one.
const NOBODY: u32 = 65_534;

impl Identity {
    /// What this process can do decides.
    pub(crate) fn of_this_process() -> Identity {
        let uids = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        let gids = fs::read_to_string("/proc/self/gid_map").unwrap_or_default();
        let own = FIRST_OUTER + (std::process::id() & 0xffff);
        let outer = [own, NOBODY]
            .into_iter()
            .find(|id| maps(&uids, *id) && maps(&gids, *id));
        match outer {
            Some(outer) if is_privileged() => Identity::new(true, outer, outer),
            _ => Identity::new(
                false,
                rustix::process::geteuid().as_raw(),
                rustix::process::getegid().as_raw(),
            ),
        }
    }

    fn new(privileged: bool, outer_uid: u32, outer_gid: u32) -> Identity {
        let line = |outer: u32| CString::new(format!("{INSIDE_ID} {outer} 1")).unwrap_or_default();
        Identity {
            privileged,
            outer_uid,
            outer_gid,
            uid_map: line(outer_uid),
            gid_map: line(outer_gid),
        }
    }
}

/// Root with the capabilities that the set-up needs. Root in a container often has fewer.
fn is_privileged() -> bool {
    let needed = CapabilitySet::SYS_ADMIN
        | CapabilitySet::SETUID
        | CapabilitySet::SETGID
        | CapabilitySet::SETPCAP
        | CapabilitySet::CHOWN
        | CapabilitySet::NET_ADMIN
        | CapabilitySet::DAC_OVERRIDE;
    rustix::process::geteuid().is_root()
        && capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// Whether a map (`inside outside count` a line) has the id `wanted` inside.
fn maps(map: &str, wanted: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line
            .split_ascii_whitespace()
            .filter_map(|n| n.parse::<u64>().ok());
        let (Some(first), Some(_), Some(count)) = (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        (first..first.saturating_add(count)).contains(&u64::from(wanted))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_ranges() {
        let everything = "         0          0 4294967295\n";
        assert!(maps(everything, 65_534));
        assert!(!maps("0 1000 1\n", 65_534));
        assert!(maps("0 1000 1\n1 100000 65536\n", 65_534));
        assert!(!maps("", 0));
    }

    #[test]
    fn nobody_is_root_outside() {
        let identity = Identity::of_this_process();
        if identity.privileged {
            assert_ne!(identity.outer_uid, 0);
            assert_ne!(identity.outer_gid, 0);
        }
        let expected = format!("{INSIDE_ID} {} 1", identity.outer_uid);
        assert_eq!(identity.uid_map.to_str().unwrap(), expected);
    }
}
