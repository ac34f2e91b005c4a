//! `interlock init`: makes the key that signs approvals.

use interlock_audit::Event;
use interlock_launch::key::KeyFile;
use interlock_launch::{LedgerEdit, Secret};

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Global, Init};
use crate::terminal::{PassphraseSource, say};

/// Runs `interlock init`.
///
/// # Errors
/// When there is a key already, or it cannot be written or recorded.
pub fn run(global: &Global, options: &Init) -> Outcome {
    let context = Context::new(global)?;
    if options.danger_start_over {
        return start_over(&context, options);
    }
    let key = KeyFile::new(&context.places);
    if key.exists() {
        let what = format!(
            "there is an approver's key in `{}` already",
            context.places.config().display()
        );
        return Err(Failure::new(Exit::Usage, what).next(
            "use it; or move it away first, which makes every approval signed with it worthless",
        ));
    }
    let mut log = context.log()?;
    let source = PassphraseSource::from_option(options.passphrase.passphrase_fd);
    let mut text = source.read_new()?;
    let passphrase = Secret::new(std::mem::take(&mut *text).into_bytes());
    let signer = key
        .create(&passphrase)
        .map_err(|error| Failure::new(Exit::Usage, "no key was made").because(&error))?;
    let public = signer.public();
    let event = Event::KeyCreated {
        purpose: "approver",
        key: public.to_bytes(),
    };
    let _receipt = log.append(context.now(), &event).map_err(|error| {
        Failure::new(Exit::Refused, "the new key could not be recorded").because(&error)
    })?;
    if !global.quiet {
        tell(&context, &public.id());
    }
    Ok(Exit::Done)
}

/// Replaces approvals that are not believed by none at all. The sequence number goes on, so the old list stays dead.
fn start_over(context: &Context, options: &Init) -> Outcome {
    let mut log = context.log()?;
    let known = context.known()?;
    let signer = context.unlock(options.passphrase)?;
    let failed = |error: &dyn std::error::Error| {
        Failure::new(Exit::Refused, "the approvals were not replaced").because(error)
    };
    let edit =
        LedgerEdit::start_over(&context.places, &known, &signer).map_err(|error| failed(&error))?;
    let event = Event::DangerUsed {
        session: None,
        option: "--danger-start-over",
        value: None,
    };
    let receipt = log
        .append(context.now(), &event)
        .map_err(|error| failed(&error))?;
    context.commit(edit, &signer, receipt, &mut log)?;
    if !context.global.quiet {
        say("nothing is approved any more; next: interlock approve -- COMMAND ARGS");
    }
    Ok(Exit::Done)
}

fn tell(context: &Context, id: &str) {
    let style = context.style();
    say(&format!("{} approver's key {id}", style.good("made")));
    say(&format!(
        "  private, under your passphrase: {}",
        context.places.key().display()
    ));
    say(&format!(
        "  public: {}",
        context.places.public_key().display()
    ));
    let anchor = context.places.administrator_anchor();
    say(
        "To keep even a program that runs as you from putting another key in its place, have root keep the public key:",
    );
    say(&format!(
        "  sudo install -D -m 0644 {} {}",
        context.places.public_key().display(),
        anchor.display()
    ));
    say("Then approve a server: interlock approve -- COMMAND ARGS");
}
