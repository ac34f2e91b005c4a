//! Files that say what is known already: advisories, ignores, a baseline.

use std::io::Read as _;
use std::path::Path;

use interlock_scan::{Advisories, Baseline, IgnoreFile};

use crate::exit::{Exit, Failure};
use crate::options::Scan;

/// What is known already.
pub struct Inputs {
    /// Known-bad releases.
    pub advisories: Advisories,
    /// What somebody looked at.
    pub ignores: IgnoreFile,
    /// What was there before.
    pub baseline: Baseline,
}

/// The file of ignores of a repository.
const IGNORES: &str = ".interlock-ignore.toml";

/// No such file is longer.
const MOST_BYTES: u64 = 64 << 20;

/// Reads what the options name. A repository's own file of ignores counts where the repository is what is scanned.
///
/// # Errors
/// When one of them cannot be read: what would be left out of the report is not guessed.
pub fn read(options: &Scan) -> Result<Inputs, Failure> {
    let advisories = match &options.advisories {
        Some(path) => Advisories::parse(&text(path)?).map_err(|error| unusable(path, &error))?,
        None => Advisories::bundled(),
    };
    let own = options
        .path
        .iter()
        .map(|path| path.join(IGNORES))
        .find(|path| path.is_file());
    let ignores = match options.ignore_file.as_ref().or(own.as_ref()) {
        Some(path) => IgnoreFile::parse(&text(path)?).map_err(|error| unusable(path, &error))?,
        None => IgnoreFile::default(),
    };
    let baseline = match &options.baseline {
        Some(path) => Baseline::parse(&text(path)?).map_err(|error| unusable(path, &error))?,
        None => Baseline::default(),
    };
    Ok(Inputs {
        advisories,
        ignores,
        baseline,
    })
}

fn unusable(path: &Path, error: &dyn std::error::Error) -> Failure {
    let what = format!("`{}` cannot be used", path.display());
    Failure::new(Exit::Usage, what).because(error)
}

fn text(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
    read.map_err(|error| unusable(path, &error))?;
    Ok(text)
}
