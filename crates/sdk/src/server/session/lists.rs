//! Lists, page by page. A cursor is sealed: it opens only for the caller and the list that it was given for.

use interlock_wire::types::{Encode, Tool};
use interlock_wire::{Era, Id, Revision, json};

use super::{Ask, Session};
use crate::RpcError;
use crate::server::handled::Outcome;
use crate::server::offers::ToolEntry;
use crate::server::sealed::{self, Binding};

/// For how long a cursor opens: a day.
const CURSOR_MILLIS: u64 = 24 * 60 * 60 * 1_000;

impl Session {
    pub(super) fn list_tools(
        &self,
        ask: &Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Outcome, RpcError> {
        let offers = self.0.server.offers();
        let tools = offers.tools.as_slice();
        self.list(ask, "tools", tools, reply, |tool, revision, out| {
            write_tool(tool, revision, out);
        })
    }

    pub(super) fn list_resources(
        &self,
        ask: &Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Outcome, RpcError> {
        let offers = self.0.server.offers();
        let resources = offers.resources.as_slice();
        self.list(
            ask,
            "resources",
            resources,
            reply,
            |resource, revision, out| {
                resource.definition.encode_for(revision, out);
            },
        )
    }

    pub(super) fn list_templates(
        &self,
        ask: &Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Outcome, RpcError> {
        let offers = self.0.server.offers();
        let templates = offers.templates.as_slice();
        self.list(
            ask,
            "resourceTemplates",
            templates,
            reply,
            |template, revision, out| {
                template.definition.encode_for(revision, out);
            },
        )
    }

    pub(super) fn list_prompts(
        &self,
        ask: &Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Outcome, RpcError> {
        let offers = self.0.server.offers();
        let prompts = offers.prompts.as_slice();
        self.list(ask, "prompts", prompts, reply, |prompt, revision, out| {
            prompt.definition.encode_for(revision, out);
        })
    }

    fn list<T>(
        &self,
        ask: &Ask<'_, '_>,
        name: &str,
        entries: &[T],
        reply: &mut Vec<u8>,
        mut write: impl FnMut(&T, Revision, &mut Vec<u8>),
    ) -> Result<Outcome, RpcError> {
        let start = self.start_of_page(ask, name)?;
        let size = self.0.server.0.settings.page_size;
        let mut page = entries.iter().skip(start);
        open(ask.id, ask.revision, reply);
        json::write_string(name, reply);
        reply.extend_from_slice(b":[");
        for (index, entry) in page.by_ref().take(size).enumerate() {
            if index > 0 {
                reply.push(b',');
            }
            write(entry, ask.revision, reply);
        }
        reply.push(b']');
        let more = page.next().is_some();
        let behind = start.saturating_add(size);
        if let Some(cursor) = more.then(|| self.cursor(name, behind)).flatten() {
            reply.extend_from_slice(br#","nextCursor":"#);
            json::write_string(&cursor, reply);
        }
        self.close_page(ask.revision, reply);
        Ok(Outcome::Result)
    }

    fn close_page(&self, revision: Revision, reply: &mut Vec<u8>) {
        let server = &self.0.server;
        match revision.era() {
            Era::Legacy => reply.extend_from_slice(b"}}"),
            Era::Modern => {
                let caching = &server.0.settings.caching;
                reply.extend_from_slice(br#","ttlMs":"#);
                caching.ttl_ms.encode(reply);
                reply.extend_from_slice(br#","cacheScope":"#);
                caching.scope.encode(reply);
                reply.extend_from_slice(&server.0.signature);
                reply.push(b'}');
            }
        }
    }

    pub(in crate::server) fn cursor(&self, list: &str, start: usize) -> Option<String> {
        let settings = &self.0.server.0.settings;
        let expires = settings.clock.unix_millis().saturating_add(CURSOR_MILLIS);
        let content = (start as u64).to_le_bytes();
        sealed::seal(&settings.keys, self.cursor_binding(list), expires, &content)
    }

    /// Where the page begins that a request asks for.
    pub(in crate::server) fn start_of_page(
        &self,
        ask: &Ask<'_, '_>,
        list: &str,
    ) -> Result<usize, RpcError> {
        let Some(cursor) = ask.message.cursor() else {
            return Ok(0);
        };
        let settings = &self.0.server.0.settings;
        let now = settings.clock.unix_millis();
        let binding = self.cursor_binding(list);
        let opened = json::as_str(cursor)
            .and_then(|cursor| sealed::open(&settings.keys, binding, now, &cursor).ok());
        let start = opened.and_then(|content| Some(u64::from_le_bytes(*content.first_chunk()?)));
        start
            .and_then(|start| usize::try_from(start).ok())
            .ok_or_else(|| RpcError::invalid_params("`cursor` is none of ours, or expired"))
    }

    fn cursor_binding(&self, list: &str) -> Binding {
        Binding::new("interlock cursor 1", &self.0.principal, &[list.as_bytes()])
    }
}

/// The envelope up to the first member of the result that is not always there.
fn open(id: &Id<'_>, revision: Revision, reply: &mut Vec<u8>) {
    reply.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    id.write(reply);
    reply.extend_from_slice(br#","result":{"#);
    if revision.era() == Era::Modern {
        reply.extend_from_slice(br#""resultType":"complete","#);
    }
}

fn write_tool(entry: &ToolEntry, revision: Revision, out: &mut Vec<u8>) {
    let tool = &entry.definition;
    let object = tool.output_schema.as_ref().is_none_or(|schema| {
        let kind = schema.get("type");
        kind.is_some_and(|kind| kind.as_str().as_deref() == Some("object"))
    });
    if object || revision.era() == Era::Modern {
        return tool.encode_for(revision, out);
    }
    // Earlier revisions know only objects as structured results.
    let without = Tool {
        output_schema: None,
        ..tool.clone()
    };
    without.encode_for(revision, out);
}
