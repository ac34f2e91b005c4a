//! What is made before the clone: the requests, the filters, and the socket pair between the halves.

use std::net::IpAddr;
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::inside::PreparedInside;
use super::names::{OWN_V4, OWN_V6};
use super::rules::EgressRules;
use super::{netlink, watch};

/// The halves could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the socket pair for egress could not be made")]
pub struct PrepareError(#[source] rustix::io::Errno);

/// The half that stays with the supervisor.
#[derive(Debug)]
pub struct PreparedOutside {
    pub(super) rules: EgressRules,
    pub(super) socket: OwnedFd,
}

/// Makes both halves. The first goes through the clone to [`super::inside::set_up`] and is dropped in the parent
/// after it; the second goes to [`super::start`]. All descriptors are close-on-exec.
///
/// # Errors
/// [`PrepareError`] when the process has no descriptors left.
pub fn prepare(rules: EgressRules) -> Result<(PreparedInside, PreparedOutside), PrepareError> {
    let (inner, outer) = socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )
    .map_err(PrepareError)?;
    let own_v4 = netlink::own_address(IpAddr::V4(OWN_V4));
    let own_v6 = netlink::own_address(IpAddr::V6(OWN_V6));
    let inside = PreparedInside {
        required: vec![
            netlink::loopback_up(),
            own_v4,
            netlink::everything_is_local(false),
        ],
        v6: vec![own_v6, netlink::everything_is_local(true)],
        ports: rules.ports(),
        watch_required: rules.is_learning(),
        filter_v4: watch::filter_v4(),
        filter_v6: watch::filter_v6(),
        socket: inner,
    };
    Ok((
        inside,
        PreparedOutside {
            rules,
            socket: outer,
        },
    ))
}
