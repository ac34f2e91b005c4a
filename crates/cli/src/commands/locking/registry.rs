//! `interlock add mcp:NAME`: an entry of the MCP Registry becomes a source, its arguments, and a list of what it asks for.
//!
//! The entry is a publisher's word about a package. What is locked is the package; whether that says the same of itself is looked
//! at once its bytes are here.

use interlock_launch::{Decision, Profile};
use interlock_supply::policy::Policy;
use interlock_supply::registry::{
    Api, ApiError, Choice, DEFAULT_BASE, Variable, choose, own_word, reference,
};
use interlock_supply::{Client, LockedTree, Reach, Store};
use serde_json::Value;

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::Add;
use crate::show;
use crate::terminal::visible;

/// An entry, reviewed, and what it leads to.
pub struct Listed {
    /// What was chosen.
    pub choice: Choice,
    /// `mcp:NAME@VERSION`.
    pub label: String,
    /// What a person should know about it.
    pub remarks: Vec<String>,
    entry: Value,
}

impl Listed {
    /// Fetches and reviews the entry that `source` names; none where it names another kind of source.
    ///
    /// # Errors
    /// When the entry cannot be had, is refused, or leads to nothing that can be run here.
    pub fn of(context: &Context, source: &str, options: &Add) -> Result<Option<Self>, Failure> {
        if !source.starts_with("mcp:") {
            return Ok(None);
        }
        let refused = |error: &dyn std::error::Error| {
            let what = format!("{} cannot be added", visible(source));
            Failure::new(Exit::Refused, what).because(error)
        };
        let Some((name, version)) = reference(source) else {
            let what = format!("{} names no entry of the MCP Registry", visible(source));
            return Err(Failure::new(Exit::Usage, what)
                .next("interlock add mcp:io.github.USER/SERVER, or with @VERSION behind it"));
        };
        let [config, _, _, administrator] = context.places.own();
        let policy = Policy::load(config, administrator).map_err(|error| refused(&error))?;
        let given = options.registry.as_deref().or(policy.mcp_registry());
        let base = given.unwrap_or(DEFAULT_BASE);
        let trust = context
            .trust(&policy)
            .reaching(&Reach::default().naming(base));
        let api = Api::new(base, Client::new(&trust)).map_err(|error| refused(&error))?;
        let (entry, review) = api.entry(name, version).map_err(|error| {
            let mut failure = refused(&error);
            if let ApiError::Refused { review, .. } = &error {
                let reasons = show::reasons(&review.reasons, context.style());
                failure.causes.extend(reasons);
            }
            failure
        })?;
        let choice = choose(&entry, &options.words).map_err(|error| refused(&error))?;
        let label = format!("mcp:{name}@{}", choice.version);
        if reference(&label).is_none_or(|(_, version)| version.is_none()) {
            let what = format!("the version of {} cannot be written down", visible(name));
            return Err(Failure::new(Exit::Refused, what));
        }
        let mut remarks = vec![format!(
            "from the entry {} at {}: {}",
            visible(&label),
            visible(base),
            visible(
                entry
                    .get("description")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            )
        )];
        remarks.extend(show::reasons(&review.reasons, context.style()));
        remarks.extend(choice.remarks.iter().cloned());
        Ok(Some(Self {
            choice,
            label,
            remarks,
            entry,
        }))
    }

    /// Refuses when something that the entry needs was not granted; tells what it may be given besides.
    ///
    /// # Errors
    /// With the options that are missing.
    pub fn asked(&self, profile: &Profile) -> Result<Vec<String>, Failure> {
        let (mut missing, mut lines) = (Vec::new(), Vec::new());
        for variable in &self.choice.variables {
            if is_granted(variable, profile) {
                continue;
            }
            let line = wish(variable);
            if variable.required {
                missing.push(line);
            } else {
                lines.push(format!("may be given {line}"));
            }
        }
        if missing.is_empty() {
            return Ok(lines);
        }
        let what = format!("{} needs what was not granted", visible(&self.label));
        let mut failure =
            Failure::new(Exit::Usage, what).next("the same command with these options");
        failure.causes = missing;
        Err(failure)
    }

    /// Compares what the package says of itself with the entry.
    ///
    /// # Errors
    /// When it says that it is another server.
    pub fn compare(
        &self,
        context: &Context,
        store: &Store,
        tree: &LockedTree,
    ) -> Result<Vec<String>, Failure> {
        let Some(review) = own_word(&self.entry, store, tree) else {
            return Ok(Vec::new());
        };
        let lines = show::reasons(&review.reasons, context.style());
        if review.decision() != Decision::NeedsApproval {
            let what = format!(
                "the package of {} says that it is another",
                visible(&self.label)
            );
            let mut failure = Failure::new(Exit::Refused, what);
            failure.causes = lines;
            return Err(failure.next("add the package itself, if that is what you want"));
        }
        if lines.is_empty() {
            return Ok(vec![
                "the package says itself that it is this entry".to_owned(),
            ]);
        }
        Ok(lines)
    }
}

fn is_granted(variable: &Variable, profile: &Profile) -> bool {
    let secret = profile
        .secrets()
        .iter()
        .any(|secret| secret.variable().as_str() == variable.name);
    let plain = profile
        .env()
        .iter()
        .any(|name| name.as_str() == variable.name);
    secret || plain
}

/// A variable with the option that gives it.
fn wish(variable: &Variable) -> String {
    let name = visible(&variable.name);
    let about = visible(&variable.about);
    if variable.secret {
        return format!(
            "the secret {name} ({about}): `interlock secret set {name}`, then `--secret {name}`"
        );
    }
    let preset = variable
        .preset
        .as_ref()
        .map(|preset| format!(", proposed: {}", visible(preset)));
    format!(
        "the variable {name} ({about}{}): set it where the client starts, and add `--env {name}`",
        preset.unwrap_or_default()
    )
}
