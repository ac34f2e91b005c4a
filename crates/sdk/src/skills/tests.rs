use serde_json::{Value, json};

use super::publish::media_type;
use super::{Digest, EntryError, Manifest, Skill, SkillEntry, VerifyError};

const MAIN: &str = "---\nname: pdf-processing\ndescription: Extract and fill\n---\n\nBody.\n";

fn skill() -> Skill {
    Skill::new(
        "acme/tools",
        [("SKILL.md", MAIN), ("references/FORMS.md", "Forms.\n")],
    )
    .unwrap()
}

fn entry_with(change: impl FnOnce(&mut Value)) -> Result<SkillEntry, EntryError> {
    let mut entry = skill().entry().to_json();
    change(&mut entry);
    SkillEntry::parse(&entry)
}

#[test]
fn an_entry_is_read_as_it_is_written() {
    let skill = skill();
    let json = skill.entry().to_json();
    assert_eq!(SkillEntry::parse(&json).as_ref(), Ok(skill.entry()));
    assert_eq!(json["uri"], "skill://acme/tools/pdf-processing/SKILL.md");
    assert_eq!(
        json["resources"][1]["uri"],
        "skill://acme/tools/pdf-processing/references/FORMS.md"
    );
    assert_eq!(json["resources"][1]["size"], 7);
    assert_eq!(skill.entry().description(), "Extract and fill");
    let uris: Vec<String> = skill.files().map(|(uri, _)| uri).collect();
    assert_eq!(uris.len(), 2);
}

#[test]
fn an_entry_that_breaks_a_rule_is_refused() {
    type Change = fn(&mut Value);
    let cases: &[(EntryError, Change)] = &[
        (EntryError::Member("uri"), |e| e["uri"] = Value::Null),
        (EntryError::Member("frontmatter"), |e| {
            e["frontmatter"] = json!([])
        }),
        (EntryError::Member("name"), |e| {
            e["frontmatter"]["name"] = json!(1)
        }),
        (EntryError::Member("description"), |e| {
            e["frontmatter"]["description"] = json!("")
        }),
        (EntryError::Member("resources"), |e| {
            e["resources"] = json!("static")
        }),
        (EntryError::Member("resources.size"), |e| {
            e["resources"][0]["size"] = json!(-1)
        }),
        (EntryError::Member("resources.digest"), |e| {
            e["resources"][0]["digest"] = json!("sha256:00")
        }),
        (EntryError::Name, |e| {
            e["frontmatter"]["name"] = json!("Pdf")
        }),
        (EntryError::Name, |e| {
            e["frontmatter"]["name"] = json!("a--b")
        }),
        (EntryError::Uri, |e| {
            e["frontmatter"]["name"] = json!("other")
        }),
        (EntryError::Uri, |e| {
            e["uri"] = json!("skill://acme/tools/pdf-processing")
        }),
        (EntryError::File, |e| {
            e["resources"][1]["uri"] = json!("skill://acme/tools/other/x")
        }),
        (EntryError::File, |e| {
            e["resources"][1]["uri"] = json!("skill://acme/tools/pdf-processing/../other/x");
        }),
        (EntryError::File, |e| {
            e["resources"][1]["uri"] = json!("skill://acme/tools/pdf-processing/%2e%2E/x");
        }),
        (EntryError::File, |e| {
            e["resources"][1] = e["resources"][0].clone()
        }),
        (EntryError::Incomplete, |e| e["resources"] = json!([])),
        (EntryError::TooLarge, |e| {
            e["resources"][0]["size"] = json!(17 * 1024 * 1024)
        }),
        (EntryError::TooLarge, |e| {
            e["resources"] = Value::Array(vec![e["resources"][0].clone(); 513]);
        }),
    ];
    for (expected, change) in cases {
        assert_eq!(entry_with(change).as_ref(), Err(expected));
    }
}

#[test]
fn verified_content_is_loaded() {
    let loaded = skill().entry().clone().load(MAIN.as_bytes()).unwrap();
    assert_eq!(loaded.text(), MAIN);
    let uri = loaded.locate("references/FORMS.md").unwrap();
    assert_eq!(loaded.verify(uri, b"Forms.\n"), Ok(()));
    assert_eq!(loaded.entry().name(), "pdf-processing");
}

#[test]
fn content_that_is_not_what_was_promised_is_refused() {
    let entry = || skill().entry().clone();
    let other = MAIN.replace("Body", "Evil");
    assert_eq!(entry().load(other.as_bytes()), Err(VerifyError::Digest));
    let longer = format!("{MAIN}more");
    assert_eq!(entry().load(longer.as_bytes()), Err(VerifyError::Size));
    let loaded = entry().load(MAIN.as_bytes()).unwrap();
    let uri = loaded.locate("references/FORMS.md").unwrap();
    assert_eq!(loaded.verify(uri, b"forms.\n"), Err(VerifyError::Digest));
    for path in [
        "references/OTHER.md",
        "../x",
        "references/../references/FORMS.md",
        "",
    ] {
        assert_eq!(
            loaded.locate(path),
            Err(VerifyError::Unlisted(path.to_owned()))
        );
    }
}

#[test]
fn a_frontmatter_that_differs_from_the_entry_is_refused() {
    for (from, to) in [
        ("Extract", "Exfiltrate"),
        ("description: E", "license: x\ndescription: E"),
    ] {
        let text = MAIN.replace(from, to);
        let entry = entry_with(|entry| {
            entry["resources"][0]["digest"] = json!(Digest::of(text.as_bytes()).to_string());
            entry["resources"][0]["size"] = json!(text.len());
        });
        let refused = entry.unwrap().load(text.as_bytes());
        assert!(
            matches!(refused, Err(VerifyError::Frontmatter(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn a_dynamic_skill_cannot_be_verified() {
    let entry = entry_with(|entry| entry["resources"] = json!("dynamic")).unwrap();
    assert_eq!(entry.manifest(), &Manifest::Dynamic);
    assert_eq!(entry.to_json()["resources"], "dynamic");
    assert_eq!(entry.load(MAIN.as_bytes()), Err(VerifyError::Dynamic));
}

#[test]
fn a_skill_that_hosts_would_refuse_is_not_published() {
    fn check(prefix: &str, main: &str) {
        assert!(
            Skill::new(prefix, [("SKILL.md", main)]).is_err(),
            "{prefix} {main}"
        );
    }
    check("", "no frontmatter");
    check("", "---\nname: a\ndescription: b\n");
    check("", "---\nname: A\ndescription: b\n---\n");
    check("", "---\nname: a\n---\n");
    check("", "---\nname: &a b\ndescription: c\n---\n");
    check("../up", MAIN);
    assert!(Skill::new("", [("README.md", MAIN)]).is_err());
    assert!(Skill::new("", [("SKILL.md", MAIN), ("../x", "")]).is_err());
}

#[test]
fn digests_are_read_as_they_are_written() {
    let digest = Digest::of(b"x");
    assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
    for text in ["", "sha256:", "sha1:00", &digest.to_string().to_uppercase()] {
        assert_eq!(Digest::parse(text), None);
    }
}

#[test]
fn media_types_follow_from_names() {
    assert_eq!(media_type("skill://a/SKILL.md"), "text/markdown");
    assert_eq!(media_type("skill://a.md/x"), "application/octet-stream");
}
