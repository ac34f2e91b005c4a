//! Branches, tags and `HEAD` in files: files with a hash, files with another name, one file with many of them, and for each name
//! a file of how it changed (gitrepository-layout).

use super::LocalError;
use super::files::{first_line, line, text};
use super::references::{Change, Value, is_name};
use crate::git::{ObjectFormat, ObjectId};
use std::path::Path;

/// What a name stands for; `place` has the files of this name, `common` the packed ones. A file that says nothing is an error: what the
/// word could mean besides is something else.
pub(super) fn value(place: &Path, common: &Path, name: &str) -> Result<Option<Value>, LocalError> {
    let path = place.join(name);
    // It has a line for each branch that was fetched, and says more behind the hash.
    let line = match name {
        "FETCH_HEAD" => first_line(&path)?,
        _ => line(&path)?,
    };
    let Some(line) = line else {
        return packed(common, name);
    };
    let value = match line.strip_prefix("ref:").map(str::trim) {
        Some(other) => is_name(other).then(|| Value::Leads(other.to_owned())),
        None => {
            let first = line.split_ascii_whitespace().next();
            first.and_then(ObjectId::parse).map(Value::Is)
        }
    };
    value.ok_or(LocalError::Damaged(path)).map(Some)
}

fn packed(common: &Path, name: &str) -> Result<Option<Value>, LocalError> {
    let path = common.join("packed-refs");
    let text = text(&path)?.unwrap_or_default();
    let mut lines = text.lines().filter(|line| !line.starts_with(['#', '^']));
    let found = lines.find_map(|line| line.split_once(' ').filter(|(_, it)| *it == name));
    let Some((id, _)) = found else {
        return Ok(None);
    };
    let id = ObjectId::parse(id).ok_or(LocalError::Damaged(path))?;
    Ok(Some(Value::Is(id)))
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
