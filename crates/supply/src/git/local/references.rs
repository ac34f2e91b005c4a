//! Branches, tags and `HEAD`, as people name them, now and some changes ago (gitrevisions). How they are kept is told apart here and
//! read elsewhere.

use super::files::Kept;
use super::reftable::Stack;
use super::{LocalError, loose};
use crate::git::ObjectId;
use std::path::{Path, PathBuf};

/// Most names that lead to others.
const DEEPEST: usize = 5;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Is(ObjectId),
    /// Another name.
    Leads(String),
    /// What is the name of nothing.
    Astray,
}

/// One change of what a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) was: ObjectId,
    pub(super) is: ObjectId,
}

/// The names of a repository.
pub(super) struct References {
    /// What belongs to this work tree alone.
    own: PathBuf,
    /// What all work trees share.
    common: PathBuf,
    kept: Kept,
    /// This work tree's and everybody's, where names are kept in tables.
    tables: Option<[Stack; 2]>,
}

impl References {
    pub(super) fn open(own: &Path, common: &Path, kept: Kept) -> Result<Self, LocalError> {
        let stack = |place: &Path| Stack::read(&place.join("reftable"), kept.format);
        let tables = match kept.in_tables {
            true if own == common => Some([Stack::default(), stack(common)?]),
            true => Some([stack(own)?, stack(common)?]),
            false => None,
        };
        Ok(Self {
            own: own.into(),
            common: common.into(),
            kept,
            tables,
        })
    }

