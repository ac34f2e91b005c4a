//! Where this user's locks are: `store gc` keeps what they name.
//!
//! One path a line in the state directory. A lost line costs a download, never more.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use interlock_supply::TreeDigest;
use interlock_supply::lockfile;

use crate::context::Context;
use crate::terminal::complain;

/// So many are remembered; the oldest are forgotten first.
const MOST: usize = 1000;
/// Longer than that many paths.
const MOST_BYTES: u64 = 4 << 20;

fn file(context: &Context) -> PathBuf {
    context.places.state().join("locks")
}

fn read(context: &Context) -> Vec<String> {
    let mut text = String::new();
    if let Ok(file) = fs::File::open(file(context)) {
        let _ = file.take(MOST_BYTES).read_to_string(&mut text);
    }
    text.lines().map(str::to_owned).collect()
}

/// Remembers a lock. Failing to is told, and is no failure of the command.
pub fn remember(context: &Context, path: &Path) {
    let Some(path) = path.to_str().filter(|path| !path.contains('\n')) else {
        return;
    };
    let mut paths = read(context);
    if paths.iter().any(|known| known == path) {
        return;
    }
    paths.push(path.to_owned());
    let kept = paths.iter().rev().take(MOST).rev();
    let text: String = kept.map(|path| format!("{path}\n")).collect();
    let target = file(context);
    let temporary = target.with_extension(std::process::id().to_string());
    let written = fs::create_dir_all(context.places.state())
        .and_then(|()| fs::write(&temporary, text))
        .and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() && !context.global.quiet {
        complain(
            "interlock: where this lock is could not be remembered; `store gc` will not keep what it names",
        );
    }
}

/// The trees that known locks name. A lock that is gone names nothing; one that cannot be read stops the caller.
///
/// # Errors
/// The first lock that is there and cannot be read.
pub fn trees(context: &Context) -> Result<BTreeSet<TreeDigest>, lockfile::LoadError> {
    let mut trees = BTreeSet::new();
    for path in read(context) {
        let path = Path::new(&path);
        if fs::symlink_metadata(path).is_err() {
            continue;
        }
        let lock = lockfile::load(path)?;
        let servers = lock.server.values();
        for content in servers.map(|it| &it.content) {
            trees.extend(content.tree.as_ref().map(|tree| tree.digest));
            trees.extend(content.image.as_ref().map(|image| image.digest));
        }
    }
    Ok(trees)
}
