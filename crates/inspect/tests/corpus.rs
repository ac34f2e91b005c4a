//! Every case of the corpora of definitions and results.

use interlock_inspect::{
    Finding, Severity, changes, instructions, name_beside, result, tool, value,
};
use serde_json::{Value, json};

/// Judges every case of a corpus: rejected means refused, detected means more than told, allowed means no more than told.
#[track_caller]
fn check(corpus: &str, cases: usize, findings: fn(&Value) -> Vec<Finding>) {
    let mut failures = Vec::new();
    for line in corpus.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let found = findings(&case);
        let worst = found
            .iter()
            .map(|finding| finding.severity)
            .max()
            .unwrap_or(Severity::Info);
        let holds = match case["expected"].as_str().expect("a case expects something") {
            "reject" => worst == Severity::Critical,
            "detect" => worst > Severity::Info,
            "allow" => worst == Severity::Info,
            other => panic!("unknown expectation {other}"),
        };
        if !holds {
            failures.push(format!(
                "{} expected {}, found {found:?}",
                case["id"], case["expected"]
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(corpus.lines().count(), cases, "the corpus lost cases");
}

#[test]
fn definitions_are_judged_as_expected() {
    check(include_str!("data/tool-metadata.jsonl"), 29, |case| {
        let input = &case["input"];
        if let Some(text) = input["serverInstructions"].as_str() {
            return instructions(text);
        }
        if input["before"].is_array() {
            let texts = |list: &Value| {
                list.as_array()
                    .unwrap()
                    .iter()
                    .map(Value::to_string)
                    .collect::<Vec<_>>()
            };
            let (before, after) = (texts(&input["before"]), texts(&input["after"]));
            let slices = |list: &[String]| {
                list.iter()
                    .map(|text| text.clone().into_bytes())
                    .collect::<Vec<_>>()
            };
            let (before, after) = (slices(&before), slices(&after));
            let (before, after): (Vec<&[u8]>, Vec<&[u8]>) = (
                before.iter().map(Vec::as_slice).collect(),
                after.iter().map(Vec::as_slice).collect(),
            );
            return changes(&before, &after);
        }
        let mut findings = tool(generated(&input["tool"]).as_bytes());
        let others = case["context"]["other_tools"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        findings.extend(name_beside(input["tool"]["name"].as_str().unwrap(), others));
        findings
    });
}

#[test]
fn results_are_judged_as_expected() {
    check(include_str!("data/tool-result.jsonl"), 18, |case| {
        let input = &case["input"];
        let mut answer = input.clone();
        if let Some(text) = input.get("text") {
            answer["content"] = json!([{"type": "text", "text": repeated(text)}]);
        }
        let schema = input.get("outputSchema").map(Value::to_string);
        result(
            answer.to_string().as_bytes(),
            schema.as_deref().map(str::as_bytes),
        )
    });
}

#[test]
fn arguments_that_no_schema_declares_are_refused() {
    let schema = br#"{"properties":{"path":{"type":"string"}},"additionalProperties":false}"#;
    let codes = |arguments: &[u8]| {
        value(schema, arguments)
            .iter()
            .map(|finding| (finding.code, finding.refuses()))
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(br#"{"path":"/data/a"}"#), []);
    assert_eq!(
        codes(br#"{"path":"/data/a","admin":true}"#),
        [("schema-mismatch", true)]
    );
}

fn repeated(text: &Value) -> Value {
    match text.get("repeat") {
        Some(repeat) => repeat["unit"]
            .as_str()
            .unwrap()
            .repeat(usize::try_from(repeat["count"].as_u64().unwrap()).unwrap())
            .into(),
        None => text.clone(),
    }
}

/// The text of a tool whose schema is described by how it nests.
fn generated(tool: &Value) -> String {
    let Some(nest) = tool["inputSchema"]["generator"].get("nest") else {
        return tool.to_string();
    };
    let unit = nest["unit"].to_string();
    let (before, behind) = unit.split_once("\"@\"").unwrap();
    let depth = usize::try_from(nest["depth"].as_u64().unwrap()).unwrap();
    let schema = [before.repeat(depth).as_str(), "{}", &behind.repeat(depth)].concat();
    tool.to_string()
        .replace(&tool["inputSchema"].to_string(), &schema)
}
