//! `interlock revoke NAME`: takes an approval back.

use interlock_audit::Event;
use interlock_launch::LedgerEdit;

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Global, Revoke};
use crate::terminal::{say, visible};

/// Runs `interlock revoke`.
///
/// # Errors
/// When nothing of that name is approved, or the approvals cannot be changed.
pub fn run(global: &Global, options: &Revoke) -> Outcome {
    let context = Context::new(global)?;
    let mut log = context.log()?;
    let known = context.known()?;
    if context.ledger(&known)?.named(&options.name).is_none() {
        let what = format!("nothing is approved under {}", visible(&options.name));
        return Err(Failure::new(Exit::Usage, what).next("interlock list"));
    }
    let signer = context.unlock(options.passphrase)?;
    let unchanged = |error: &dyn std::error::Error| {
        Failure::new(Exit::Refused, "the approvals were not changed").because(error)
    };
    let mut edit =
        LedgerEdit::begin(&context.places, &known, &signer).map_err(|error| unchanged(&error))?;
    let fingerprint = edit
        .revoke(&options.name, context.now())
        .map_err(|error| unchanged(&error))?;
    let event = Event::Revoked {
        name: &options.name,
        fingerprint: Some(*fingerprint.digest().as_bytes()),
        key: signer.public().to_bytes(),
        ledger: known.sequence.saturating_add(1),
    };
    let receipt = log
        .append(context.now(), &event)
        .map_err(|error| unchanged(&error))?;
    context.commit(edit, &signer, receipt, &mut log)?;
    if !global.quiet {
        say(&format!(
            "revoked {}: it does not start any more",
            visible(&options.name)
        ));
    }
    Ok(Exit::Done)
}
