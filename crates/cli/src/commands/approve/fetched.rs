//! What is fetched by its address: a program (`binary:`) or a bundle (`mcpb:`), before it can be shown what would run.

use interlock_launch::{Judgement, PackageRef, SourceKind, SourceWord};
use interlock_supply::fetched::{Fetcher, SourceFetchError};
use interlock_supply::{Client, LockedTree, Store};

use super::hint;
use super::origin::{self, Ask, Source};
use super::package::{Bar, Fetched, asked, unverifiable};
use super::rules::Rules;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::show::counted;
use crate::size;
use crate::terminal::visible;

/// Fetches what a request names by its address and puts its tree into the store.
///
/// # Errors
/// When it cannot be had, is not what was named, or nothing in it can be started.
pub fn fetch(
    context: &Context,
    packages: &Store,
    package: &PackageRef,
) -> Result<Fetched, Failure> {
    let word = word(package)?;
    let rules = Rules::read(context)?;
    let done = with_fetcher(context, packages, &rules, |fetcher| {
        fetcher.lock(&word, &package.args)
    });
    let fetched = done.map_err(|error| failed(&word, &error))?;
    let mut remarks = vec![sizes(&fetched.tree)];
    remarks.extend(fetched.remarks);
    let source = Source::Address(client(context, &rules), fetched.beside);
    let told = origin::judge(
        context,
        &rules,
        packages,
        &source,
        &fetched.tree,
        Ask::Again,
    )?;
    Ok(Fetched::of(&fetched.tree, remarks, told))
}

/// Puts a tree that a lock names into the store: exactly those bytes, or none. What a person should know about it.
///
/// # Errors
/// When it cannot be had, or anything is not as locked.
pub fn install(
    context: &Context,
    packages: &Store,
    judgement: &Judgement,
    tree: &LockedTree,
) -> Result<Vec<String>, Failure> {
    let asked = asked(judgement)?;
    let word = word(asked)?;
    let rules = Rules::read(context)?;
    let done = with_fetcher(context, packages, &rules, |fetcher| {
        fetcher.install(&word, &asked.args, tree)
    });
    done.map_err(|error| failed(&word, &error))
}

fn word(package: &PackageRef) -> Result<SourceWord, Failure> {
    SourceWord::of(package)
        .filter(|word| word.kind() != SourceKind::Git)
        .ok_or_else(|| unverifiable(package.ecosystem.as_str()))
}

fn with_fetcher<T>(
    context: &Context,
    packages: &Store,
    rules: &Rules,
    work: impl FnOnce(&Fetcher<'_>) -> Result<T, SourceFetchError>,
) -> Result<T, SourceFetchError> {
    let client = client(context, rules);
    let bar = Bar::new(context);
    let done = work(&Fetcher {
        client: &client,
        store: packages,
        progress: &bar,
        home: context.places.home(),
    });
    bar.finish();
    done
}

fn client(context: &Context, rules: &Rules) -> Client {
    Client::new(&context.trust(&rules.policy))
}

fn failed(word: &SourceWord, error: &SourceFetchError) -> Failure {
    let what = format!("{} was not fetched", visible(&word.to_string()));
    let failure = Failure::new(Exit::Refused, what).because(error);
    hint::with_ground(failure, error, "its host")
}

fn sizes(tree: &LockedTree) -> String {
    format!(
        "{}, {}",
        counted(tree.files, "file"),
        size::shown(tree.bytes)
    )
}
