//! What is made in one place only, so that no other way of making it forgets a rule.

use super::{SourceFile, Untidy};

/// A call, the one file of the command that may make it, and what to take instead.
const MAKERS: [(&str, &str, &str); 1] = [(
    "Trust::for_user",
    "crates/cli/src/context.rs",
    "take `Context::trust`, which knows the hosts that this user named",
)];

/// Calls of the command that stand elsewhere than in their one place.
#[must_use]
pub fn made_elsewhere(sources: &[SourceFile]) -> Vec<Untidy> {
    let of_command = sources
        .iter()
        .filter(|source| source.path.starts_with("crates/cli/src/"));
    let mut found = Vec::new();
    for source in of_command {
        for (call, place, instead) in MAKERS {
            if source.path != place && source.text.contains(call) {
                found.push(Untidy {
                    place: source.path.clone(),
                    problem: format!("`{call}` is for `{place}`: {instead}"),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_makes_the_trust_of_a_command() {
        let call = "let trust = Trust::for_user(&variable, offline);\n";
        for (path, text, problems) in [
            ("crates/cli/src/context.rs", call, 0),
            ("crates/cli/src/commands/approve/fetched.rs", call, 1),
            (
                "crates/cli/src/commands/approve/fetched.rs",
                "context.trust(policy)",
                0,
            ),
            ("crates/supply/src/http/mod.rs", call, 0),
        ] {
            let source = SourceFile {
                path: path.to_owned(),
                text: text.to_owned(),
            };
            assert_eq!(made_elsewhere(&[source]).len(), problems, "{path} {text}");
        }
    }
}
