//! A skill with a file beside its main one, in a directory of its own.

use interlock_sdk::server::Builder;
use interlock_sdk::skills::{Published, Skill, VerifyError};

const MAIN: &str = "---\nname: pdf-processing\ndescription: Extract, fill, and assemble PDF documents\nmetadata:\n  version: \"1.0\"\n---\n\n\
     # PDF processing\n\nRead [the forms](references/FORMS.md) first.\n";

/// Adds it.
///
/// # Errors
/// None, unless the skill above breaks a rule.
pub(super) fn offer(builder: Builder) -> Result<Builder, VerifyError> {
    let skill = Skill::new(
        "",
        [("SKILL.md", MAIN), ("references/FORMS.md", "# Forms\n")],
    )?;
    Ok(Published::new([skill]).offer(builder))
}
