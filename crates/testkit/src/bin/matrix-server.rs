//! Our server of the interoperation matrix: over stdio, or with `http` over HTTP on a port that it prints.

#![expect(
    clippy::print_stdout,
    reason = "a fixture tells the port it listens on"
)]

use interlock_sdk::http::server::HttpServer;
use interlock_sdk::server::{CallError, Context, Server, Structured};
use interlock_wire::types::{
    CompleteParams, CreateMessageParams, ElicitParams, Field, FormSchema, LogLevel, Prompt,
    PromptArgument, Resource, ResourceTemplate, SamplingMessage,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Add {
    a: i64,
    b: i64,
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    sum: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Count {
    to: u32,
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = resources(questions(tools(Server::builder("matrix", "1.0.0")))).build();
    if std::env::args().nth(1).as_deref() != Some("http") {
        return Ok(server.serve_stdio().await?);
    }
    let bound = HttpServer::new(server).bind("127.0.0.1:0").await?;
    println!("{}", bound.local_addr().port());
    bound.serve().await;
    Ok(())
}

fn tools(builder: interlock_sdk::server::Builder) -> interlock_sdk::server::Builder {
    builder
        .tool("add", "Adds two numbers", async |add: Add, _: Context| {
            Ok(Structured(Sum { sum: add.a + add.b }))
        })
        .tool("fail", "Fails", async |_: Nothing, _: Context| {
            Err::<(), _>(CallError::new("as asked"))
        })
        .tool("count", "Counts", async |count: Count, cx: Context| {
            for n in 1..=count.to {
                cx.progress(f64::from(n), f64::from(count.to), None).await;
            }
            Ok(format!("counted to {}", count.to))
        })
        .tool("log", "Logs", async |_: Nothing, cx: Context| {
            cx.log(LogLevel::Warning, "logged").await;
            Ok("done")
        })
        .tool(
            "sleep",
            "Waits until it is cancelled",
            async |_: Nothing, cx: Context| {
                cx.cancelled().await;
                Ok("woken")
            },
        )
}

/// What it asks the client: the same code whether the revision has requests of the server or rounds.
fn questions(builder: interlock_sdk::server::Builder) -> interlock_sdk::server::Builder {
    builder
        .tool("ask", "Asks for a name", async |_: Nothing, cx: Context| {
            let form = FormSchema::new([("name", Field::text())]);
            let answer = cx.elicit(ElicitParams::form("Who are you?", form)).await?;
            let name = answer
                .content
                .as_ref()
                .and_then(|content| content.get("name"));
            Ok(format!(
                "hello {}",
                name.and_then(|name| name.as_str()).unwrap_or_default()
            ))
        })
        .tool(
            "think",
            "Asks the client's model",
            async |_: Nothing, cx: Context| {
                let answer = cx
                    .sample(CreateMessageParams::new(
                        [SamplingMessage::user("say hi")],
                        10,
                    ))
                    .await?;
                Ok(answer.text().unwrap_or_default().to_owned())
            },
        )
        .tool(
            "roots",
            "Lists the client's roots",
            async |_: Nothing, cx: Context| {
                let roots = cx.roots().await?;
                Ok(roots
                    .into_iter()
                    .next()
                    .map(|root| root.uri)
                    .unwrap_or_default())
            },
        )
}

fn resources(builder: interlock_sdk::server::Builder) -> interlock_sdk::server::Builder {
    let mut greet = Prompt::new("greet");
    greet.arguments = Some(vec![PromptArgument {
        required: Some(true),
        ..PromptArgument::new("who")
    }]);
    builder
        .resource(
            Resource::new("matrix://note", "note"),
            async |_: Context| Ok("a note"),
        )
        .resource_template(
            ResourceTemplate::new("matrix://item/{id}", "item"),
            async |asked: interlock_sdk::server::Requested, _: Context| {
                Ok(format!(
                    "item {}",
                    asked
                        .variables
                        .get("id")
                        .map(String::as_str)
                        .unwrap_or_default()
                ))
            },
        )
        .prompt(
            greet,
            async |arguments: interlock_wire::types::Map<String>, _: Context| {
                Ok(format!(
                    "Greet {}",
                    arguments.get("who").map(String::as_str).unwrap_or_default()
                ))
            },
        )
        .completion(async |asked: CompleteParams, _: Context| {
            let names = ["ada", "alan", "bob"].into_iter();
            Ok(names
                .filter(|name| name.starts_with(&asked.argument.value))
                .collect::<Vec<_>>())
        })
}
