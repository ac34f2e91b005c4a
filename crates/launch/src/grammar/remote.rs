//! `url:https://… [--header NAME=SECRET]…`: a server that is connected to, not started.

use crate::address::Address;
use crate::judge::{Case, Class, rules};
use crate::text;

/// Reads an address and its headers. Nothing may stand in front of it: there is no process that a wrapper could change.
pub(crate) fn remote(url: &str, args: &[String], case: &mut Case<'_>) -> Class {
    if case.is_inside() || case.cwd.is_some_and(|cwd| !cwd.is_empty()) {
        return case.unknown(
            rules::BAD_ADDRESS,
            "an address is connected to, so it has neither a directory nor a program in front of it",
        );
    }
    match Address::of_words(url, args) {
        Ok(address) => {
            if address.is_loopback() {
                let shown = text::excerpt(address.origin());
                let said = format!("whatever listens at `{shown}` on this machine is the server");
                case.note(rules::LOCAL_ADDRESS, said);
            }
            Class::Remote(address)
        }
        Err(error) => case.unknown(rules::BAD_ADDRESS, error.to_string()),
    }
}
