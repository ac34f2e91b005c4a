//! The corpus of attack and benign configurations, and our own cases of the same classes, against the marks: no attack
//! is approvable, no real configuration is blocked, every `detect` carries a reason.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use interlock_launch::{CheckLine, Decision, Judgement, Severity, judge, parse_config, parse_line};
use serde_json::{Map, Value};

/// What a case directory is called where the cases are run; it is below the system's temporary directory there.
const WORK: &str = "/tmp/lc-k3f9a2";

/// Cases whose input alone does not tell them from cases that have to be approvable, and the case that they would block.
/// All of them are refused once the caller says who wrote them (decision record 0003).
const UNDECIDABLE: &[(&str, &str)] = &[
    (
        "LC-A6-010",
        "an ordinary package of the registry, as LC-B-191 and LC-B-192",
    ),
    (
        "LC-A8-008",
        "an ordinary package of the registry; the origin `agent-write` is what is wrong",
    ),
    (
        "LC-A8-010",
        "a script by relative name, as LC-B-082 and LC-B-108; the origin `project` is what is wrong",
    ),
    (
        "LC-A8-012",
        "an ordinary package of the registry; the origin `remote-api` is what is wrong",
    ),
];

struct Verdict {
    decision: Decision,
    reasons: Vec<&'static str>,
    shown: String,
}

fn of_judgement(judgement: &Judgement) -> Verdict {
    Verdict {
        decision: judgement.decision(),
        reasons: judgement.reasons.iter().map(|reason| reason.code).collect(),
        shown: format!("{} {:?}", judgement.class.as_str(), judgement.reasons),
    }
}

/// Judges a case's input as `interlock check --stdin` does; of a configuration's servers the worst counts.
fn verdict(case: &Value, with_origin: bool) -> Verdict {
    let text = |value: &Value| {
        value
            .as_str()
            .unwrap_or("")
            .replace("__CANARY__", &format!("{WORK}/canary"))
            .replace("__WORK__", WORK)
    };
    if let Some(config) = case["input"].get("raw_config_text") {
        return match parse_config(&text(config)) {
            Ok(servers) => servers
                .iter()
                .map(|(_, request)| of_judgement(&judge(request)))
                .max_by_key(|verdict| verdict.decision)
                .unwrap_or(Verdict {
                    decision: Decision::NeedsApproval,
                    reasons: vec![],
                    shown: "no servers".to_owned(),
                }),
            Err(reject) => Verdict {
                decision: Decision::Invalid,
                reasons: vec![reject.code()],
                shown: reject.to_string(),
            },
        };
    }
    let mut line: Map<String, Value> = case["input"].as_object().unwrap().clone();
    if with_origin && let Some(context) = case.get("context") {
        line.insert("context".to_owned(), context.clone());
    }
    let line = text(&Value::String(Value::Object(line).to_string()));
    match parse_line(&line) {
        Ok(CheckLine::Launch(request)) => of_judgement(&judge(&request)),
        Ok(other) => panic!("no case is {other:?} here"),
        Err(reject) => Verdict {
            decision: Decision::Invalid,
            reasons: vec![reject.code()],
            shown: reject.to_string(),
        },
    }
}

/// Whether a verdict is what the case expects, `contained` apart: that is for the sandbox to show.
fn meets(expected: &str, verdict: &Verdict) -> bool {
    match expected {
        "deny-before-exec" | "reject" => verdict.decision != Decision::NeedsApproval,
        "allow" => verdict.decision == Decision::NeedsApproval,
        "detect" => !verdict.reasons.is_empty(),
        "contained" => verdict.decision == Decision::NeedsApproval,
        other => panic!("unknown expectation {other}"),
    }
}

fn cases(data: &str) -> Vec<Value> {
    data.lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn check(data: &str, with_origin: bool, undecidable: &[(&str, &str)]) {
    let mut misses = Vec::new();
    let mut counts: std::collections::BTreeMap<String, (u32, u32)> =
        std::collections::BTreeMap::new();
    for case in cases(data) {
        let id = case["id"].as_str().unwrap();
        let expected = case["expected"].as_str().unwrap();
        let verdict = verdict(&case, with_origin);
        let met = meets(expected, &verdict);
        let excused = undecidable.iter().any(|(name, _)| *name == id);
        let count = counts.entry(expected.to_owned()).or_default();
        count.0 += 1;
        count.1 += u32::from(met);
        if met == excused {
            misses.push(format!(
                "{id} {expected}: {} {}\n    {}",
                verdict.decision.as_str(),
                verdict.shown,
                case["input"]
            ));
        }
    }
    println!("met of all, by expectation: {counts:?}");
    assert!(
        misses.is_empty(),
        "{} misses:\n{}",
        misses.len(),
        misses.join("\n")
    );
}

const CORPUS: &str = include_str!("data/launch-config.jsonl");
const OWN: &str = include_str!("data/own-cases.jsonl");

#[test]
fn the_corpus_meets_its_marks() {
    check(CORPUS, false, UNDECIDABLE);
}

#[test]
fn who_wrote_it_decides_what_the_input_cannot() {
    check(CORPUS, true, &UNDECIDABLE[..1]);
}

#[test]
fn our_own_cases_meet_the_same_marks() {
    check(OWN, true, &[]);
}

#[test]
fn no_benign_case_draws_more_than_a_warning() {
    for case in cases(CORPUS)
        .iter()
        .chain(&cases(OWN))
        .filter(|case| case["expected"] == "allow")
    {
        let line = case["input"].to_string();
        let Ok(CheckLine::Launch(request)) = parse_line(&line) else {
            continue;
        };
        let judgement = judge(&request);
        assert!(
            judgement
                .reasons
                .iter()
                .all(|reason| reason.severity <= Severity::Warning),
            "{line} {:?}",
            judgement.reasons
        );
    }
}

#[test]
fn identities_are_read_as_written() {
    for (line, expected) in [
        (
            r#"{"command":"npx","args":["-y","@a/b@1.2.3","--x"]}"#,
            "npm npx @a/b 1.2.3 [\"--x\"]",
        ),
        (
            r#"{"command":"cmd","args":["/c","npx","-y","some-mcp"]}"#,
            "npm npx some-mcp  []",
        ),
        (
            r#"{"command":"env","args":["A=b","uvx","--from","x[y]==1.0","z","-q"]}"#,
            "pypi uvx x ==1.0 [\"-q\"]",
        ),
    ] {
        let Ok(CheckLine::Launch(request)) = parse_line(line) else {
            panic!("{line}")
        };
        let judgement = judge(&request);
        let interlock_launch::Class::Package(package) = &judgement.class else {
            panic!("{line} {judgement:?}")
        };
        let got = format!(
            "{} {} {} {} {:?}",
            package.ecosystem.as_str(),
            package.runner,
            package.name,
            package.spec.as_deref().unwrap_or(""),
            judgement.server_args
        );
        assert_eq!(got, expected);
    }
}