    /// What a person's word stands for.
    pub(super) fn named(&self, word: &str) -> Result<Option<ObjectId>, LocalError> {
        for name in meant(word)? {
            if let Some((_, id)) = self.resolved(name)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// What it stood for a number of changes ago; without a word, what the branch of this work tree did.
    pub(super) fn earlier(
        &self,
        word: &str,
        number: usize,
    ) -> Result<Option<ObjectId>, LocalError> {
        let names = match word {
            "" => {
                let head = self.resolved("HEAD".to_owned())?;
                head.map(|(name, _)| name).into_iter().collect()
            }
            word => meant(word)?,
        };
        for name in names {
            let Some((last, id)) = self.resolved(name.clone())? else {
                continue;
            };
            for name in [name, last] {
                if let Some(changes) = self.log(&name)? {
                    return before(&changes, number, id, name).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// The commit or tag at the end of names that lead to each other, and the last one of them.
    fn resolved(&self, mut name: String) -> Result<Option<(String, ObjectId)>, LocalError> {
        for _ in 0..=DEEPEST {
            match self.value(&name)? {
                Some(Value::Is(id)) => return Ok(Some((name, id))),
                Some(Value::Leads(other)) => name = other,
                Some(Value::Astray) => return Err(LocalError::Astray(name)),
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    fn value(&self, name: &str) -> Result<Option<Value>, LocalError> {
        // Where fetches and merges leave what they found, it is always files.
        match self
            .stack(name)
            .filter(|_| !["FETCH_HEAD", "MERGE_HEAD"].contains(&name))
        {
            Some(stack) => stack.value(name),
            None => loose::value(self.place(name), &self.common, name),
        }
    }

    fn log(&self, name: &str) -> Result<Option<Vec<Change>>, LocalError> {
        match self.stack(name) {
            Some(stack) => Ok(stack.log(name)),
            None => loose::log(self.place(name), name, self.kept.format),
        }
    }

    fn stack(&self, name: &str) -> Option<&Stack> {
        let [own, common] = self.tables.as_ref()?;
        let is_shared = self.place(name) == self.common;
        Some(if is_shared { common } else { own })
    }

    /// The directory that a name belongs to.
    fn place(&self, name: &str) -> &Path {
        let alone = !name.contains('/')
            || ["refs/worktree/", "refs/bisect/", "refs/rewritten/"]
                .iter()
                .any(|it| name.starts_with(it));
        if alone { &self.own } else { &self.common }
    }
}

/// What a name that stands for `now` stood for some changes ago. They are counted, so each has to begin where the one before it ended.
fn before(
    changes: &[Change],
    number: usize,
    now: ObjectId,
    name: String,
) -> Result<ObjectId, LocalError> {
    let mut id = now;
    let mut counted = changes.iter().rev();
    for count in 0..number {
        match counted.next() {
            Some(change) if change.is == id => id = change.was.clone(),
            Some(_) => return Err(LocalError::Gap(name)),
            None => return Err(LocalError::NoEntry { name, count }),
        }
    }
    let is_gap = counted.next().is_some_and(|change| change.is != id);
    match (is_gap, id.is_zero()) {
        (true, _) => Err(LocalError::Gap(name)),
        // It was not there before.
        (_, true) => Err(LocalError::NoEntry {
            name,
            count: number.saturating_sub(1),
        }),
        (_, false) => Ok(id),
    }
}

/// The names that a word may stand for, the first one that there is counts.
fn meant(word: &str) -> Result<Vec<String>, LocalError> {
    if !is_name(word) {
        return Ok(Vec::new());
    }
    // To Git they mean another work tree's `HEAD` first, and a branch or tag after that.
    if word.starts_with("worktrees/") || word.starts_with("main-worktree/") {
        return Err(LocalError::Unsupported("names of further work trees"));
    }
    let capital = |b: u8| b.is_ascii_uppercase() || b == b'_';
    let all = [
        word.bytes().all(capital).then(|| word.to_owned()),
        word.starts_with("refs/").then(|| word.to_owned()),
        Some(format!("refs/{word}")),
        Some(format!("refs/tags/{word}")),
        Some(format!("refs/heads/{word}")),
        Some(format!("refs/remotes/{word}")),
        Some(format!("refs/remotes/{word}/HEAD")),
    ];
    Ok(all.into_iter().flatten().collect())
}

/// What Git takes for the name of a branch or tag: nothing that leaves the directory of names.
pub(super) fn is_name(word: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let plain = |c: char| !c.is_control() && !" ~^:?*[\\".contains(c);
    word.chars().all(plain)
        && word.split('/').all(part)
        && !word.contains("..")
        && !word.ends_with('.')
        && !word.contains("@{")
        && !word.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (word, good) in [
            ("main", true),
            ("feature/a-b", true),
            ("v1.0.0", true),
            ("refs/heads/main", true),
            ("../config", false),
            ("a/../b", false),
            ("a//b", false),
            ("/etc/passwd", false),
            ("a/", false),
            (".git", false),
            ("a.lock", false),
            ("a.lock/b", false),
            ("a./b", true),
            ("a.", false),
            ("a/b.", false),
            ("main@{1}", false),
            ("a b", false),
            ("a:b", false),
            ("-x", false),
            ("a\nb", false),
            ("", false),
        ] {
            assert_eq!(is_name(word), good, "{word}");
        }
    }

    #[test]
    fn changes_are_counted_from_the_last_one() {
        let id = |digit: char| ObjectId::parse(&digit.to_string().repeat(40)).unwrap();
        let changes = |text: &str| {
            let pairs = text.split_terminator(' ').map(|pair| {
                let [was, is] = [0, 1].map(|at| id(pair.chars().nth(at).unwrap()));
                Change { was, is }
            });
            pairs.collect::<Vec<_>>()
        };
        let gap = "gaps in it";
        for (log, now, number, expected) in [
            ("01 12 23", '3', 0, Ok('3')),
            ("01 12 23", '3', 1, Ok('2')),
            ("01 12 23", '3', 2, Ok('1')),
            ("01 12 23", '3', 3, Err("back 2 changes")),
            ("01 12 23", '3', 4, Err("back 3 changes")),
            ("12 23", '3', 2, Ok('1')),
            ("12 23", '3', 3, Err("back 2 changes")),
            ("", '9', 0, Ok('9')),
            ("", '9', 1, Err("back 0 changes")),
            ("01 12 23", '2', 0, Err(gap)),
            ("01 12 23", '2', 1, Err(gap)),
            ("01 23", '3', 0, Ok('3')),
            ("01 23", '3', 1, Err(gap)),
            ("01 23 34", '4', 1, Ok('3')),
            ("01 23 34", '4', 3, Err(gap)),
        ] {
            let found = before(&changes(log), number, id(now), "main".to_owned());
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, id(expected), "{log} {number}"),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
                (found, _) => panic!("{log} {number}: {found:?}"),
            }
        }
    }
}
