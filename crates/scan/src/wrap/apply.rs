//! Making a plan true: first the record on disk, then the file.

use interlock_launch::Digest;

use crate::discover::read_text;

use super::journal::{Journal, JournalError};
use super::plan::Plan;
use super::record::Record;
use super::replace::ReplaceError;
use super::unplan::{Unplan, merge, wrapped};

/// Why a file was not rewritten. It is whole in any case.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// What was there could not be kept, so nothing was changed.
    #[error("nothing was changed")]
    Journal(#[from] JournalError),
    /// The file could not be replaced.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
}

impl Plan {
    /// Keeps what is there in the journal, then writes the new text. Without an entry to wrap, nothing is written. Gives the names of the
    /// file's extended attributes that could not be kept.
    ///
    /// # Errors
    /// When either cannot be done. The file is then as it was.
    pub fn apply(self, journal: &Journal) -> Result<Vec<String>, ApplyError> {
        if self.wrapped.is_empty() {
            return Ok(Vec::new());
        }
        let path = self.original.path().to_owned();
        let record = self.record(&journal.records(&path)?);
        journal.keep(&record)?;
        let lost = self.original.replace(self.text.as_bytes())?;
        let before = read_text(self.client, self.place, &path, &record.original);
        // What an entry was that could not be unwrapped is only in the earlier ones.
        if !before.servers.iter().any(wrapped) {
            // Earlier records are of no use any more; one too many does no harm.
            let _pruned = journal.forget(&path, Some(record.after));
        }
        Ok(lost)
    }

    /// What to keep. Entries that were wrapped before are unwrapped in the original that is kept: `unwrap` undoes all of it.
    pub(super) fn record(&self, records: &[Record]) -> Record {
        let now = Digest::of(self.original.bytes());
        let exact = records.iter().find(|record| record.after == now);
        let earlier = exact.or(records.first());
        let mut entries: Vec<_> = self
            .wrapped
            .iter()
            .map(|wrapped| wrapped.kept.clone())
            .collect();
        let file = read_text(
            self.client,
            self.place,
            self.original.path(),
            self.original.bytes(),
        );
        let merged = merge(&file, earlier).ok();
        entries.extend(merged.iter().flat_map(|merged| merged.kept.clone()));
        let stays = file.servers.iter().filter(|server| wrapped(server));
        let stays: Vec<_> = stays
            .filter(|server| entries.iter().all(|kept| kept.at != server.trail))
            .filter_map(|server| earlier?.kept(&server.trail).cloned())
            .collect();
        entries.extend(stays);
        let original = match (exact, merged) {
            (Some(exact), _) => exact.original.clone(),
            (None, Some(merged)) => merged.text.into_bytes(),
            (None, None) => self.original.bytes().to_owned(),
        };
        Record {
            path: self.original.path().to_owned(),
            client: self.client.id.to_owned(),
            place: self.place.path.to_owned(),
            sequence: 0,
            after: Digest::of(self.text.as_bytes()),
            original,
            entries,
        }
    }
}

impl Unplan {
    /// Writes the file as it was, and drops its records. Gives the names of the file's extended attributes that could not be kept.
    ///
    /// # Errors
    /// When the file cannot be replaced; it is then as it was.
    pub fn apply(self, journal: &Journal) -> Result<Vec<String>, ApplyError> {
        let path = self.original.path().to_owned();
        let mut lost = Vec::new();
        if self.bytes != self.original.bytes() {
            lost = self.original.replace(&self.bytes)?;
        }
        if self.skipped.is_empty() {
            // The file is as it should be; a record that stays is no reason to fail.
            let _forgotten = journal.forget(&path, None);
        }
        Ok(lost)
    }
}
