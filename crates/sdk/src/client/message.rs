//! Writing the messages that a client sends.

use interlock_wire::json::write_string;
use interlock_wire::{Id, Revision};

/// A response with a raw result object.
pub(crate) fn result(id: &Id<'_>, result: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(40 + result.len());
    out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    id.write(&mut out);
    out.extend_from_slice(br#","result":"#);
    out.extend_from_slice(result);
    out.push(b'}');
    out
}

/// A notification with raw parameters.
pub(crate) fn notification(method: &str, params: Option<&[u8]>) -> Vec<u8> {
    let mut out = br#"{"jsonrpc":"2.0","method":"#.to_vec();
    write_string(method, &mut out);
    if let Some(params) = params {
        out.extend_from_slice(br#","params":"#);
        out.extend_from_slice(params);
    }
    out.push(b'}');
    out
}

/// The notification that gives a request up.
pub(crate) fn cancelled(id: i64, reason: &str) -> Vec<u8> {
    let mut params = format!(r#"{{"requestId":{id},"reason":"#).into_bytes();
    write_string(reason, &mut params);
    params.push(b'}');
    notification("notifications/cancelled", Some(&params))
}

/// An object that is written member by member.
#[derive(Debug)]
pub(crate) struct Object(Vec<u8>);

impl Object {
    pub(crate) fn new() -> Self {
        Self(vec![b'{'])
    }

    /// Continues a raw object.
    pub(crate) fn continuing(raw: &[u8]) -> Self {
        let body = raw.trim_ascii_end();
        let open = body.strip_suffix(b"}").unwrap_or(b"{");
        Self(open.trim_ascii_end().to_vec())
    }

    pub(crate) fn raw(&mut self, key: &str, value: &[u8]) -> &mut Self {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        write_string(key, &mut self.0);
        self.0.push(b':');
        self.0.extend_from_slice(value);
        self
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        let mut text = Vec::with_capacity(value.len() + 2);
        write_string(value, &mut text);
        self.raw(key, &text)
    }

    /// Members that are written already, without braces.
    pub(crate) fn members(&mut self, members: &[u8]) -> &mut Self {
        if !members.is_empty() {
            if self.0.last() != Some(&b'{') {
                self.0.push(b',');
            }
            self.0.extend_from_slice(members);
        }
        self
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

/// One request, before it has an id.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    /// The method's name.
    pub(crate) method: &'a str,
    /// A raw object without `_meta`.
    pub(crate) params: &'a [u8],
    /// Members of `_meta` that are the caller's: written, without braces.
    pub(crate) meta: &'a [u8],
}

/// The members of `_meta` that every request of 2026-07-28 carries, written once a client.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(crate) modern: Vec<u8>,
}

impl Envelope {
    pub(crate) fn new(client_info: &[u8], capabilities: &[u8]) -> Self {
        let mut members = Object(Vec::new());
        members.raw_member(
            "io.modelcontextprotocol/protocolVersion",
            format!("\"{}\"", Revision::V2026_07_28.name()).as_bytes(),
        );
        members.raw_member("io.modelcontextprotocol/clientInfo", client_info);
        members.raw_member("io.modelcontextprotocol/clientCapabilities", capabilities);
        Self { modern: members.0 }
    }

    /// The request's text.
    pub(crate) fn write(
        &self,
        request: &Request<'_>,
        id: i64,
        progress: bool,
        revision: Option<Revision>,
    ) -> Vec<u8> {
        let mut meta = Object::new();
        if revision == Some(Revision::V2026_07_28) {
            meta.members(&self.modern);
        }
        meta.members(request.meta);
        if progress {
            meta.raw("progressToken", id.to_string().as_bytes());
        }
        let mut params = Object::continuing(request.params);
        if meta.0.len() > 1 {
            params.raw("_meta", &meta.end());
        }
        let mut out = Object::new();
        out.raw("jsonrpc", b"\"2.0\"")
            .raw("id", id.to_string().as_bytes())
            .text("method", request.method);
        if params.0.len() > 1 {
            out.raw("params", &params.end());
        }
        out.end()
    }
}

impl Object {
    fn raw_member(&mut self, key: &str, value: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        write_string(key, &mut self.0);
        self.0.push(b':');
        self.0.extend_from_slice(value);
    }
}
