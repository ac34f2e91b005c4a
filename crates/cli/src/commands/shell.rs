//! `interlock completions` and `interlock man`: made from the definition of the flags.

use std::path::Path;

use clap::CommandFactory as _;

use crate::Outcome;
use crate::exit::{Exit, Failure};
use crate::options::Options;
use crate::terminal::say;

/// Prints a completion script.
///
/// # Errors
/// When it is not text, which would be our bug.
pub fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Options::command(), "interlock", &mut script);
    let script = String::from_utf8(script).map_err(|e| {
        Failure::new(Exit::Internal, "the completion script is not text").because(&e)
    })?;
    say(script.trim_end());
    Ok(Exit::Done)
}

/// Writes one manual page for each subcommand.
///
/// # Errors
/// When the directory cannot be written.
pub fn manual(directory: &Path) -> Outcome {
    let unwritable = |error: &std::io::Error| {
        let what = format!("cannot write manual pages to `{}`", directory.display());
        Failure::new(Exit::Usage, what)
            .because(error)
            .next("name a directory that you can write to")
    };
    std::fs::create_dir_all(directory).map_err(|error| unwritable(&error))?;
    clap_mangen::generate_to(Options::command(), directory).map_err(|error| unwritable(&error))?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subcommand_has_a_manual_page() {
        let directory = tempfile::tempdir().unwrap();
        manual(directory.path()).unwrap();
        for command in Options::command()
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
        {
            let page = directory
                .path()
                .join(format!("interlock-{}.1", command.get_name()));
            assert!(page.exists(), "{}", page.display());
        }
    }

    #[test]
    fn an_unwritable_directory_is_named() {
        let failure = manual(Path::new("/proc/none")).unwrap_err();
        assert!(failure.render().contains("/proc/none"));
    }
}
