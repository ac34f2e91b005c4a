//! Why no answer comes, in words for whoever asked: what happened, and what to do about it.

use std::net::IpAddr;

use interlock_launch::{Address, RequestRecord, approve_command};
use interlock_sdk::client::TransportError;
use interlock_sdk::net::{FetchError, danger};
use interlock_wire::Method;
use interlock_wire::error_reply::{METHOD_NOT_FOUND, REFUSED};

use crate::text::visible;

/// Why a request has no answer.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The transport's own reason.
    Transport(TransportError),
    /// Nothing was heard for so many seconds.
    Stalled(u64),
    /// More requests at once than are carried.
    Busy,
    /// More messages without an answer at once than are carried.
    Crowded,
    /// The session ended, and another could not be made.
    Session,
}

impl Failure {
    /// The error's code. A server that does not know the newest way to begin is asked the older way by its clients when it says so.
    pub(super) fn code(&self, method: Method) -> i64 {
        let unknown = matches!(
            self,
            Self::Transport(TransportError::Status(400 | 404 | 405 | 406 | 415 | 501))
        );
        match method == Method::Discover && unknown {
            true => METHOD_NOT_FOUND,
            false => REFUSED,
        }
    }

    /// The message. `private` says whether the approval accepts an address in a private network.
    pub(super) fn text(&self, address: &Address, name: &str, private: bool) -> String {
        let at = address.origin();
        match self {
            Self::Transport(error) => transport(error, address, name, private),
            Self::Stalled(seconds) => {
                format!("`{at}` said nothing for {seconds} s, so the request was given up")
            }
            Self::Busy => {
                "too many requests wait for this server: try again when some are answered"
                    .to_owned()
            }
            Self::Crowded => {
                format!("`{at}` is slow to take notifications and answers, and one was dropped")
            }
            Self::Session => format!(
                "`{at}` ended the session, and a new one differs: start the server again in the client"
            ),
        }
    }
}

fn transport(error: &TransportError, address: &Address, name: &str, private: bool) -> String {
    let at = address.origin();
    match error {
        TransportError::Unreachable(cause) if leads_inside(cause.as_ref()) => {
            match !private && may_be_private(address.host()) {
                true => format!(
                    "`{at}` leads to an address that is not public: if it is one of your own network, run `interlock approve {name} --danger-private-network`"
                ),
                false => format!(
                    "`{at}` leads to an address that is not public and is never connected to: approve the address where the server is"
                ),
            }
        }
        TransportError::Unreachable(cause) => {
            format!(
                "`{at}` cannot be reached: {}",
                visible(&causes(cause.as_ref()))
            )
        }
        TransportError::Status(status) => status_text(*status, address, name),
        TransportError::Unauthorized(_) => status_text(401, address, name),
        TransportError::Protocol(what) => format!("`{at}` broke the transport's rules: {what}"),
        TransportError::Limit(what) => format!("`{at}` sent more than is taken: {what}"),
        TransportError::NoAnswer => format!("`{at}` took the request and gave no answer"),
        TransportError::SessionEnded => {
            format!("`{at}` ended the session: start the server again in the client")
        }
        other => format!("`{at}`: {other}"),
    }
}

fn status_text(status: u16, address: &Address, name: &str) -> String {
    let at = address.origin();
    match status {
        401 if address.headers.is_empty() => format!(
            "`{at}` wants to know who asks (401): keep its token with `interlock secret set NAME`, run `{}`, and write the same `--header` in the client's entry",
            approve_command(&RequestRecord::from(&Address::request(
                &address.url,
                &["Authorization=Bearer NAME".to_owned()]
            )))
        ),
        401 => format!(
            "`{at}` does not take the credentials (401): set the secret again with `interlock secret set`; `interlock list` says which one `{name}` sends"
        ),
        403 => format!("`{at}` refuses (403): the credentials do not allow this"),
        404 | 405 => format!(
            "`{at}` has no MCP server at the approved path ({status}): `interlock list` shows it"
        ),
        429 => format!("`{at}` asks to wait (429): try again later"),
        300..=399 => format!(
            "`{at}` redirects elsewhere ({status}), which is not followed: approve the address where it is now"
        ),
        500..=599 => format!("`{at}` failed ({status}): try again later"),
        _ => format!("`{at}` answered with status {status}"),
    }
}

/// Whether a host, once that is accepted, may be connected to in a private network. What is behind a name is not known here.
fn may_be_private(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().map_or(true, |address| {
        let policy = danger::allow_private_hosts([host]);
        policy.check_address(host, address).is_ok()
    })
}

/// Whether the policy refused the address that a name leads to.
fn leads_inside(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if matches!(
            error.downcast_ref(),
            Some(FetchError::NotPublic { .. } | FetchError::Url(_))
        ) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The innermost causes say it best; the outer ones name libraries.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    let inner = texts.len().saturating_sub(2);
    texts.split_off(inner).join(": ")
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
