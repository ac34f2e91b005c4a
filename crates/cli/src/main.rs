//! The `interlock` command.
//!
//! This crate reads flags, calls the other crates and tells a person what happened. It is the only one that
//! prints and exits. Every subcommand is one module of [`commands`]; it returns how it ended, and `main` exits.

#![expect(
    unreachable_pub,
    reason = "a binary has no public face; `pub` says what a module offers the others"
)]

mod commands;
mod context;
mod exit;
mod launching;
mod options;
mod places;
mod show;
mod size;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use exit::{Exit, Failure};
use options::Options;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            let usage = error.use_stderr();
            return code(if usage { Exit::Usage } else { Exit::Done });
        }
    };
    match commands::run(options) {
        Ok(exit) => code(exit),
        Err(failure) => {
            terminal::complain(&failure.render());
            code(failure.exit)
        }
    }
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}

/// What every subcommand returns.
type Outcome = Result<Exit, Failure>;
