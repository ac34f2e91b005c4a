//! The GitHub Action and the pre-commit hook are what GitHub and pre-commit read.

use std::path::Path;

use interlock_scan::{Document, Format, Node, Value as Written};
use serde_json::{Map, Value, json};

fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name);
    let document = Document::read(&std::fs::read(path).unwrap(), Format::Yaml);
    assert!(document.problems().is_empty(), "{:?}", document.problems());
    value(document.root().unwrap())
}

fn value(node: &Node) -> Value {
    match &node.value {
        Written::Null => Value::Null,
        Written::Bool(truth) => json!(truth),
        Written::Number(number) => serde_json::from_str(number).unwrap(),
        Written::Text(text) => json!(text),
        Written::List(elements) => elements.iter().map(value).collect(),
        Written::Map(members) => {
            let pairs = members
                .iter()
                .map(|member| (member.key.clone(), value(&member.value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

#[test]
fn the_action_is_valid_and_takes_no_input_for_a_script() {
    let schema: Value =
        serde_json::from_str(include_str!("../data/schemas/github-actions.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let action = read("action.yml");
    let errors: Vec<String> = validator
        .iter_errors(&action)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(action["runs"]["using"], "composite");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let scripts: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["run"].as_str())
        .collect();
    assert!(
        scripts
            .iter()
            .any(|script| script.contains("scan --format sarif"))
    );
    for script in scripts {
        // What an expression is replaced by would be run; inputs come as variables.
        assert!(!script.contains("${{"), "{script}");
    }
    for step in steps {
        assert!(step["uses"].is_null(), "{step}");
    }
}

#[test]
fn the_hook_is_what_pre_commit_reads() {
    let hooks = read(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().unwrap();
    assert!(!hooks.is_empty());
    const KEYS: &[&str] = &[
        "id",
        "name",
        "description",
        "entry",
        "language",
        "files",
        "pass_filenames",
        "require_serial",
    ];
    for hook in hooks {
        for key in ["id", "name", "entry", "language"] {
            assert!(
                hook[key].as_str().is_some_and(|text| !text.is_empty()),
                "{key}"
            );
        }
        for (key, _) in hook.as_object().unwrap() {
            assert!(KEYS.contains(&key.as_str()), "{key}");
        }
        assert_eq!(hook["language"], "system");
        assert!(
            hook["entry"]
                .as_str()
                .unwrap()
                .starts_with("interlock scan")
        );
    }
}
