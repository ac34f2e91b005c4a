//! Prompts: with and without arguments, with a resource and with a picture.

use interlock_sdk::Context;
use interlock_sdk::server::Builder;
use interlock_wire::types::{
    ContentBlock, Map, Prompt, PromptArgument, PromptMessage, ResourceContents,
};

use super::data::PNG;

/// Adds them.
pub(super) fn offer(builder: Builder) -> Builder {
    let simple = Prompt::new("test_simple_prompt").description("A prompt without arguments");
    let with_arguments = Prompt::new("test_prompt_with_arguments")
        .description("A prompt with two arguments")
        .arguments([
            required("arg1", "First test argument"),
            required("arg2", "Second test argument"),
        ]);
    let with_resource = Prompt::new("test_prompt_with_embedded_resource")
        .description("A prompt with a resource in it")
        .arguments([required("resourceUri", "URI of the resource to embed")]);
    let with_image = Prompt::new("test_prompt_with_image").description("A prompt with a picture");
    builder
        .prompt(simple, async |_: Map<String>, _: Context| {
            Ok("This is a simple prompt for testing.")
        })
        .prompt(with_arguments, async |given: Map<String>, _: Context| {
            Ok(sentence(&given))
        })
        .prompt(with_resource, async |given: Map<String>, _: Context| {
            Ok(embedded(&given))
        })
        .prompt(with_image, async |_: Map<String>, _: Context| {
            Ok(vec![
                PromptMessage::user(ContentBlock::image(PNG, "image/png")),
                PromptMessage::user("Please analyze the image above."),
            ])
        })
}

fn required(name: &str, description: &str) -> PromptArgument {
    PromptArgument::new(name)
        .description(description)
        .required(true)
}

fn argument<'a>(given: &'a Map<String>, name: &str) -> &'a str {
    given.get(name).map_or("", String::as_str)
}

fn sentence(given: &Map<String>) -> String {
    let (first, second) = (argument(given, "arg1"), argument(given, "arg2"));
    format!("Prompt with arguments: arg1='{first}', arg2='{second}'")
}

fn embedded(given: &Map<String>) -> Vec<PromptMessage> {
    let uri = argument(given, "resourceUri");
    let resource = ResourceContents::text(uri, "Embedded resource content for testing.");
    vec![
        PromptMessage::user(ContentBlock::from(resource.mime_type("text/plain"))),
        PromptMessage::user("Please process the embedded resource above."),
    ]
}
