//! A start that is tried again where the store was used by somebody else meanwhile.

use crate::contain::ContainError;
use crate::run::NotStarted;

/// How often a start is tried whose files changed meanwhile.
const ATTEMPTS: usize = 3;

/// Starts all over where something changed before anything ran: whoever adds to the store meanwhile gives files that are
/// shared another link, and with it another time of change. Each attempt is resolved, admitted and recorded for itself, so none trusts
/// what an earlier one saw.
pub(crate) fn settled<T>(
    mut attempt: impl FnMut() -> Result<T, NotStarted>,
) -> Result<T, NotStarted> {
    for _ in 1..ATTEMPTS {
        match attempt() {
            Err(NotStarted::NotContained(ContainError::Changed(_))) => {}
            other => return other,
        }
    }
    attempt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use interlock_launch::Identity;
    use std::path::Path;

    fn changed() -> NotStarted {
        let identity = Identity {
            path: Path::new("/x"),
            device: 1,
            inode: 1,
        };
        NotStarted::NotContained(ContainError::Changed(identity.changed()))
    }

    #[test]
    fn only_what_changed_meanwhile_is_tried_again() {
        for (fails, starts, attempts) in [(0, true, 1), (1, true, 2), (2, true, 3), (3, false, 3)] {
            let mut tried = 0;
            let found = settled(|| {
                tried += 1;
                if tried > fails {
                    Ok(())
                } else {
                    Err(changed())
                }
            });
            assert_eq!((found.is_ok(), tried), (starts, attempts), "{fails}");
        }
        // What ran already is not run again.
        let overtaken = || match changed() {
            NotStarted::NotContained(ContainError::Changed(it)) => {
                NotStarted::NotContained(ContainError::Overtaken(it))
            }
            other => other,
        };
        let objected = || NotStarted::Objected("no".to_owned());
        let others: [&dyn Fn() -> NotStarted; 2] = [&overtaken, &objected];
        for other in others {
            let mut tried = 0;
            let found: Result<(), _> = settled(|| {
                tried += 1;
                Err(other())
            });
            assert!(found.is_err());
            assert_eq!(tried, 1);
        }
    }
}
