//! Which names are taken, also as file systems that fold case or normalise Unicode see them.

use super::UnpackError;
use crate::locked::TreePath;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// The names in one archive: files, and the directories above them.
#[derive(Default)]
pub(crate) struct Names {
    /// Folded path → the path as written, and whether it is a file.
    taken: HashMap<String, (String, bool)>,
}

impl Names {
    /// Takes the path for a file. `Ok(false)` when a file of exactly this path was there before.
    pub(crate) fn file(&mut self, path: &TreePath) -> Result<bool, UnpackError> {
        let text = path.as_str();
        for (at, _) in text.match_indices('/') {
            self.take(text.get(..at).unwrap_or_default(), false)?;
        }
        self.take(text, true)
    }

    /// Takes the path for a directory, which may be told as often as one likes.
    pub(crate) fn directory(&mut self, path: &TreePath) -> Result<(), UnpackError> {
        let text = path.as_str();
        for (at, _) in text.match_indices('/') {
            self.take(text.get(..at).unwrap_or_default(), false)?;
        }
        self.take(text, false).map(|_| ())
    }

    /// That a path is there twice.
    pub(crate) fn twice(path: &TreePath) -> UnpackError {
        UnpackError::Collision {
            first: path.to_string(),
            second: path.to_string(),
        }
    }

    fn take(&mut self, text: &str, is_file: bool) -> Result<bool, UnpackError> {
        let folded = fold(text);
        let Some((first, first_is_file)) = self.taken.get(&folded) else {
            self.taken.insert(folded, (text.into(), is_file));
            return Ok(true);
        };
        if first == text && *first_is_file == is_file {
            return Ok(false);
        }
        Err(UnpackError::Collision {
            first: first.clone(),
            second: text.into(),
        })
    }
}

/// The form in which two names are equal when any common file system takes them for one: compatibility
/// decomposition, then case folding. It folds more than each of them does, which is the safe side.
fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let upper = text.nfkd().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).nfkd().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collisions() {
        for (first, second, expected) in [
            ("a", "b", "new"),
            ("a", "a", "same"),
            ("a", "A", "collision"),
            ("d/a", "D/b", "collision"),
            ("d/a", "d/b", "new"),
            ("a", "a/b", "collision"),
            ("a/b", "a", "collision"),
            ("caf\u{e9}", "cafe\u{301}", "collision"),
            ("straße", "STRASSE", "collision"),
            ("\u{212a}", "k", "collision"),
            ("ﬁle", "file", "collision"),
            ("ſ", "s", "collision"),
            ("é", "è", "new"),
        ] {
            let mut names = Names::default();
            assert!(names.file(&TreePath::new(first).unwrap()).unwrap());
            let shown = match names.file(&TreePath::new(second).unwrap()) {
                Ok(true) => "new",
                Ok(false) => "same",
                Err(UnpackError::Collision { .. }) => "collision",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(shown, expected, "{first} {second}");
        }
    }
}
