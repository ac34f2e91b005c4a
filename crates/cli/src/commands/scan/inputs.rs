//! Files that say what is known already: advisories, ignores, a baseline.

use std::io::Read as _;
use std::path::{Path, PathBuf};

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

/// Reads what the options name. A repository's own file of ignores counts where the repository is what is scanned, and for it alone.
///
/// # Errors
/// When one of them cannot be read: what would be left out of the report is not guessed.
pub fn read(options: &Scan) -> Result<Inputs, Failure> {
    let advisories = match &options.advisories {
        Some(path) => Advisories::parse(&text(path)?).map_err(|error| unusable(path, &error))?,
        None => Advisories::bundled(),
    };
    let ignores = match &options.ignore_file {
        Some(path) => ignores_in(path)?,
        None => own_ignores(&options.path)?,
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

fn ignores_in(path: &Path) -> Result<IgnoreFile, Failure> {
    IgnoreFile::parse(&text(path)?).map_err(|error| unusable(path, &error))
}

/// The files of ignores of the repositories that are scanned, each for what is below its directory.
fn own_ignores(scanned: &[PathBuf]) -> Result<IgnoreFile, Failure> {
    let mut ignores = IgnoreFile::default();
    for directory in scanned {
        let file = directory.join(IGNORES);
        if file.is_file() {
            let base =
                std::fs::canonicalize(directory).map_err(|error| unusable(directory, &error))?;
            ignores.append(ignores_in(&file)?.below(&base));
        }
    }
    Ok(ignores)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_repository_speaks_for_itself() {
        let there = tempfile::tempdir().unwrap();
        let entry = |rule: &str| format!("[[ignore]]\nrule = \"{rule}\"\nreason = \"why\"\n");
        let mut expected = IgnoreFile::default();
        for name in ["a", "b"] {
            let directory = there.path().join(name);
            std::fs::create_dir(&directory).unwrap();
            std::fs::write(directory.join(IGNORES), entry(name)).unwrap();
            let base = std::fs::canonicalize(&directory).unwrap();
            expected.append(IgnoreFile::parse(&entry(name)).unwrap().below(&base));
        }
        let scanned = ["a", "a/../b", "none"].map(|name| there.path().join(name));
        assert_eq!(own_ignores(&scanned).unwrap(), expected);
    }
}
