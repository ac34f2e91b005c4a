//! A prompt with arguments, and completion of one of them.

use interlock_sdk::duplex::ServeError;
use interlock_sdk::server::{Context, Server};
use interlock_wire::types::{CompleteParams, Map, Prompt, PromptArgument, PromptMessage};

const LANGUAGES: [&str; 4] = ["python", "pytorch", "rust", "ruby"];

fn main() -> Result<(), ServeError> {
    let prompt = Prompt::new("review")
        .description("Reviews code")
        .arguments(vec![PromptArgument::new("language").required(true)]);
    Server::builder("reviewer", "1.0.0")
        .prompt(prompt, async |given: Map<String>, _cx: Context| {
            // A required argument is there when the handler is called.
            let language = given.get("language").cloned().unwrap_or_default();
            Ok(vec![
                PromptMessage::user(format!("Review this {language} code.")),
                PromptMessage::assistant("Show me."),
            ])
        })
        .completion(async |asked: CompleteParams, _cx: Context| {
            let fits = |language: &&str| language.starts_with(&asked.argument.value);
            Ok(LANGUAGES.into_iter().filter(fits).collect::<Vec<_>>())
        })
        .build()
        .run_stdio()
}
