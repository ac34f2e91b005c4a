//! Branches, tags and `HEAD` in tables (Git's `reftable` format): a list of tables, in which a newer one counts before an older one.
//!
//! Everything is read at once; nothing is written, locked or compacted.

use super::LocalError;
use super::files::{MOST_OF_MANY, bytes, text};
use super::references::{Change, Value};
use super::table::{Budget, Found, table};
use crate::git::ObjectFormat;
use std::collections::BTreeMap;
use std::path::Path;

/// Most tables of one list. Git merges them long before.
const MOST: usize = 1000;
/// Most bytes of names and logs of one list, unpacked.
const MOST_UNPACKED: usize = 256 << 20;
/// How often the list is read again, when a table in it was merged with others meanwhile.
const TRIES: usize = 5;

/// The names of one work tree, or of all.
#[derive(Default)]
pub(super) struct Stack {
    /// What each name stands for, and which table says so; `None` where it was taken away.
    names: BTreeMap<Vec<u8>, (usize, Option<Value>)>,
    /// The last table in which a change of the name was written down when it was made.
    changed: BTreeMap<Vec<u8>, usize>,
    /// Changes by name and number; `None` where one was taken out of the log.
    log: BTreeMap<(Vec<u8>, u64), Option<Change>>,
    /// Of the tables: the last number of a change, and bytes.
    last: Option<u64>,
    size: u64,
}

impl Stack {
    /// The tables in a directory.
    pub(super) fn read(directory: &Path, format: ObjectFormat) -> Result<Self, LocalError> {
        Self::within(directory, format, MOST_UNPACKED)
    }

    /// The same for no more bytes than these, unpacked.
    fn within(directory: &Path, format: ObjectFormat, most: usize) -> Result<Self, LocalError> {
        let list = directory.join("tables.list");
        let damaged = || LocalError::Damaged(list.clone());
        for _ in 0..TRIES {
            let names = text(&list)?.ok_or_else(damaged)?;
            if !(names.is_empty() || names.ends_with('\n')) || names.lines().count() > MOST {
                return Err(damaged());
            }
            let mut stack = Self::default();
            let mut budget = Budget::new(most);
            let mut tables = names.lines().enumerate();
            let whole = tables.try_fold(true, |whole, (rank, name)| {
                let is_name = !name.is_empty() && !name.starts_with('.') && !name.contains('/');
                let path = is_name.then(|| directory.join(name)).ok_or_else(damaged)?;
                let found = stack.add(&path, (rank, format), &mut budget)?;
                Ok::<bool, LocalError>(whole && found)
            })?;
            if whole {
                return Ok(stack);
            }
        }
        Err(damaged())
    }

    /// Puts a table upon the others; gives whether it is there.
    fn add(
        &mut self,
        path: &Path,
        (rank, format): (usize, ObjectFormat),
        budget: &mut Budget,
    ) -> Result<bool, LocalError> {
        let Some(bytes) = bytes(path, MOST_OF_MANY)? else {
            return Ok(false);
        };
        self.size += bytes.len() as u64;
        let too_many = LocalError::Unsupported("more branches and tags than are looked through");
        if self.size > MOST_OF_MANY {
            return Err(too_many);
        }
        let last = self.last;
        let range = table(&bytes, format, budget, |found, own| match found {
            Found::Name(name, value) => {
                self.names.insert(name.to_vec(), (rank, value));
            }
            Found::Change(name, number, change) => {
                let is_new = change.as_ref().is_some_and(|it| !it.is.is_zero());
                if is_new && own.contains(&number) {
                    self.changed.insert(name.to_vec(), rank);
                }
                self.log.insert((name.to_vec(), number), change);
            }
        });
        if range.is_none() && budget.is_spent() {
            return Err(too_many);
        }
        // Each is younger than the one below it.
        let range = range.filter(|range| last.is_none_or(|last| last < *range.start()));
        let range = range.ok_or_else(|| LocalError::Damaged(path.into()))?;
        self.last = Some(*range.end());
        Ok(true)
    }

    /// What a name stands for.
    pub(super) fn value(&self, name: &str) -> Result<Option<Value>, LocalError> {
        let Some((rank, value)) = self.names.get(name.as_bytes()) else {
            return Ok(None);
        };
        // Names are not protected by any sum. Where a later change is in the log, the name that it belongs to was lost, and what
        // is found is what it was before. A name that leads to another one has the other one's changes in its log, and whether it
        // was lost itself, nobody can tell.
        let lost = self.changed.get(name.as_bytes()) > Some(rank);
        if lost && matches!(value, Some(Value::Is(_))) {
            return Err(LocalError::Lost(name.to_owned()));
        }
        Ok(value.clone())
    }

    /// How a name changed, the oldest change first. `None` where nobody wrote that down.
    pub(super) fn log(&self, name: &str) -> Option<Vec<Change>> {
        let of = |number| (name.as_bytes().to_vec(), number);
        let changes = self.log.range(of(0)..=of(u64::MAX));
        let changes: Vec<&Change> = changes.filter_map(|(_, change)| change.as_ref()).collect();
        // One from nothing to nothing says that there is a log, and is no change.
        let is_change = |it: &&Change| !(it.was.is_zero() && it.is.is_zero());
        let is_there = !changes.is_empty();
        is_there.then(|| changes.into_iter().filter(is_change).cloned().collect())
    }
}

#[cfg(test)]
#[path = "reftable_tests.rs"]
mod tests;
