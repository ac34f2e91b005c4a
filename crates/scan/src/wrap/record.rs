//! One rewriting of one file, as it is kept in the journal.

use std::path::PathBuf;

use interlock_launch::Digest;
use serde_json::{Value, json};

/// What was changed in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The file itself, with no link on the way to it.
    pub path: PathBuf,
    /// Which client reads it.
    pub client: String,
    /// Which of the client's places it is at, as its path stands in the table.
    pub place: String,
    /// Counts the rewritings of this file.
    pub sequence: u64,
    /// The digest of what was written.
    pub after: Digest,
    /// The bytes that were there before.
    pub original: Vec<u8>,
    /// The entries that were wrapped, and how they were written.
    pub entries: Vec<Kept>,
}

/// How an entry was written before: what its wrapped form does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The keys that lead to the entry.
    pub at: Vec<String>,
    /// The command as a literal of the file, quotes included.
    pub literal: String,
    /// The command.
    pub command: String,
    /// Whether there were arguments at all, be it an empty list.
    pub had_args: bool,
}

impl Record {
    /// The digest of the original bytes.
    #[must_use]
    pub fn before(&self) -> Digest {
        Digest::of(&self.original)
    }

    /// How the entry at this place was written before.
    #[must_use]
    pub fn kept(&self, at: &[String]) -> Option<&Kept> {
        self.entries.iter().find(|kept| kept.at == at)
    }

    pub(super) fn to_json(&self, sequence: u64) -> Value {
        let entries = self.entries.iter().map(|kept| {
            json!({
                "at": kept.at,
                "literal": kept.literal,
                "command": kept.command,
                "had_args": kept.had_args,
            })
        });
        json!({
            "v": 1,
            "path": self.path.to_string_lossy(),
            "client": self.client,
            "place": self.place,
            "sequence": sequence,
            "before": self.before().to_string(),
            "after": self.after.to_string(),
            "entries": entries.collect::<Vec<_>>(),
        })
    }

    /// None where the text is no record, or the original is not the one that it names.
    pub(super) fn from_json(text: &[u8], original: Vec<u8>) -> Option<Self> {
        let value: Value = serde_json::from_slice(text).ok()?;
        let word = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        if value.get("v")?.as_u64()? != 1 || word("before")? != Digest::of(&original).to_string() {
            return None;
        }
        let entries = value.get("entries")?.as_array()?;
        Some(Self {
            path: PathBuf::from(word("path")?),
            client: word("client")?,
            place: word("place")?,
            sequence: value.get("sequence")?.as_u64()?,
            after: word("after")?.parse().ok()?,
            original,
            entries: entries.iter().map(kept).collect::<Option<_>>()?,
        })
    }
}

fn kept(value: &Value) -> Option<Kept> {
    let word = |key: &str| value.get(key)?.as_str().map(str::to_owned);
    let at = value.get("at")?.as_array()?;
    Some(Kept {
        at: at
            .iter()
            .map(|key| key.as_str().map(str::to_owned))
            .collect::<Option<_>>()?,
        literal: word("literal")?,
        command: word("command")?,
        had_args: value.get("had_args")?.as_bool()?,
    })
}
