//! Branches, tags and `HEAD` in files: files with a hash, files with another name, one file with many of them, and for each name
//! a file of how it changed (gitrepository-layout).

use super::LocalError;
use super::files::{line, text};
use super::references::{Change, Value, is_name};
use crate::git::{ObjectFormat, ObjectId};
use std::path::Path;

/// What a name stands for; `place` has the files of this name, `common` the packed ones.
pub(super) fn value(place: &Path, common: &Path, name: &str) -> Result<Option<Value>, LocalError> {
    match line(&place.join(name))? {
        Some(line) => Ok(match line.strip_prefix("ref:").map(str::trim) {
            Some(other) => is_name(other).then(|| Value::Leads(other.to_owned())),
            // `FETCH_HEAD` says more behind the hash.
            None => {
                let first = line.split_ascii_whitespace().next();
                first.and_then(ObjectId::parse).map(Value::Is)
            }
        }),
        None => packed(common, name),
    }
}

fn packed(common: &Path, name: &str) -> Result<Option<Value>, LocalError> {
    let text = text(&common.join("packed-refs"))?.unwrap_or_default();
    let mut lines = text.lines().filter(|line| !line.starts_with(['#', '^']));
    let found = lines.find_map(|line| line.split_once(' ').filter(|(_, it)| *it == name));
    Ok(found.and_then(|(id, _)| ObjectId::parse(id)).map(Value::Is))
}

/// How a name changed, the oldest change first. `None` where nobody wrote that down.
pub(super) fn log(
    place: &Path,
    name: &str,
    format: ObjectFormat,
) -> Result<Option<Vec<Change>>, LocalError> {
    let path = place.join("logs").join(name);
    let Some(text) = text(&path)? else {
        return Ok(None);
    };
    // Of a line that cannot be read, nobody knows which number it would have.
    let broken = || LocalError::Damaged(path.clone());
    let change = |line: &str| {
        let mut ids = line.strip_suffix('\n')?.splitn(3, ' ');
        let [was, is] = [ids.next()?, ids.next()?].map(ObjectId::parse);
        let change = Change { was: was?, is: is? };
        let fits = change.was.format() == format && change.is.format() == format;
        (fits && ids.next().is_some()).then_some(change)
    };
    let changes = text.split_inclusive('\n');
    let changes: Option<Vec<Change>> = changes.map(change).collect();
    changes.ok_or_else(broken).map(Some)
}
