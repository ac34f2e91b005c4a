//! What a subcommand works with: the user's places, the clock, the audit log, the approvals.

use std::path::PathBuf;
use std::time::SystemTime;

use interlock_audit as audit;
use interlock_launch::key::{KeyFile, PublicKey, Signer};
use interlock_launch::{Known, Ledger, LedgerEdit, Places, Secret};

use interlock_supply::policy::Policy;
use interlock_supply::{Reach, Trust};

use crate::exit::{Exit, Failure};
use crate::options::{Global, PassphraseFd};
use crate::places;
use crate::terminal::{PassphraseSource, Style};

/// Opened by each subcommand that needs it.
#[derive(Clone)]
pub struct Context {
    /// Where the user's files are.
    pub places: Places,
    /// Options of every subcommand.
    pub global: Global,
    /// Hosts that this command line names, as no lock or registry can.
    named: Reach,
}

impl Context {
    /// From the environment of this process.
    ///
    /// # Errors
    /// When there is no home directory.
    pub fn new(global: &Global) -> Result<Self, Failure> {
        Ok(Self {
            places: places::from_environment()?,
            global: global.clone(),
            named: Reach::default(),
        })
    }

    /// The same, and the hosts that words name which this user typed or approved: addresses, and images with their registry.
    #[must_use]
    pub fn naming<'a>(&self, words: impl IntoIterator<Item = &'a String>) -> Self {
        let mut context = self.clone();
        for word in words {
            context.named = named_by(context.named, word);
        }
        context
    }

    /// Hosts that may be asked wherever they are: what this command line names, and what the configuration lists as harmless.
    pub fn reach(&self, policy: &Policy) -> Reach {
        self.named.clone().and(&policy.danger_reach())
    }

    /// How to get out, by this user's environment.
    pub fn trust(&self, policy: &Policy) -> Trust {
        let variable = |name: &str| std::env::var(name).ok();
        Trust::for_user(&variable, self.global.offline).reaching(&self.reach(policy))
    }

    /// The time now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the command is the edge at which clocks are read"
    )]
    pub fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// How to write on standard output.
    pub fn style(&self) -> Style {
        Style::stdout(self.global.color)
    }

    /// The audit log's directory.
    pub fn audit_directory(&self) -> PathBuf {
        self.places.state().join("audit")
    }

    /// Opens the audit log.
    ///
    /// # Errors
    /// When it cannot be written: then nothing that has to be recorded may happen.
    pub fn log(&self) -> Result<audit::Log, Failure> {
        let directory = self.audit_directory();
        audit::Log::open(&directory, audit::Options::default(), self.now()).map_err(|error| {
            let what = format!(
                "the audit log in `{}` cannot be written",
                directory.display()
            );
            Failure::new(Exit::Refused, what)
                .because(&error)
                .next("interlock doctor")
        })
    }

    /// What the audit log remembers of the approvals. Writes nothing.
    ///
    /// # Errors
    /// When there is a log that cannot be read.
    pub fn known(&self) -> Result<Known, Failure> {
        let memory = audit::memory_of(&self.audit_directory()).map_err(|error| {
            Failure::new(Exit::Refused, "the audit log cannot be read")
                .because(&error)
                .next("interlock doctor")
        })?;
        let approver = memory
            .approver
            .and_then(|key| PublicKey::from_bytes(&key))
            .map(|key| key.id());
        Ok(Known {
            sequence: memory.ledger,
            approver,
        })
    }

    /// The approvals, verified.
    ///
    /// # Errors
    /// When they cannot be trusted.
    pub fn ledger(&self, known: &Known) -> Result<Ledger, Failure> {
        Ledger::load(&self.places, known).map_err(|error| {
            Failure::new(Exit::Refused, "the approvals cannot be read").because(&error)
        })
    }

    /// Asks for the passphrase and unlocks the approver's key.
    ///
    /// # Errors
    /// Without a terminal, without a key, or with a wrong passphrase.
    pub fn unlock(&self, passphrase: PassphraseFd) -> Result<Signer, Failure> {
        let key = KeyFile::new(&self.places);
        if !key.exists() {
            let what = "there is no approver's key yet";
            return Err(Failure::new(Exit::Refused, what).next("interlock init"));
        }
        let source = PassphraseSource::from_option(passphrase.passphrase_fd);
        let mut text = source.read("approver's passphrase: ")?;
        let secret = Secret::new(std::mem::take(&mut *text).into_bytes());
        key.unlock(&secret).map_err(|error| {
            Failure::new(Exit::Refused, "the approver's key stays locked").because(&error)
        })
    }

    /// Writes changed approvals, after what changes was recorded, and records that they are written.
    ///
    /// # Errors
    /// When they cannot be written; the old ones are still in force then.
    pub fn commit(
        &self,
        edit: LedgerEdit<'_>,
        signer: &Signer,
        recorded: audit::Receipt,
        log: &mut audit::Log,
    ) -> Result<(), Failure> {
        let unchanged = |error: &dyn std::error::Error| {
            Failure::new(Exit::Refused, "the approvals were not changed").because(error)
        };
        // The proof that the change is on record ends here.
        drop(recorded);
        let ledger = edit.commit().map_err(|error| unchanged(&error))?;
        let event = audit::Event::LedgerWritten {
            ledger,
            key: signer.public().to_bytes(),
        };
        let _receipt = log
            .append(self.now(), &event)
            .map_err(|error| unchanged(&error))?;
        Ok(())
    }
}

/// An address anywhere in a word, or the registry that an image's name begins with.
fn named_by(reach: Reach, word: &str) -> Reach {
    if word.contains("://") {
        return reach.naming(word);
    }
    let image = word.strip_prefix("oci:").unwrap_or(word);
    let registry = image.split_once('/').map(|(first, _)| first);
    let registry = registry.filter(|it| it.contains(['.', ':']) || *it == "localhost");
    match registry.and_then(|it| reach.clone().naming_host(&with_port(it))) {
        Some(named) => named,
        None => reach,
    }
}

/// A registry with the port at which it is asked.
fn with_port(registry: &str) -> String {
    let behind = registry.rsplit(']').next().unwrap_or(registry);
    if behind.contains(':') {
        return registry.to_owned();
    }
    let address = registry
        .trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>();
    let here = registry == "localhost" || address.is_ok_and(|it| it.is_loopback());
    format!("{registry}:{}", if here { 80 } else { 443 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_addresses_and_registries_of_images() {
        for (word, same) in [
            ("binary:http://127.0.0.1:8000/x", "127.0.0.1:8000"),
            (
                "git:https://git.corp.example/a/b#main",
                "git.corp.example:443",
            ),
            ("localhost:5000/team/x", "localhost:5000"),
            (
                "oci:registry.corp.example/x@sha256:00",
                "registry.corp.example:443",
            ),
            ("localhost/team/x", "localhost:80"),
            ("127.0.0.1/team/x", "127.0.0.1:80"),
            ("[::1]:5000/x", "[::1]:5000"),
        ] {
            let expected = Reach::default().naming_host(same).unwrap();
            assert_eq!(named_by(Reach::default(), word), expected, "{word}");
        }
        for word in [
            "npx",
            "@scope/server",
            "team/x",
            "./bin/x",
            "--x=y/z",
            "/usr/bin/x",
            "",
        ] {
            assert_eq!(named_by(Reach::default(), word), Reach::default(), "{word}");
        }
    }
}
