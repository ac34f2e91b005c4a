//! The text form of a filter. `seccomp/README.md` describes it.

use std::collections::BTreeMap;

use interlock_sys::syscalls::{Number, number};
use rustix::io::Errno;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The kernel does it.
    Allow,
    /// It fails with this error number.
    Deny(u16),
}

/// A comparison of the low 32 bits of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// 0 to 5.
    pub(crate) argument: u8,
    /// How it is compared.
    pub(crate) test: Test,
}

/// How an argument is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// It is this number.
    Equals(u32),
    /// It is not this number.
    Differs(u32),
    /// It has at least one of these bits.
    AnyBit(u32),
    /// Of the bits in the first number it has exactly those in the second.
    Masked(u32, u32),
}

/// One line for one call: the action, where all conditions hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// What becomes of the call.
    pub(crate) action: Action,
    /// All must hold.
    pub(crate) conditions: Vec<Condition>,
}

/// Rules by system call number, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The rules.
    pub(crate) rules: BTreeMap<u32, Vec<Rule>>,
}

/// A line that is not of the form.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}, at `{text}`")]
pub struct PolicyError {
    line: usize,
    problem: &'static str,
    text: String,
}

impl Policy {
    /// Adds the rules of a text after those already here. Calls that this architecture does not have are left out.
    pub(crate) fn read(&mut self, text: &str) -> Result<(), PolicyError> {
        for (index, line) in text.lines().enumerate() {
            let content = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = content.split_ascii_whitespace().collect();
            self.read_line(&words)
                .map_err(|(problem, word)| PolicyError {
                    line: index + 1,
                    problem,
                    text: word.to_owned(),
                })?;
        }
        Ok(())
    }

    fn read_line<'a>(&mut self, words: &[&'a str]) -> Result<(), (&'static str, &'a str)> {
        let (action, rest) = match words {
            [] => return Ok(()),
            ["allow", rest @ ..] => (Action::Allow, rest),
            ["deny", error, rest @ ..] => (Action::Deny(read_error(error)?), rest),
            [other, ..] => return Err(("a line starts with `allow` or `deny`", other)),
        };
        let mut parts = rest.splitn(2, |word| *word == "if");
        let names = parts.next().unwrap_or_default();
        let conditions = match parts.next() {
            None => Vec::new(),
            Some(words) => words
                .split(|word| *word == "and")
                .map(read_condition)
                .collect::<Result<_, _>>()?,
        };
        if names.is_empty() {
            return Err(("no system call is named", ""));
        }
        for name in names {
            match number(name) {
                Number::Here(number) => {
                    let rule = Rule {
                        action,
                        conditions: conditions.clone(),
                    };
                    self.rules.entry(number).or_default().push(rule);
                }
                Number::OtherArchitecture => {}
                Number::Unknown => return Err(("unknown system call", name)),
            }
        }
        Ok(())
    }
}

fn read_error(name: &str) -> Result<u16, (&'static str, &str)> {
    let error = match name {
        "EPERM" => Errno::PERM,
        "EACCES" => Errno::ACCESS,
        "EINVAL" => Errno::INVAL,
        "ENOTTY" => Errno::NOTTY,
        "ENOSYS" => Errno::NOSYS,
        "EOPNOTSUPP" => Errno::OPNOTSUPP,
        _ => return Err(("unknown error", name)),
    };
    u16::try_from(error.raw_os_error()).map_err(|_| ("unknown error", name))
}

fn read_condition<'a>(words: &[&'a str]) -> Result<Condition, (&'static str, &'a str)> {
    let (argument, test) = match words {
        [argument, "==", value] => (argument, Test::Equals(read_number(value)?)),
        [argument, "!=", value] => (argument, Test::Differs(read_number(value)?)),
        [argument, "&", bits] => (argument, Test::AnyBit(read_number(bits)?)),
        [argument, "&", mask, "==", value] => (
            argument,
            Test::Masked(read_number(mask)?, read_number(value)?),
        ),
        _ => {
            return Err((
                "not a condition",
                words.first().copied().unwrap_or_default(),
            ));
        }
    };
    let argument = match *argument {
        "a0" => 0,
        "a1" => 1,
        "a2" => 2,
        "a3" => 3,
        "a4" => 4,
        "a5" => 5,
        other => return Err(("an argument is `a0` to `a5`", other)),
    };
    Ok(Condition { argument, test })
}

fn read_number(text: &str) -> Result<u32, (&'static str, &str)> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(hex), _) => (hex, 16),
        (_, Some(octal)) => (octal, 8),
        _ => (text, 10),
    };
    u32::from_str_radix(digits, radix).map_err(|_| ("not a number", text))
}
