//! The bare echo server that stands for the limit: one read, a borrowed parse, one write.
//!
//! Newline-delimited JSON-RPC on stdin and stdout, one tool named `echo`. It checks nothing that it does not need, so what a
//! relay in front of it costs is seen best.

use std::borrow::Cow;
use std::io::{self, Read, Write};

use memchr::{memchr, memmem};
use serde::Deserialize;
use serde_json::value::RawValue;

const CHUNK: usize = 64 * 1024;

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

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    // The standard library's buffers are passed by: whole chunks are larger than they are.
    let mut buffer = vec![0; 2 * CHUNK];
    let (mut start, mut end) = (0, 0);
    let mut answers = Vec::with_capacity(2 * CHUNK);
    loop {
        if end == buffer.len() {
            buffer.copy_within(start..end, 0);
            (start, end) = (0, end - start);
            if end > buffer.len() / 2 {
                buffer.resize(2 * buffer.len(), 0);
            }
        }
        let count = input.read(buffer.get_mut(end..).unwrap_or_default())?;
        if count == 0 {
            return Ok(());
        }
        let mut seen = end;
        end += count;
        while let Some(at) = memchr(b'\n', buffer.get(seen..end).unwrap_or_default()) {
            answer(
                buffer.get(start..seen + at).unwrap_or_default(),
                &mut answers,
            )?;
            (start, seen) = (seen + at + 1, seen + at + 1);
        }
        if start == end {
            (start, end) = (0, 0);
        }
        output.write_all(&answers)?;
        output.flush()?;
        answers.clear();
    }
}

fn answer(line: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
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
    out.extend_from_slice(b"}\n");
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
