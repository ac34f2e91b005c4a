//! A question to the person at the terminal, never to whatever stdin happens to be.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Yes, in full.
    Yes,
    /// Anything else.
    No,
}

/// Asks on the controlling terminal and waits for `yes`. `None` without a terminal.
///
/// The answer must be the whole word: a stray key never approves.
pub fn ask(question: &str) -> Option<Answer> {
    let line = reply(&format!("{question} [yes/no]"))?;
    Some(if line == "yes" {
        Answer::Yes
    } else {
        Answer::No
    })
}

/// One line that the person types after a question. `None` without a terminal.
pub fn reply(question: &str) -> Option<String> {
    let mut terminal = File::options()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .ok()?;
    write!(terminal, "{question} ").ok()?;
    terminal.flush().ok()?;
    let mut line = String::new();
    let read = BufReader::new(terminal).read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}
