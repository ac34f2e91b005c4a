//! Egress by name: a program reaches granted hosts and no other, with no proxy settings and no interception of TLS.
//!
//! ```text
//! inside the network namespace                    │ outside: the supervisor
//! getaddrinfo("api.example.com")                  │
//!   └ UDP 127.0.0.53:53 ──────────── socket ──────┼─ stub: granted? → 11.18.1.0, 2d00:2::100; else "no such name"
//! connect(11.18.1.0, 443)                        │
//!   └ every address is local, a listener on 443 ──┼─ accept, local address → name; granted on 443? resolve outside,
//!                                                 │  refuse private addresses, record, connect, check the ClientHello,
//!                                                 │  relay, record the bytes
//! connect(8.8.8.8, 22): refused by the kernel ────┼─ a packet socket with a filter sees the reset: recorded
//! ```
//!
//! - [`prepare`] makes both halves before the clone; [`inside::set_up`] runs in the child and allocates nothing;
//!   [`start`] serves until its [`Handle`] is dropped.
//! - [`EgressRules`] say what is granted; their module says how private addresses are reached.
//! - [`EgressRules::learn`] answers every name and refuses every connection, recording both.
//!
//! Doesn't: forward UDP, see into TLS beyond the ClientHello, compare HTTP `Host` headers, or stop a granted host from
//! passing data on. The stub answers A and AAAA only, so what needs SRV or TXT records of a granted name is not served.

mod class;
mod dns;
mod event;
mod host;
pub mod inside;
mod names;
mod netlink;
mod prepare;
mod resolver;
mod rules;
mod stub;
mod supervisor;
mod tls;
mod watch;

pub use class::AddressClass;
pub use event::{EgressEvent, Sink, Transport, Unrecorded, Verdict};
pub use host::{HostError, HostName, HostPattern};
pub use inside::PreparedInside;
pub use prepare::{PrepareError, PreparedOutside, prepare};
pub use rules::{EgressRules, MAX_PORTS, MAX_RULES, Rule, RuleError};
pub use supervisor::{Handle, Settings, StartError, start, start_with};
