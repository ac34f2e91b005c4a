//! A client that answers what a server asks: a form for its user, a question for its model, its roots. The same handlers work in every
//! revision. Client and server talk over a socket pair.

use std::error::Error;
use std::io::Write as _;

use interlock_sdk::client::{Client, form_defaults};
use interlock_sdk::duplex::Pipe;
use interlock_sdk::server::{Context, Server};
use interlock_wire::Untrusted;
use interlock_wire::types::{
    ContentBlock, CreateMessageResult, ElicitParams, ElicitResult, Field, FormSchema, Root,
};
use tokio::net::UnixStream;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder("curious", "1.0.0")
        .tool(
            "greet",
            "Greets whoever is there",
            async |_: Nothing, cx: Context| {
                let form = FormSchema::new([("name", Field::text().initial("Ada"))]);
                let answer = cx.elicit(ElicitParams::form("Who are you?", form)).await?;
                let name = answer
                    .content
                    .as_ref()
                    .and_then(|content| content.get("name"));
                let name = name
                    .and_then(|name| name.as_str())
                    .unwrap_or("stranger".into());
                Ok(format!("Hello, {name}!"))
            },
        )
        .build();
    let (ours, theirs) = UnixStream::pair()?;
    let (reader, writer) = theirs.into_split();
    tokio::spawn(async move { server.serve_on(reader, writer).await });

    let (reader, writer) = ours.into_split();
    let client = Client::builder("example", "1.0.0")
        .roots([Root::new("file:///home/me/project")])
        // A real client shows the form, says which server asks, and lets its user refuse.
        .elicitation(|asked| async move {
            Ok(ElicitResult::accept(form_defaults(&asked.requested_schema)))
        })
        .sampling(|_asked| async {
            Ok(CreateMessageResult::new(
                "none",
                ContentBlock::text("I am no model"),
            ))
        })
        .connect(Pipe::new(reader, writer))
        .await?;
    let greeting = client.call_tool("greet", &serde_json::json!({})).await?;
    let text = greeting.content.first().and_then(|block| block.as_text());
    let text = Untrusted::new(text.unwrap_or_default());
    writeln!(std::io::stdout(), "{}", text.escaped())?;
    Ok(())
}
