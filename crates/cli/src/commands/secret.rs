//! `interlock secret`: named secrets that `approve --secret` can give to one server.

use std::io::{IsTerminal as _, Read as _};

use interlock_launch::{Secret as Value, SecretName, SecretStore};

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Global, Secret};
use crate::terminal::{PassphraseSource, say};

/// No secret is longer.
const MOST_BYTES: u64 = 64 << 10;

/// Runs `interlock secret`.
///
/// # Errors
/// When the store cannot be read or written, or there is no such secret.
pub fn run(global: &Global, options: &Secret) -> Outcome {
    let context = Context::new(global)?;
    let store = SecretStore::new(&context.places);
    let refused = |what: &str, error: &dyn std::error::Error| {
        Failure::new(Exit::Usage, what.to_owned()).because(error)
    };
    match options {
        Secret::Set { name } => {
            let name = parse(name)?;
            store
                .set(&name, read_value()?)
                .map_err(|e| refused("the secret was not kept", &e))?;
            if !global.quiet {
                say(&format!(
                    "kept `{name}`; give it to a server with `interlock approve --secret {name}`"
                ));
            }
        }
        Secret::List => {
            for name in store
                .names()
                .map_err(|e| refused("the secrets cannot be listed", &e))?
            {
                say(name.as_str());
            }
        }
        Secret::Remove { name } => {
            store
                .remove(&parse(name)?)
                .map_err(|e| refused("the secret was not removed", &e))?;
        }
    }
    Ok(Exit::Done)
}

fn parse(name: &str) -> Result<SecretName, Failure> {
    name.parse().map_err(|error: interlock_launch::NameError| {
        Failure::new(
            Exit::Usage,
            format!("`{}` cannot name a secret", name.escape_debug()),
        )
        .because(&error)
    })
}

/// From the terminal without echo, or from a pipe up to its end.
fn read_value() -> Result<Value, Failure> {
    if std::io::stdin().is_terminal() {
        let mut text = PassphraseSource::Terminal.read("value: ")?;
        return Ok(Value::new(std::mem::take(&mut *text).into_bytes()));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(MOST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            Failure::new(Exit::Usage, "standard input cannot be read").because(&error)
        })?;
    while bytes
        .last()
        .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
    {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(
            Failure::new(Exit::Usage, "the secret is empty").next("write it to standard input")
        );
    }
    Ok(Value::new(bytes))
}
