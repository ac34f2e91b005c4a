//! `--fix`: shows what would change in each file, asks, keeps the old file, and writes.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use interlock_launch::{Digest, SecretStore};
use interlock_scan::fix::{LineOf, Repair, difference, repair};
use interlock_scan::report::Report;
use interlock_scan::wrap::{Links, Original, ReplaceError};
use interlock_scan::{ConfigFile, known_projects};

use super::Scanner;
use crate::Outcome;
use crate::commands::wrap::tell_lost;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::terminal::{Answer, Style, ask, complain, say};

/// Puts right what can be put right.
///
/// # Errors
/// When nobody can be asked, or a file cannot be kept or written.
pub fn run(scanner: &Scanner<'_>, files: &[ConfigFile], report: &Report) -> Outcome {
    let context = Context::new(scanner.global)?;
    let style = Style::stdout(scanner.global.color);
    let roots = roots(files);
    let mut left = 0;
    for file in files {
        let own = report
            .findings
            .iter()
            .filter(|one| one.finding.location.path == file.path);
        let fixes: Vec<_> = own.filter_map(|one| one.finding.fix.as_ref()).collect();
        if fixes.is_empty() {
            continue;
        }
        let path = looked_up(file, &roots);
        if let Err(error @ ReplaceError::Link(_)) = Original::read(&path, Links::at(file.place)) {
            let what = format!("`{}` was left alone", file.path.display());
            let failure = Failure::new(Exit::Findings, what).because(&error);
            complain(&failure.render());
            left += fixes.len();
            continue;
        }
        let repair = repair(file, &fixes);
        show(file, &repair, style);
        if repair.done.is_empty() || !agreed(scanner)? {
            left += fixes.len();
            continue;
        }
        apply(&context, file, &path, &repair)?;
        left += repair.left.len();
    }
    let open = report
        .findings
        .iter()
        .filter(|one| one.finding.fix.is_none())
        .count();
    if !scanner.global.quiet {
        complain(&format!(
            "{} left for a person; next: interlock scan",
            open + left
        ));
    }
    Ok(if open + left > 0 {
        Exit::Findings
    } else {
        Exit::Done
    })
}

/// The projects that the user's own files name: a person chose these paths, whatever links are in them. Never what a project names.
fn roots(files: &[ConfigFile]) -> Vec<PathBuf> {
    files
        .iter()
        .filter(|file| !file.place.in_project())
        .flat_map(|file| known_projects(std::slice::from_ref(file)))
        .collect()
}

/// Where a file is, with no link on the way to its project. Of projects in each other the outermost counts, so that the least of a
/// path is trusted; a link below that is still one.
fn looked_up(file: &ConfigFile, roots: &[PathBuf]) -> PathBuf {
    if !file.place.in_project() {
        return file.path.clone();
    }
    let root = roots
        .iter()
        .filter(|root| file.path.starts_with(root))
        .min_by_key(|root| root.components().count());
    let real = root.and_then(|root| {
        let below = file.path.strip_prefix(root).ok()?;
        Some(std::fs::canonicalize(root).ok()?.join(below))
    });
    real.unwrap_or_else(|| file.path.clone())
}

fn agreed(scanner: &Scanner<'_>) -> Result<bool, Failure> {
    if scanner.options.yes {
        return Ok(true);
    }
    match ask("change this file?") {
        Some(answer) => Ok(answer == Answer::Yes),
        None => Err(
            Failure::new(Exit::Refused, "there is no terminal to ask at")
                .next("interlock scan --fix --yes"),
        ),
    }
}

fn show(file: &ConfigFile, repair: &Repair, style: Style) {
    say(&style.bold(&file.path.display().to_string().escape_debug().to_string()));
    for done in &repair.done {
        say(&format!("  {done}"));
    }
    for left in &repair.left {
        say(&style.warn(&format!("  cannot be done alone: {left}")));
    }
    for (of, line) in repair
        .text
        .as_ref()
        .map(|text| difference(file, text))
        .unwrap_or_default()
    {
        say(&match of {
            LineOf::Both => style.dim(&format!("    {line}")),
            LineOf::Old => style.bad(&format!("  - {line}")),
            LineOf::New => style.good(&format!("  + {line}")),
        });
    }
}

/// Secrets are kept first: a file without its secret is of no use to anybody if the store does not have it.
fn apply(
    context: &Context,
    file: &ConfigFile,
    path: &Path,
    repair: &Repair,
) -> Result<(), Failure> {
    let failed = |what: &str, error: &dyn std::error::Error| {
        let what = format!("`{}` {what}", file.path.display());
        Failure::new(Exit::Refused, what).because(error)
    };
    let original = Original::read(path, Links::at(file.place))
        .map_err(|error| failed("was left alone", &error))?;
    let read = file.document().map(|document| document.text().as_bytes());
    if repair.text.is_some() && read != Some(original.bytes()) {
        let what = format!(
            "`{}` changed meanwhile and was left alone",
            file.path.display()
        );
        return Err(Failure::new(Exit::Refused, what).next("interlock scan --fix"));
    }
    let kept = keep(&context.places.state().join("fixed"), original.bytes())
        .map_err(|error| failed("was left alone: it cannot be kept", &error))?;
    let store = SecretStore::new(&context.places);
    for (name, value) in &repair.secrets {
        if store
            .get(name)
            .is_ok_and(|known| known.reveal() != value.reveal())
        {
            let what = format!("there is another secret called `{name}` already");
            return Err(
                Failure::new(Exit::Refused, what).next(format!("interlock secret remove {name}"))
            );
        }
        let copy = interlock_launch::Secret::new(value.reveal().to_vec());
        store
            .set(name, copy)
            .map_err(|error| failed("was left alone: a secret was not kept", &error))?;
        complain(&format!(
            "kept `{name}`; give it to the server: interlock approve --secret {name} -- COMMAND ARGS"
        ));
    }
    let real = original.path().to_owned();
    if let Some(text) = &repair.text {
        let lost = original
            .replace(text.as_bytes())
            .map_err(|error| failed("was left alone", &error))?;
        tell_lost(&real, &lost);
    }
    if let Some(mode) = repair.mode {
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(mode))
            .map_err(|error| failed("keeps its permissions", &error))?;
    }
    complain(&format!(
        "changed; the old file is kept as {}",
        kept.display()
    ));
    Ok(())
}

/// Keeps the old content where only this user can read it, under the name of its digest.
fn keep(directory: &Path, bytes: &[u8]) -> std::io::Result<PathBuf> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let path = directory.join(Digest::of(bytes).short());
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(path)
}
