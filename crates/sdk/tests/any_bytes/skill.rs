//! A skill's main file: what is published is what a host loads again.

use interlock_sdk::skills::{Skill, SkillEntry};

/// Panics when a promise is broken.
pub(crate) fn run(main: &[u8]) {
    if let Ok(skill) = Skill::new("", [("SKILL.md", main)]) {
        let entry = SkillEntry::parse(&skill.entry().to_json()).expect("an entry of ours");
        let loaded = entry.load(main).expect("a skill of ours");
        assert_eq!(loaded.text().as_bytes(), main);
    }
}
