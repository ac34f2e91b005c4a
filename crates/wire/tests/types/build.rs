//! What is built is what the schemas ask for.

use interlock_wire::types::*;
use interlock_wire::{Id, Json, Object, Revision};
use serde_json::Value;

use super::schema::Schema;

fn check(name: &str, since: Revision, value: &impl Encode) {
    for revision in Revision::ALL
        .into_iter()
        .filter(|revision| *revision >= since)
    {
        let schema = Schema::of(revision);
        if schema.get(name).is_none() {
            continue;
        }
        let mut out = Vec::new();
        value.encode_for(revision, &mut out);
        let value: Value = serde_json::from_slice(&out).expect("JSON");
        schema.judge(name)(&value)
            .unwrap_or_else(|error| panic!("{name} for {revision:?}: {error}: {value}"));
    }
}

#[test]
fn what_servers_build_is_valid_in_every_revision() {
    use Revision::*;
    let schema = Object::parse(br#"{"type":"object","properties":{"a":{"type":"integer"}}}"#)
        .expect("an object");
    let tool = Tool::with_schema("add", schema.clone())
        .title("Add")
        .description("Adds")
        .output_schema(schema)
        .annotations(
            ToolAnnotations::default()
                .read_only_hint(true)
                .open_world_hint(false),
        )
        .icons(vec![
            Icon::new("https://example.com/a.png").theme(Theme::Dark),
        ]);
    check("Tool", V2024_11_05, &tool);
    check(
        "ListToolsResult",
        V2024_11_05,
        &ListToolsResult {
            tools: vec![tool],
            ..Default::default()
        },
    );
    check("CallToolResult", V2024_11_05, &CallToolResult::text("3"));
    check("CallToolResult", V2024_11_05, &CallToolResult::error("no"));
    let structured = Json::parse(br#"{"sum":3}"#).expect("JSON");
    check(
        "CallToolResult",
        V2024_11_05,
        &CallToolResult::structured(structured),
    );
    let media = vec![
        ContentBlock::image("aGk=", "image/png"),
        ContentBlock::audio("aGk=", "audio/wav"),
    ];
    check(
        "CallToolResult",
        V2025_03_26,
        &CallToolResult {
            content: media,
            ..Default::default()
        },
    );
    let contents = ResourceContents::text("file:///a", "hi").mime_type("text/plain");
    let block = ContentBlock::from(contents.clone());
    check(
        "CallToolResult",
        V2024_11_05,
        &CallToolResult {
            content: vec![block],
            ..Default::default()
        },
    );
    check(
        "ReadResourceResult",
        V2024_11_05,
        &ReadResourceResult {
            contents: vec![contents],
            ..Default::default()
        },
    );
    check(
        "Resource",
        V2024_11_05,
        &Resource::new("file:///a", "a").size(3_u64),
    );
    check(
        "ResourceTemplate",
        V2024_11_05,
        &ResourceTemplate::new("file:///{a}", "a"),
    );
    let argument = PromptArgument::new("city").required(true);
    check(
        "Prompt",
        V2024_11_05,
        &Prompt::new("weather").arguments(vec![argument]),
    );
    check("PromptMessage", V2024_11_05, &PromptMessage::user("hi"));
    check("CompleteResult", V2024_11_05, &CompleteResult::default());
    check("EmptyResult", V2024_11_05, &EmptyResult::default());
    check(
        "ErrorObject",
        V2024_11_05,
        &ErrorObject::new(codes::INVALID_PARAMS, "no such tool"),
    );
}

// SPEC: 2026-07-28/basic/index/meta:6 2025-11-25/basic/lifecycle/initialization:2-3
#[test]
fn greetings_are_valid_in_their_revisions() {
    use Revision::*;
    let server = ServerCapabilities::default()
        .tools(ListCapability::default().list_changed(true))
        .logging(Object::default());
    let result = InitializeResult {
        protocol_version: "2025-11-25".into(),
        capabilities: server.clone(),
        server_info: Implementation::new("s", "1"),
        ..Default::default()
    };
    check("InitializeResult", V2024_11_05, &result);
    let result = DiscoverResult {
        supported_versions: vec!["2026-07-28".into()],
        capabilities: server,
        ..Default::default()
    };
    check("DiscoverResult", V2026_07_28, &result);
    let client = ClientCapabilities::default()
        .elicitation(ElicitationCapability::default().form(Object::default()))
        .sampling(SamplingCapability::default())
        .roots(RootsCapability::default().list_changed(true));
    let meta = RequestMeta::default()
        .protocol_version("2026-07-28")
        .client_info(Implementation::new("c", "1"))
        .client_capabilities(client)
        .progress_token(Id::Number(3));
    check("RequestMetaObject", V2026_07_28, &meta);
    check(
        "CallToolRequestParams",
        V2026_07_28,
        &CallToolParams::new("add").meta(meta),
    );
}

// SPEC: 2026-07-28/basic/patterns/mrtr/server-requirements-basic-workflow:2
// SPEC: both/client/elicitation/elicitation-requests:1 both/client/elicitation/form-mode-elicitation-requests:1
// SPEC: 2026-07-28/client/elicitation/url-mode-elicitation-requests:1 2026-07-28/client/sampling/messages:1
#[test]
fn questions_and_answers_are_valid() {
    use Revision::*;
    let form = FormSchema::new([
        ("size", Field::choice(["S", "M"]).initial("S")),
        ("gift", Field::boolean()),
    ]);
    let question = ElicitParams::form("Which?", form);
    check("ElicitRequestParams", V2025_11_25, &question);
    check(
        "ElicitResult",
        V2025_06_18,
        &ElicitResult::accept([("size", "S")]),
    );
    check(
        "ElicitResult",
        V2025_06_18,
        &ElicitResult::new(ElicitAction::Cancel),
    );
    check(
        "ElicitRequestParams",
        V2026_07_28,
        &ElicitParams::url("Pay", "https://example.com/pay"),
    );
    let sampling = CreateMessageParams {
        messages: vec![SamplingMessage::user("hi")],
        max_tokens: 9,
        ..Default::default()
    };
    check("CreateMessageRequestParams", V2025_11_25, &sampling);
    check(
        "CreateMessageResult",
        V2024_11_05,
        &CreateMessageResult::new("m", "hello"),
    );
    let requests: InputRequests = [
        ("a", InputRequest::from(question)),
        ("b", InputRequest::from(sampling)),
    ]
    .into();
    check(
        "InputRequiredResult",
        V2026_07_28,
        &InputRequiredResult::default()
            .input_requests(requests)
            .request_state("s"),
    );
    let responses: InputResponses = [(
        "a",
        InputResponse::from(ElicitResult::new(ElicitAction::Decline)),
    )]
    .into();
    check("InputResponses", V2026_07_28, &responses);
}

#[test]
fn errors_carry_typed_data() {
    let data = UnsupportedVersionData {
        supported: vec!["2026-07-28".into()],
        requested: "1".into(),
        ..Default::default()
    };
    let error = ErrorObject::new(codes::UNSUPPORTED_VERSION, "no").with(&data);
    assert_eq!(error.data_as(), Some(data));
    assert_eq!(error.data_as::<MissingCapabilityData>(), None);
    let missing = MissingCapabilityData {
        required_capabilities: ClientCapabilities::default().roots(RootsCapability::default()),
        ..Default::default()
    };
    let error = ErrorObject::new(codes::MISSING_CAPABILITY, "no").with(&missing);
    assert_eq!(
        error.data.as_ref().map(Json::text),
        Some(r#"{"requiredCapabilities":{"roots":{}}}"#)
    );
}

#[test]
fn meta_knows_its_keys() {
    let mut meta = Meta::default();
    meta.insert("com.example/a", true);
    meta.set_subscription_id(&Id::Text("s".into()));
    meta.set_server_info(&Implementation::new("s", "1"));
    meta.set_related_task(&RelatedTask {
        task_id: "t".into(),
        ..Default::default()
    });
    assert_eq!(meta.subscription_id(), Some(Id::Text("s".into())));
    assert_eq!(
        meta.server_info().map(|server| server.name).as_deref(),
        Some("s")
    );
    assert_eq!(
        meta.related_task().map(|task| task.task_id).as_deref(),
        Some("t")
    );
    assert_eq!(meta.len(), 4);
    assert_eq!(meta.remove("com.example/a"), Some(Json::from(true)));
}

#[test]
fn envelopes_are_whole_lines() {
    let check = |write: &dyn Fn(&mut Vec<u8>), expected: &str| {
        let mut out = Vec::new();
        write(&mut out);
        assert_eq!(String::from_utf8(out).expect("text"), expected);
    };
    let (id, revision) = (Id::Text("a".into()), Revision::V2026_07_28);
    check(
        &|out| {
            write_request(
                &id,
                "tools/list",
                &PageParams::default().cursor("2"),
                revision,
                out,
            )
        },
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"cursor":"2"}}"#,
    );
    check(
        &|out| {
            write_notification(
                "notifications/progress",
                &ProgressParams::new(Id::Number(1), 0.5),
                revision,
                out,
            )
        },
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":0.5}}"#,
    );
    check(
        &|out| write_result(&id, &EmptyResult::default(), revision, out),
        r#"{"jsonrpc":"2.0","id":"a","result":{"resultType":"complete"}}"#,
    );
    check(
        &|out| write_result(&id, &EmptyResult::default(), Revision::V2025_11_25, out),
        r#"{"jsonrpc":"2.0","id":"a","result":{}}"#,
    );
    check(
        &|out| write_error(None, &ErrorObject::new(-32700, "no"), revision, out),
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#,
    );
}

#[test]
fn numbers_are_written_as_they_are_read() {
    for (number, text) in [
        (0.0, "0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (0.1, "0.1"),
        (1e300, "1e300"),
        (1e-9, "1e-9"),
        (f64::NAN, "null"),
        (f64::INFINITY, "null"),
        (9007199254740991.0, "9007199254740991"),
    ] {
        assert_eq!(String::from_utf8(number.to_json()).expect("text"), text);
    }
    for number in [0, 9, 10, -1, i64::MAX, i64::MIN] {
        assert_eq!(number.to_json(), number.to_string().into_bytes());
    }
    assert_eq!(u64::MAX.to_json(), u64::MAX.to_string().into_bytes());
}

#[test]
fn maps_keep_their_order() {
    let mut map: Map<String> = [("b", "1"), ("a", "2"), ("b", "3")].into();
    assert_eq!(map.to_json(), br#"{"b":"3","a":"2"}"#);
    assert_eq!(map.insert("a", "4"), Some("2".to_owned()));
    assert_eq!(map.get("a").map(String::as_str), Some("4"));
    assert_eq!(map.into_iter().count(), 2);
}
