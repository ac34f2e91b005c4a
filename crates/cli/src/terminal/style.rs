//! Colour where it is wanted, and text from strangers made harmless and visible.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// When the output is a terminal and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Paints words, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    color: bool,
}

impl Style {
    /// For standard output.
    pub fn stdout(choice: ColorChoice) -> Self {
        Self::decide(choice, std::io::stdout().is_terminal())
    }

    /// Without colour.
    #[cfg(test)]
    pub fn plain() -> Self {
        Self { color: false }
    }

    fn decide(choice: ColorChoice, terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !unwanted,
        };
        Self { color }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A heading.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Less important.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// All is well.
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Needs attention.
    pub fn warn(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// Refused, found, failed.
    pub fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }
}

/// One argument exactly as it is: quoted when it holds more than plain characters, with control,
/// invisible and bidirectional characters escaped, so that two different arguments never look alike.
pub fn visible(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            ' '..='~' => quoted.push(c),
            c if c.is_alphanumeric() => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_shown_exactly() {
        for (text, expected) in [
            ("-y", "-y"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a\"b\\", "\"a\\\"b\\\\\""),
            ("\u{202e}exe", "\"\\u{202e}exe\""),
            ("\x1b[2J", "\"\\u{1b}[2J\""),
            ("zero\u{200b}width", "\"zero\\u{200b}width\""),
            ("Ωmega", "\"Ωmega\""),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn colour_only_where_wanted() {
        assert_eq!(Style::plain().bad("x"), "x");
        assert_eq!(Style { color: true }.bad("x"), "\x1b[31mx\x1b[0m");
    }
}
