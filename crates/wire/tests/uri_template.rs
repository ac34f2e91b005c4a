//! URI templates: the RFC's examples, what is refused, and the way back.

use interlock_wire::uri_template::{Template, TemplateFault, Value, Variables};
use proptest::prelude::*;
use serde_json::Value as Json;

/// The examples of RFC 6570 and more, from the project `uri-templates/uritemplate-test` (Apache-2.0).
const SUITES: [&str; 3] = [
    include_str!("data/uritemplate/spec-examples-by-section.json"),
    include_str!("data/uritemplate/extended-tests.json"),
    include_str!("data/uritemplate/negative-tests.json"),
];

fn text(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn variables(object: &Json) -> Variables {
    let value = |value: &Json| match value {
        Json::Null => None,
        Json::Array(list) => Some(Value::List(list.iter().map(text).collect())),
        Json::Object(map) => Some(Value::Map(
            map.iter()
                .map(|(key, item)| (key.clone(), text(item)))
                .collect(),
        )),
        other => Some(Value::Text(text(other))),
    };
    let object = object.as_object().expect("an object").iter();
    object
        .filter_map(|(name, of)| Some((name.as_str(), value(of)?)))
        .collect()
}

#[test]
fn the_examples_of_the_rfc_expand() {
    let mut cases = 0;
    for suite in SUITES {
        let suite: Json = serde_json::from_str(suite).expect("data");
        for (section, group) in suite.as_object().expect("sections") {
            let variables = variables(&group["variables"]);
            for case in group["testcases"].as_array().expect("cases") {
                let template = case[0].as_str().expect("a template");
                let made = Template::parse(template)
                    .ok()
                    .and_then(|it| it.expand(&variables).ok());
                let fits = match &case[1] {
                    Json::Bool(false) => made.is_none(),
                    Json::Array(any) => any.iter().any(|one| made.as_deref() == one.as_str()),
                    one => made.as_deref() == one.as_str(),
                };
                assert!(fits, "{section}: {template} gave {made:?}, not {}", case[1]);
                cases += 1;
            }
        }
    }
    assert!(cases > 200, "{cases}");
}

#[test]
fn faults_say_where_they_are() {
    let check = |template: &str, fault: TemplateFault, at: usize| {
        let error = Template::parse(template).expect_err(template);
        assert_eq!((error.fault, error.at), (fault, at), "{template}");
    };
    check("a{b", TemplateFault::Brace, 1);
    check("a}b", TemplateFault::Brace, 1);
    check("{a{b}}", TemplateFault::Name, 0);
    check("a b", TemplateFault::Literal, 1);
    check("a%2", TemplateFault::Literal, 1);
    check("{}", TemplateFault::Name, 0);
    check("x{@a}", TemplateFault::Operator, 1);
    check("{a:10000}", TemplateFault::Prefix, 0);
    check(&"a".repeat(5_000), TemplateFault::Limit, 4_096);
    check(&"{a}".repeat(33), TemplateFault::Limit, 96);
}

#[test]
fn templates_tell_their_names() {
    let template = Template::parse("{a}/x{?b,c*}").expect("a template");
    assert_eq!(template.names().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(template.as_str(), "{a}/x{?b,c*}");
}

/// `name=value` pairs, lists with `|`, or `-` when it does not match.
fn check(template: &str, uri: &str, expected: &str) {
    let template = Template::parse(template).expect("a template");
    let found = template.matches(uri).map(|found| {
        let show = |(name, value): (&str, &Value)| {
            let texts = value.texts().collect::<Vec<_>>().join("|");
            format!("{name}={texts}")
        };
        found.iter().map(show).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(
        found.as_deref().unwrap_or("-"),
        expected,
        "{} on {uri}",
        template.as_str()
    );
}

#[test]
fn uris_are_read_back() {
    for (template, uri, expected) in [
        ("test://static", "test://static", ""),
        ("test://static", "test://statics", "-"),
        ("users://{id}", "users://7", "id=7"),
        ("users://{id}", "users://", "-"),
        ("users://{id}", "users://a@b.example", "id=a@b.example"),
        ("users://{id}", "users://Łódź", "id=Łódź"),
        ("users://{id}/x", "users://7/x", "id=7"),
        ("users://{id}/x", "users://7/y", "-"),
        ("{a}.{b}", "x.y.z", "a=x.y b=z"),
        ("{a}{b}", "xyz", "a=xy b=z"),
        ("{a,b}", "1,2", "a=1 b=2"),
        ("{a,b}", "1", "a=1"),
        ("{a}", "1,2", "a=1,2"),
        ("{a}-{a}", "x-x", "a=x"),
        ("{a}-{a}", "x-y", "-"),
        ("{a:3}", "abc", "a=abc"),
        ("{a:3}", "abcd", "-"),
        ("file:///{+path}", "file:///a/b.txt", "path=a/b.txt"),
        (
            "file:///{+path}.{ext}",
            "file:///a/b.c.txt",
            "path=a/b.c ext=txt",
        ),
        ("x{#part}", "x#a/b", "part=a/b"),
        ("x{#part}", "x", ""),
        ("x{/a,b}", "x/1/2", "a=1 b=2"),
        ("x{/a,b}", "x/1", "a=1"),
        ("x{/a*}", "x/1/2/3", "a=1|2|3"),
        ("x{/a*}", "x/1//3", "-"),
        ("x{/a*}", "x", ""),
        ("x{.a,b}", "x.1.2", "a=1 b=2"),
        ("x{.a*}", "x.1.2", "a=1|2"),
        ("x{;a,b}", "x;b=2;a=1", "b=2 a=1"),
        ("x{;a}/y", "x;a/y", "a="),
        ("x{?q,n}", "x?q=a%20b&n=2", "q=a b n=2"),
        ("x{?q,n}", "x?n=2", "n=2"),
        ("x{?q,n}", "x", ""),
        ("x{?q,n}", "x?other=1", "-"),
        ("x{?q}", "x?q=1&q=2", "-"),
        ("x{?q*}", "x?q=1&q=2", "q=1|2"),
        ("x{?q}", "x?q=a/b", "q=a/b"),
        ("x?fixed=1{&q}", "x?fixed=1&q=2", "q=2"),
        ("x?fixed=1{&q}", "x?fixed=1", ""),
        ("x{?q}{#f}", "x?q=1#f", "q=1 f=f"),
    ] {
        check(template, uri, expected);
    }
}

#[test]
fn slashes_and_controls_do_not_slip_through() {
    for uri in [
        "f://a/b",
        "f://a%2Fb",
        "f://a%2fb",
        "f://a%5Cb",
        "f://a%00",
        "f://a%0Ab",
        "f://%",
        "f://%ff",
        "f://a b",
        "f://%+1",
    ] {
        check("f://{a}", uri, "-");
        check("f://x{/a}", &uri.replacen("f://", "f://x/", 1), "-");
    }
    check("f://{+a}", "f://a%00", "-");
    check("f:/{/a*}", "f://a%2Fb", "-");
    check("f://{a}", &format!("f://{}", "a".repeat(9_000)), "-");
}

#[test]
fn dots_are_told_however_they_are_written() {
    let dots = |template: &str, uri: &str| {
        let template = Template::parse(template).expect("a template");
        template
            .matches(uri)
            .unwrap_or_else(|| panic!("{uri}"))
            .has_dots()
    };
    for uri in [
        "f://..",
        "f://.",
        "f://%2e%2E",
        "f://%252e%252e",
        "f://%25252e.",
        "f://a%255C..%255Cb",
    ] {
        assert!(dots("f://{a}", uri), "{uri}");
    }
    for uri in [
        "f://a/../b",
        "f://../b",
        "f://a/%2e%2e",
        "f://a%2F..%2Fb",
        "f://a%5c..%5cb",
    ] {
        assert!(dots("f://{+a}", uri), "{uri}");
    }
    assert!(dots("f:/{/a*}", "f://x/../y"));
    for uri in ["f://a..b", "f://...", "f://.a"] {
        assert!(!dots("f://{a}", uri), "{uri}");
    }
}

#[test]
fn the_work_is_bounded() {
    let template = Template::parse(&"{+a}x".replace('a', "a_").repeat(30)).expect("a template");
    assert!(
        template.matches(&"x".repeat(8_000)).is_none(),
        "one name, one value"
    );
}

fn template() -> impl Strategy<Value = String> {
    let name = prop_oneof![Just("a"), Just("b"), Just("c.d")];
    let variable = (name, prop_oneof![Just(""), Just("*"), Just(":4")])
        .prop_map(|(name, modifier)| format!("{name}{modifier}"));
    let list = proptest::collection::vec(variable, 1..3);
    let operator = prop_oneof![
        Just(""),
        Just("+"),
        Just("#"),
        Just("."),
        Just("/"),
        Just(";"),
        Just("?"),
        Just("&")
    ];
    let expression =
        (operator, list).prop_map(|(operator, list)| format!("{{{operator}{}}}", list.join(",")));
    let part = prop_oneof![expression, "[a-z:/]{1,4}".prop_map(String::from)];
    proptest::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The body of the fuzz target.
    #[test]
    fn anything_may_be_read(template in ".{0,40}", uri in ".{0,60}") {
        if let Ok(template) = Template::parse(&template) {
            let _ = template.matches(&uri);
            let _ = template.expand(&Variables::default());
        }
    }

    /// A URI that a template with one plain variable made gives the variable back.
    #[test]
    fn one_variable_comes_back(value in "[^/\\\\\\p{C}]{1,20}", around in "[a-z]{0,3}") {
        let template = Template::parse(&format!("x://{around}/{{v}}/{around}")).expect("a template");
        let uri = template.expand(&[("v", value.as_str())].into()).expect("expands");
        let found = template.matches(&uri).expect("matches");
        prop_assert_eq!(found.text("v"), Some(value.as_str()));
    }

    /// Whatever a simple expression gives has no slash and no control character.
    #[test]
    fn simple_values_are_harmless(template in template(), uri in "[a-c%25F./;?&#=:,é-]{0,24}") {
        let Ok(parsed) = Template::parse(&template) else { return Ok(()) };
        let Some(found) = parsed.matches(&uri) else { return Ok(()) };
        let harmless = !template.contains(['+', '#', ';', '?', '&']);
        for (_, value) in found.iter() {
            for text in value.texts() {
                prop_assert!(!text.chars().any(char::is_control));
                prop_assert!(!harmless || !text.contains(['/', '\\']), "{} on {}: {}", template, uri, text);
            }
        }
    }
}
