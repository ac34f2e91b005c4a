//! Asking the client: its user by a form and at a URL, its model, its roots. The same handler serves all revisions; from 2026-07-28
//! on it runs again from its start with each answer, so what must happen once is remembered.

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{CallError, Context, Server};
use interlock_wire::Json;
use interlock_wire::types::{
    CreateMessageParams, ElicitAction, ElicitParams, Field, FormSchema, SamplingMessage,
};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Trip {
    /// Where to.
    city: String,
}

async fn plan(trip: Trip, cx: Context) -> Result<String, CallError> {
    let order = cx.once("order", async || Json::from("order-17")).await;
    let form = FormSchema::new([
        ("days", Field::integer().minimum(1.0).maximum(30.0)),
        ("style", Field::choice(["slow", "fast"])),
    ]);
    let asked = ElicitParams::form(format!("How do you want to see {}?", trip.city), form);
    let answer = cx.elicit_as("wishes", asked).await?;
    if answer.action != ElicitAction::Accept {
        return Ok("No trip, then.".to_owned());
    }
    let wishes = answer.content.unwrap_or_default();
    let days = wishes.get("days").and_then(|days| days.as_i64());
    let question = format!("{} days in {}", days.unwrap_or(1), trip.city);
    let asked = CreateMessageParams {
        messages: vec![SamplingMessage::user(question)],
        max_tokens: 500,
        ..CreateMessageParams::default()
    };
    let said = cx.sample_as("plan", asked).await?;
    let plan = said.content.as_slice().first();
    let plan = plan.and_then(|block| block.as_text()).unwrap_or_default();
    Ok(format!("{}: {plan}", order.text()))
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

/// Secrets are never asked by a form: the person gives them at a URL, where neither client nor model reads along.
async fn connect(_: Nothing, cx: Context) -> Result<&'static str, CallError> {
    let asked = ElicitParams::url("Give us your key", "https://app.example/connect");
    match cx.elicit(asked).await?.action {
        ElicitAction::Accept => Ok("Thank you."),
        _ => Ok("Perhaps later."),
    }
}

async fn folders(_: Nothing, cx: Context) -> Result<String, CallError> {
    let roots = cx.roots().await?;
    let uris: Vec<_> = roots.into_iter().map(|root| root.uri).collect();
    Ok(uris.join("\n"))
}

fn main() -> Result<(), ServeError> {
    Server::builder("travel", "1.0.0")
        .tool("plan", "Plans a trip", plan)
        .tool("connect", "Connects an account", connect)
        .tool("folders", "Lists the client's folders", folders)
        .build()
        .run_stdio()
}
