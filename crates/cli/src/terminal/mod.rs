//! Talking to a person: colour, escaping, questions, passphrases. Every line that leaves this program goes
//! through [`say`] (data, stdout) or [`complain`] (for people, stderr).

mod passphrase;
mod question;
mod style;

use std::io::Write as _;

pub use passphrase::PassphraseSource;
pub use question::{Answer, ask, reply};
pub use style::{ColorChoice, Style, visible};

/// One line of data on standard output. `false` when nobody reads it any more: the caller should stop.
pub fn say(line: &str) -> bool {
    writeln!(std::io::stdout().lock(), "{line}").is_ok()
}

/// One line for people on standard error.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
