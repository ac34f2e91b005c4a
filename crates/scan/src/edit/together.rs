//! Making many changes to one text at once, and finding the few that cannot be made.
//!
//! Each try reads the whole text again, so changes are not tried one by one: all of them first, and halves only where that fails. That is
//! one try for a file in which everything goes, and a few for each change that does not.

use super::edits::EditError;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Together {
    /// The text with every change that could be made; none where none was.
    pub(crate) text: Option<String>,
    /// The numbers of the changes that were left out, in order, and why.
    pub(crate) left: Vec<(usize, EditError)>,
}

/// After so many that cannot be made, those that are not made yet are left out as well: the file is not what it seems.
const MOST_LEFT: usize = 64;

/// Makes as many of `count` changes as go together, the earlier ones first. `make` makes those with the numbers given.
pub(crate) fn together(
    count: usize,
    mut make: impl FnMut(&[usize]) -> Result<String, EditError>,
) -> Together {
    let all: Vec<usize> = (0..count).collect();
    let mut outcome = Together::default();
    let mut made = Vec::with_capacity(count);
    part(&all, &mut made, &mut outcome, &mut make);
    outcome
}

/// Halves are halved again: the depth is the logarithm of their number.
fn part(
    wanted: &[usize],
    made: &mut Vec<usize>,
    outcome: &mut Together,
    make: &mut impl FnMut(&[usize]) -> Result<String, EditError>,
) {
    if wanted.is_empty() {
        return;
    }
    if outcome.left.len() >= MOST_LEFT {
        let left = wanted.iter().map(|one| (*one, EditError::Differs));
        outcome.left.extend(left);
        return;
    }
    let before = made.len();
    made.extend_from_slice(wanted);
    let error = match make(made) {
        Ok(text) => {
            outcome.text = Some(text);
            return;
        }
        Err(error) => error,
    };
    made.truncate(before);
    if let [alone] = wanted {
        outcome.left.push((*alone, error));
        return;
    }
    let (one, other) = wanted.split_at(wanted.len() / 2);
    part(one, made, outcome, make);
    part(other, made, outcome, make);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes changes of which some cannot be made; the text is the list of those that were.
    fn check(count: usize, bad: &[usize], most_tries: usize) {
        let mut tries = 0;
        let outcome = together(count, |wanted| {
            tries += 1;
            if wanted.iter().any(|one| bad.contains(one)) {
                return Err(EditError::Overlap);
            }
            Ok(format!("{wanted:?}"))
        });
        let good: Vec<usize> = (0..count).filter(|one| !bad.contains(one)).collect();
        let text = (!good.is_empty()).then(|| format!("{good:?}"));
        assert_eq!(outcome.text, text);
        let left: Vec<usize> = outcome.left.iter().map(|(one, _)| *one).collect();
        assert_eq!(left, bad);
        assert!(tries <= most_tries, "{tries} tries");
    }

    #[test]
    fn what_goes_is_made_in_few_tries() {
        check(0, &[], 0);
        check(1, &[], 1);
        check(1, &[0], 1);
        check(100_000, &[], 1);
        check(100_000, &[77_777], 40);
        check(1000, &[0, 500, 999], 60);
        check(4, &[0, 1, 2, 3], 7);
        let all: Vec<usize> = (0..10_000).collect();
        check(10_000, &all, 200);
    }
}
