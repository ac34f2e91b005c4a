//! Nanoseconds to read and to write typed messages. `cargo bench -p interlock-wire --bench types`.

#![expect(clippy::expect_used, reason = "its inputs are fixed")]

mod measure;

use std::hint::black_box;

use interlock_wire::types::{
    CallToolParams, CallToolResult, ContentBlock, Decode, Encode, ListToolsResult, Tool,
    ToolAnnotations,
};
use interlock_wire::uri_template::Template;
use interlock_wire::{Json, Object, Revision};
use measure::bench;

const CALL: &str = r#"{"name":"echo","arguments":{"text":"0123456789abcdef"}}"#;
const MODERN: &str = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}},"name":"echo","arguments":{"text":"0123456789abcdef"}}"#;

fn both<T: Decode + Encode>(name: &str, text: &[u8]) {
    bench(&format!("read {name}"), text.len(), || {
        let _ = black_box(T::decode(black_box(text)));
    });
    bench("  (serde_json builds a tree)", text.len(), || {
        let _ = black_box(serde_json::from_slice::<serde_json::Value>(black_box(text)));
    });
    let value = T::decode(text).expect("of that type");
    let mut out = Vec::with_capacity(text.len() + 64);
    bench(&format!("write {name}"), text.len(), || {
        out.clear();
        black_box(&value).encode_for(Revision::V2026_07_28, &mut out);
        black_box(&out);
    });
    let value: serde_json::Value = serde_json::from_slice(text).expect("JSON");
    bench("  (serde_json writes a tree)", text.len(), || {
        out.clear();
        let _ = serde_json::to_writer(&mut out, black_box(&value));
    });
}

fn tools() -> Vec<u8> {
    let schema = br#"{"type":"object","properties":{"path":{"type":"string","description":"Where it is"},"depth":{"type":"integer","minimum":0}},"required":["path"]}"#;
    let tool = |number: usize| {
        Tool::with_schema(
            format!("tool-{number}"),
            Object::parse(schema).expect("an object"),
        )
        .title("A tool")
        .description("Does something that takes a sentence to tell, and then another one.")
        .annotations(ToolAnnotations::default().read_only_hint(true))
    };
    let tools = (0..100).map(tool).collect();
    ListToolsResult {
        tools,
        ..ListToolsResult::default()
    }
    .to_json()
}

fn main() {
    both::<CallToolParams>("call", CALL.as_bytes());
    both::<CallToolParams>("modern call", MODERN.as_bytes());
    both::<CallToolResult>(
        "text result",
        &CallToolResult::text("0123456789abcdef").to_json(),
    );
    both::<CallToolResult>(
        "1 MiB text result",
        &CallToolResult::text("0123456789abcdef".repeat(65_536)).to_json(),
    );
    both::<CallToolResult>(
        "structured result",
        &CallToolResult::structured(Json::parse(CALL.as_bytes()).expect("JSON")).to_json(),
    );
    both::<ContentBlock>(
        "image of 64 KiB",
        &ContentBlock::image("aGVs".repeat(16_384), "image/png").to_json(),
    );
    both::<ListToolsResult>("100 tools", &tools());
    let template = Template::parse("file:///{folder}{/path*}{?line}").expect("a template");
    let uri = "file:///src/wire/types/mod.rs?line=7";
    bench("match a URI template", uri.len(), || {
        black_box(template.matches(black_box(uri)));
    });
}
