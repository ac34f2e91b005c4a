//! Tools and a prompt that ask the client something. One handler serves both eras: a request of the server up to 2025-11-25, a
//! result with questions from 2026-07-28.

use interlock_sdk::Context;
use interlock_sdk::server::{Builder, CallError};
use interlock_wire::Json;
use interlock_wire::types::{
    Choice, Choices, ContentBlock, CreateMessageParams, CreateMessageResult, ElicitParams,
    ElicitResult, Encode, Field, FieldType, FormSchema, Map, Prompt, SamplingMessage,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::data::Nothing;

#[derive(Debug, Deserialize, JsonSchema)]
struct Sampling {
    /// The prompt to send to the model
    prompt: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Elicitation {
    /// The message to show to the person
    message: String,
}

/// Adds them.
pub(super) fn offer(builder: Builder) -> Builder {
    let builder = legacy(builder);
    let builder = rounds(builder);
    let prompt = Prompt::new("test_input_required_result_prompt")
        .description("A prompt that asks for its context");
    builder.prompt(prompt, async |_: Map<String>, cx: Context| {
        let asked = text_form("What context should the prompt use?", "context");
        let context = field(&cx.elicit_as("user_context", asked).await?, "context");
        Ok(format!("Work with this context: {context}"))
    })
}

/// Scenarios of the revisions up to 2025-11-25.
fn legacy(builder: Builder) -> Builder {
    builder
        .tool(
            "test_sampling",
            "Asks the client's model",
            async |given: Sampling, cx: Context| {
                let answer = cx.sample(sampling(&given.prompt, 100)).await?;
                Ok(format!("LLM response: {}", said(&answer)))
            },
        )
        .tool(
            "test_elicitation",
            "Asks the person",
            async |given: Elicitation, cx: Context| {
                let form = FormSchema::new([
                    ("username", Field::text().description("User's response")),
                    ("email", Field::text().description("User's email address")),
                ]);
                let form = form.required(["username".to_owned(), "email".to_owned()]);
                let answer = cx.elicit(ElicitParams::form(given.message, form)).await?;
                Ok(format!("User response: {}", shown(&answer)))
            },
        )
        .tool(
            "test_elicitation_sep1034_defaults",
            "Asks the person with a form that is filled in already",
            async |_: Nothing, cx: Context| complete(&cx, "Please check", defaults()).await,
        )
        .tool(
            "test_elicitation_sep1330_enums",
            "Asks the person to choose",
            async |_: Nothing, cx: Context| complete(&cx, "Please choose", choices()).await,
        )
}

/// Scenarios of 2026-07-28. Their questions have the keys that the suite looks for.
fn rounds(builder: Builder) -> Builder {
    let builder = builder
        .tool(
            "test_input_required_result_elicitation",
            "Asks the person for a name",
            async |_: Nothing, cx: Context| {
                let answer = cx
                    .elicit_as("user_name", text_form("What is your name?", "name"))
                    .await?;
                Ok(format!("Hello, {}!", field(&answer, "name")))
            },
        )
        .tool(
            "test_input_required_result_sampling",
            "Asks the client's model",
            async |_: Nothing, cx: Context| {
                let question = sampling("What is the capital of France?", 100);
                Ok(said(&cx.sample_as("capital_question", question).await?))
            },
        )
        .tool(
            "test_input_required_result_list_roots",
            "Asks for the client's roots",
            async |_: Nothing, cx: Context| {
                let roots = cx.roots_as("client_roots").await?;
                let uris: Vec<String> = roots.into_iter().map(|root| root.uri).collect();
                Ok(format!("Roots: {}", uris.join(", ")))
            },
        )
        .tool(
            "test_input_required_result_request_state",
            "Asks the person to confirm",
            async |_: Nothing, cx: Context| {
                cx.elicit_as("confirm", confirmation("Please confirm"))
                    .await?;
                Ok("state-ok")
            },
        )
        .tool(
            "test_input_required_result_tampered_state",
            "Asks the person to confirm",
            async |_: Nothing, cx: Context| {
                cx.elicit_as("confirm", confirmation("Please confirm"))
                    .await?;
                Ok("state-ok")
            },
        );
    more_rounds(builder)
}

fn more_rounds(builder: Builder) -> Builder {
    builder
        .tool(
            "test_input_required_result_multiple_inputs",
            "Asks the person, the model and for roots at once",
            async |_: Nothing, cx: Context| ask_all(cx).await,
        )
        .tool(
            "test_input_required_result_multi_round",
            "Asks the person twice",
            async |_: Nothing, cx: Context| {
                let asked = text_form("Step 1: What is your name?", "name");
                let name = field(&cx.elicit_as("step1", asked).await?, "name");
                let asked = text_form("Step 2: What is your favorite color?", "color");
                let color = field(&cx.elicit_as("step2", asked).await?, "color");
                Ok(format!("{name} likes {color}"))
            },
        )
        .tool(
            "test_input_required_result_capabilities",
            "Asks what the client can answer",
            async |_: Nothing, cx: Context| ask_whom_we_can(cx).await,
        )
        .tool(
            "test_streaming_elicitation",
            "Asks the person to confirm",
            async |_: Nothing, cx: Context| {
                cx.elicit_as("confirm", confirmation("Go on?")).await?;
                Ok("went on")
            },
        )
        .tool(
            "test_missing_capability",
            "Needs a model",
            async |_: Nothing, cx: Context| Ok(said(&cx.sample(sampling("Say yes.", 10)).await?)),
        )
}

async fn ask_all(cx: Context) -> Result<String, CallError> {
    let (name, greeting, roots) = tokio::join!(
        cx.elicit_as("user_name", text_form("What is your name?", "name")),
        cx.sample_as("greeting", sampling("Generate a greeting", 50)),
        cx.roots_as("client_roots"),
    );
    let (name, greeting, roots) = (name?, greeting?, roots?);
    let (greeting, name) = (said(&greeting), field(&name, "name"));
    Ok(format!("{greeting} {name}, you have {} roots", roots.len()))
}

async fn ask_whom_we_can(cx: Context) -> Result<String, CallError> {
    let can = cx.client_capabilities();
    let (person, model) = tokio::join!(
        async {
            match can.elicitation {
                Some(_) => cx
                    .elicit_as("user_name", text_form("What is your name?", "name"))
                    .await
                    .map(Some),
                None => Ok(None),
            }
        },
        async {
            match can.sampling {
                Some(_) => cx
                    .sample_as("greeting", sampling("Generate a greeting", 50))
                    .await
                    .map(Some),
                None => Ok(None),
            }
        },
    );
    let (person, model) = (person?, model?);
    let name = person.map(|answer| field(&answer, "name"));
    let greeting = model.map(|answer| said(&answer));
    Ok(format!(
        "{} {}",
        greeting.unwrap_or_default(),
        name.unwrap_or_default()
    ))
}

async fn complete(cx: &Context, message: &str, form: FormSchema) -> Result<String, CallError> {
    let answer = cx.elicit(ElicitParams::form(message, form)).await?;
    Ok(format!("Elicitation completed: {}", shown(&answer)))
}

/// A form of one text that has to be filled in.
pub(super) fn text_form(message: &str, name: &str) -> ElicitParams {
    let form = FormSchema::new([(name, Field::text())]).required([name.to_owned()]);
    ElicitParams::form(message, form)
}

/// A form of one box to tick.
pub(super) fn confirmation(message: &str) -> ElicitParams {
    let form = FormSchema::new([("ok", Field::boolean())]).required(["ok".to_owned()]);
    ElicitParams::form(message, form)
}

fn sampling(prompt: &str, tokens: u64) -> CreateMessageParams {
    CreateMessageParams {
        messages: vec![SamplingMessage::user(prompt)],
        max_tokens: tokens,
        ..CreateMessageParams::default()
    }
}

/// A text field of an accepted form.
pub(super) fn field(answer: &ElicitResult, name: &str) -> String {
    let value = answer
        .content
        .as_ref()
        .and_then(|content| content.get(name));
    let text = value.and_then(|value| value.as_str().map(String::from));
    text.unwrap_or_default()
}

fn said(answer: &CreateMessageResult) -> String {
    let content = answer.content.as_slice().iter();
    content
        .filter_map(ContentBlock::as_text)
        .collect::<Vec<_>>()
        .join(" ")
}

fn shown(answer: &ElicitResult) -> String {
    let content = answer
        .content
        .as_ref()
        .map(Encode::to_json)
        .unwrap_or_default();
    let action = match answer.action {
        interlock_wire::types::ElicitAction::Accept => "accept",
        interlock_wire::types::ElicitAction::Decline => "decline",
        _ => "cancel",
    };
    format!(
        "action={action}, content={}",
        String::from_utf8_lossy(&content)
    )
}

fn defaults() -> FormSchema {
    let statuses = Field::choice(["active", "inactive", "pending"]);
    FormSchema::new([
        ("name", Field::text().initial(Json::from("John Doe"))),
        ("age", Field::integer().initial(Json::from(30))),
        ("score", Field::number().initial(number("95.5"))),
        ("status", statuses.initial(Json::from("active"))),
        ("verified", Field::boolean().initial(Json::from(true))),
    ])
}

fn number(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap_or_default()
}

fn choices() -> FormSchema {
    let titled = |what: &str| {
        ["First", "Second", "Third"]
            .into_iter()
            .zip(["value1", "value2", "value3"])
            .map({
                let what = what.to_owned();
                move |(title, value)| Choice {
                    value: value.to_owned(),
                    title: format!("{title} {what}"),
                    ..Choice::default()
                }
            })
    };
    let options = ["option1", "option2", "option3"];
    let several = |items: Choices| Field {
        kind: FieldType::Array,
        items: Some(items),
        ..Field::default()
    };
    FormSchema::new([
        ("untitledSingle", Field::choice(options)),
        (
            "titledSingle",
            Field::text().one_of(titled("Option").collect::<Vec<_>>()),
        ),
        (
            "legacyEnum",
            Field::choice(["opt1", "opt2", "opt3"])
                .value_names(["Option One", "Option Two", "Option Three"].map(String::from)),
        ),
        (
            "untitledMulti",
            several(Choices {
                kind: Some(FieldType::String),
                values: Some(options.map(String::from).to_vec()),
                ..Choices::default()
            }),
        ),
        (
            "titledMulti",
            several(Choices::default().any_of(titled("Choice").collect::<Vec<_>>())),
        ),
    ])
}
