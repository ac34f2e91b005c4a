//! Tools that return each kind of content.

use interlock_sdk::Context;
use interlock_sdk::server::Builder;
use interlock_wire::types::{CallToolResult, ContentBlock, ResourceContents};

use super::data::{Nothing, PNG, WAV};

/// Adds them. The first tool of the list is one that takes no arguments, because scenarios call whatever comes first.
pub(super) fn offer(builder: Builder) -> Builder {
    builder
        .tool(
            "test_simple_text",
            "Returns a text",
            async |_: Nothing, _: Context| Ok("This is a simple text response for testing."),
        )
        .tool(
            "test_image_content",
            "Returns a picture",
            async |_: Nothing, _: Context| Ok(ContentBlock::image(PNG, "image/png")),
        )
        .tool(
            "test_audio_content",
            "Returns a sound",
            async |_: Nothing, _: Context| Ok(ContentBlock::audio(WAV, "audio/wav")),
        )
        .tool(
            "test_embedded_resource",
            "Returns a resource",
            async |_: Nothing, _: Context| Ok(embedded()),
        )
        .tool(
            "test_multiple_content_types",
            "Returns a text, a picture and a resource",
            async |_: Nothing, _: Context| Ok(mixed()),
        )
        .tool(
            "test_error_handling",
            "Always fails",
            async |_: Nothing, _: Context| {
                Ok(CallToolResult::error(
                    "This tool intentionally returns an error for testing",
                ))
            },
        )
}

fn embedded() -> ContentBlock {
    let text = "This is an embedded resource content.";
    ResourceContents::text("test://embedded-resource", text)
        .mime_type("text/plain")
        .into()
}

fn mixed() -> Vec<ContentBlock> {
    let resource = ResourceContents::text(
        "test://mixed-content-resource",
        r#"{"test":"data","value":123}"#,
    );
    vec![
        ContentBlock::text("Multiple content types test:"),
        ContentBlock::image(PNG, "image/png"),
        resource.mime_type("application/json").into(),
    ]
}
