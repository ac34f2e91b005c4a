//! What a subcommand works with: the user's places, the clock, the audit log, the approvals.

use std::path::PathBuf;
use std::time::SystemTime;

use interlock_audit as audit;
use interlock_launch::key::{KeyFile, PublicKey, Signer};
use interlock_launch::{Known, Ledger, LedgerEdit, Places, Secret};

use crate::exit::{Exit, Failure};
use crate::options::{Global, PassphraseFd};
use crate::places;
use crate::terminal::{PassphraseSource, Style};

/// Opened by each subcommand that needs it.
pub struct Context {
    /// Where the user's files are.
    pub places: Places,
    /// Options of every subcommand.
    pub global: Global,
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
        })
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
