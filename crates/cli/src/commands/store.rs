//! `interlock store`: the packages that were fetched and verified.

use std::collections::BTreeSet;

use interlock_launch::Ledger;
use interlock_supply::oci::LockedImage;
use interlock_supply::{Store as Packages, StoredTree, TreeDigest};
use serde_json::{Value, json};

use super::locking::known;
use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Format, Global, OutputFormat, Store};
use crate::size;
use crate::terminal::{complain, say, visible};

/// Runs `interlock store`.
///
/// # Errors
/// When the store cannot be read, or approvals that say what to keep cannot be trusted.
pub fn run(global: &Global, options: &Store) -> Outcome {
    let context = Context::new(global)?;
    let packages = Packages::open(context.places.store()).map_err(|error| broken(&error))?;
    match options {
        Store::List(format) => list(&packages, format),
        Store::Gc { max_size } => collect(&context, &packages, max_size.as_deref()),
        Store::Verify => verify(&context, &packages),
    }
}

fn broken(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Findings, "the store cannot be used")
        .because(error)
        .next("interlock store verify")
}

/// What is told of one tree or image.
struct Row {
    ecosystem: Option<&'static str>,
    name: String,
    bytes: u64,
    digest: TreeDigest,
    /// What the object of its kind has besides.
    more: Value,
}

impl Row {
    fn of_tree(tree: &StoredTree) -> Self {
        let locked = tree.locked.as_ref();
        Self {
            ecosystem: locked.map(|locked| locked.ecosystem.as_str()),
            name: named(locked.map(|it| visible(&format!("{}@{}", it.name, it.version)))),
            bytes: locked.map_or(0, |locked| locked.bytes),
            digest: tree.digest,
            more: json!({
                "package": locked.map(|locked| locked.name.as_str()),
                "version": locked.map(|locked| locked.version.as_str()),
                "files": locked.map(|locked| locked.files),
            }),
        }
    }

    fn of_image(digest: TreeDigest, image: Option<&LockedImage>) -> Self {
        Self {
            ecosystem: Some("oci"),
            name: named(image.map(|it| format!("{} {}", visible(&it.name), visible(&it.version)))),
            bytes: image.map_or(0, |image| image.bytes),
            digest,
            more: json!({
                "image": image.map(|image| image.name.as_str()),
                "version": image.map(|image| image.version.as_str()),
                "manifest": image.map(|image| image.manifest.to_string()),
                "files": image.map(|image| image.files),
            }),
        }
    }

    /// Whether somebody still reads.
    fn tell(self, format: OutputFormat) -> bool {
        if format == OutputFormat::Human {
            let (kind, name) = (self.ecosystem.unwrap_or("?"), self.name);
            let size = size::shown(self.bytes);
            return say(&format!("{kind:<6} {name:<48} {size:>10}  {}", self.digest));
        }
        let mut line = json!({
            "v": 1,
            "ecosystem": self.ecosystem,
            "bytes": self.bytes,
            "tree": self.digest.to_string(),
        });
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), self.more) {
            line.extend(more);
        }
        say(&line.to_string())
    }
}

/// The name of what a record is of; safe to show.
fn named(recorded: Option<String>) -> String {
    let damaged = || "(its record is damaged; run `interlock store verify`)".to_owned();
    recorded.unwrap_or_else(damaged)
}

fn list(packages: &Packages, format: &Format) -> Outcome {
    let trees = packages.list().map_err(|error| broken(&error))?;
    let images = packages.images().map_err(|error| broken(&error))?;
    let images = images.into_iter();
    let images = images.map(|(digest, image)| Row::of_image(digest, image.as_ref()));
    for row in trees.iter().map(Row::of_tree).chain(images) {
        if !row.tell(format.format) {
            break;
        }
    }
    Ok(Exit::Done)
}

/// Deletes what neither an approval nor a known lock names. Approvals that cannot be trusted, or a lock that cannot be read,
/// name nothing, and then nothing is deleted.
fn collect(context: &Context, packages: &Packages, max_size: Option<&str>) -> Outcome {
    let limit = max_size.map(size::parse).transpose()?;
    let waiting = || {
        if !context.global.quiet {
            complain("interlock: something is being fetched; waiting for it");
        }
    };
    // What is kept is looked up when nobody can add anything any more.
    let collection = packages
        .collecting(&waiting)
        .map_err(|error| broken(&error))?;
    let keep = kept(context)?;
    let report = collection
        .remove_all_but(&keep, limit)
        .map_err(|error| broken(&error))?;
    say(&format!(
        "deleted {} trees, {} images and {} packages, {} freed",
        report.trees,
        report.images,
        report.packages,
        size::shown(report.bytes)
    ));
    if report.spared > 0 {
        say(&format!(
            "{} trees stay for now: another interlock has just fetched them",
            report.spared
        ));
    }
    let Some(limit) = limit else {
        return Ok(Exit::Done);
    };
    let size = packages.size().map_err(|error| broken(&error))?;
    if size <= limit {
        return Ok(Exit::Done);
    }
    let what = format!(
        "the store still takes {}: approvals and locks name the rest",
        size::shown(size)
    );
    Err(Failure::new(Exit::Findings, what).next("interlock store list, then interlock revoke NAME"))
}

/// The trees that approvals or known locks name.
fn kept(context: &Context) -> Result<BTreeSet<TreeDigest>, Failure> {
    let ledger = context.ledger(&context.known()?)?;
    if let Some(distrust) = ledger.distrust() {
        return Err(Failure::new(
            Exit::Refused,
            "the approvals are not believed, so nothing is deleted",
        )
        .because(distrust));
    }
    let mut keep = approved(&ledger);
    let locked = known::trees(context).map_err(|error| {
        let what = "a lock cannot be read, so nothing is deleted";
        Failure::new(Exit::Findings, what)
            .because(&error)
            .next("mend or remove that file")
    })?;
    keep.extend(locked);
    Ok(keep)
}

/// The trees that approvals name.
fn approved(ledger: &Ledger) -> BTreeSet<TreeDigest> {
    let packages = ledger
        .entries()
        .filter_map(|entry| entry.launch().package.as_ref());
    packages
        .filter_map(|package| TreeDigest::parse(&package.tree).ok())
        .collect()
}

fn verify(context: &Context, packages: &Packages) -> Outcome {
    let report = packages.verify().map_err(|error| broken(&error))?;
    let trees = report
        .damaged_trees
        .iter()
        .map(|(tree, damages)| (tree.to_string(), damages));
    let all = trees.chain(
        report
            .damaged_packages
            .iter()
            .map(|(key, damages)| (key.clone(), damages)),
    );
    for (name, damages) in all {
        for damage in damages {
            say(&format!(
                "{} {name}: {damage}",
                context.style().bad("damaged")
            ));
        }
    }
    if report.is_clean() {
        let good = context.style().good("intact");
        say(&format!(
            "{good} {} trees, {} images, {} packages, {} files",
            report.trees, report.images, report.packages, report.files
        ));
        return Ok(Exit::Done);
    }
    let what = "the store is not as it was written; nothing that is damaged is started";
    Err(Failure::new(Exit::Findings, what)
        .next("interlock lock, or interlock approve NAME: what is damaged is fetched again"))
}
