//! Resources: text, bytes, one to watch, and a family of them.

use interlock_sdk::Context;
use interlock_sdk::server::{Builder, Requested};
use interlock_wire::types::{CompleteParams, Resource, ResourceContents, ResourceTemplate};

use super::data::PNG;

/// Adds them, and completion of arguments.
pub(super) fn offer(builder: Builder) -> Builder {
    let text = Resource::new("test://static-text", "static-text")
        .description("A text that does not change")
        .mime_type("text/plain");
    let binary = Resource::new("test://static-binary", "static-binary")
        .description("A picture that does not change")
        .mime_type("image/png");
    let watched = Resource::new("test://watched-resource", "watched-resource")
        .description("A resource to subscribe to")
        .mime_type("text/plain");
    let template = ResourceTemplate::new("test://template/{id}/data", "template")
        .description("Data by its id")
        .mime_type("application/json");
    builder
        .resource(text, async |_: Context| {
            Ok("This is the content of the static text resource.")
        })
        .resource(binary, async |_: Context| {
            Ok(ResourceContents::blob("test://static-binary", PNG).mime_type("image/png"))
        })
        .resource(watched, async |_: Context| Ok("Nothing has happened yet."))
        .resource_template(template, async |requested: Requested, _: Context| {
            Ok(data(&requested))
        })
        .completion(async |params: CompleteParams, _: Context| Ok(complete(&params.argument.value)))
}

fn data(requested: &Requested) -> String {
    let id = requested.variables.get("id").map_or("", String::as_str);
    let data =
        serde_json::json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
    data.to_string()
}

fn complete(begun: &str) -> Vec<&'static str> {
    let words = ["paris", "park", "party"].into_iter();
    words.filter(|word| word.starts_with(begun)).collect()
}
