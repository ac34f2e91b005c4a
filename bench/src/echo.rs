//! What the bare echo servers answer: a borrowed parse, and nothing checked that is not needed.

use std::borrow::Cow;
use std::io;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    arguments: Arguments<'a>,
}

#[derive(Deserialize)]
struct Arguments<'a> {
    #[serde(borrow)]
    text: &'a RawValue,
}

/// Appends the answer to one message, without a line end; nothing for a notification.
///
/// # Errors
/// When the message is none.
pub fn answer(line: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let request: Request<'_> = serde_json::from_slice(line)?;
    let Some(id) = request.id else {
        return Ok(());
    };
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    out.extend_from_slice(id.get().as_bytes());
    out.extend_from_slice(br#","result":"#);
    if request.method == "tools/call" {
        let call: Call<'_> = serde_json::from_str(request.params.map_or("{}", RawValue::get))?;
        out.extend_from_slice(br#"{"content":[{"type":"text","text":"#);
        out.extend_from_slice(call.arguments.text.get().as_bytes());
        out.extend_from_slice(br#"}],"isError":false}"#);
    } else {
        out.extend_from_slice(other(&request.method, line));
    }
    out.push(b'}');
    Ok(())
}

/// The handshake and the list, for the revisions that peers ask for.
fn other(method: &str, line: &[u8]) -> &'static [u8] {
    let old = memmem::find(line, b"2025-06-18").is_some();
    match method {
        "initialize" if old => br#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"0"}}"#,
        "initialize" => br#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"0"}}"#,
        "tools/list" => br#"{"tools":[{"name":"echo","description":"Gives a text back","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}]}"#,
        _ => b"{}",
    }
}
