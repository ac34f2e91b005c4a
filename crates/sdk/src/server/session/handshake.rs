//! Which revision a request is made in; `initialize` and `server/discover`.

use interlock_wire::types::{Decode, DiscoverResult, Encode, InitializeParams, InitializeResult};
use interlock_wire::{Era, Id, Message, Method, Revision, json};

use super::state::Phase;
use super::{Ask, Session, SessionKind};
use crate::RpcError;
use crate::server::body::write_signed;
use crate::server::handled::Outcome;

/// The longest `initialize` whose words a session keeps, in bytes: a name, a version, capabilities and some icons.
const MOST_HELLO: usize = 64 << 10;

impl Session {
    /// What the request's `_meta` says, else what the handshake agreed on.
    pub(super) fn revision_of(
        &self,
        message: &Message<'_>,
        id: &Id<'_>,
    ) -> Result<Revision, RpcError> {
        let named = message.meta_version();
        if self.0.kind == SessionKind::HttpModern {
            return modern_by_header(named, message);
        }
        let state = self.state();
        let busy = state.busy().filter(|busy| !busy.in_flight.is_empty());
        if busy.is_some_and(|busy| busy.in_flight.contains_key(&id.clone().into_owned())) {
            return Err(RpcError::invalid_request("the id is in flight already"));
        }
        let phase = state.phase;
        drop(state);
        let method = message.method();
        match (phase, named) {
            (_, Some(named)) => modern(named, message),
            // Only a modern method can be meant, so what lacks is what modern requests have.
            (_, None) if method == Method::Discover || method == Method::Listen => {
                modern(b"null", message)
            }
            (Phase::New, None) if method == Method::Initialize || method == Method::Ping => {
                Ok(Revision::V2025_11_25)
            }
            (Phase::New, None) => Err(RpcError::invalid_request(
                "not initialized, and `_meta` has no `io.modelcontextprotocol/protocolVersion`",
            )),
            (Phase::Agreed(revision) | Phase::Ready(revision), None) => Ok(revision),
        }
    }

    pub(super) fn initialize(
        &self,
        ask: &Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Outcome, RpcError> {
        let raw = ask.message.params().unwrap_or(b"{}");
        // It is kept for as long as the session lives.
        if raw.len() > MOST_HELLO {
            return Err(RpcError::invalid_params(
                "it says more than a session keeps",
            ));
        }
        let params = InitializeParams::decode(raw)
            .map_err(|error| RpcError::invalid_params(error.to_string()))?;
        let revision = Revision::from_name(&params.protocol_version)
            .filter(|revision| revision.era() == Era::Legacy)
            .unwrap_or(Revision::V2025_11_25);
        let mut state = self.state();
        if state.phase != Phase::New {
            return Err(RpcError::invalid_request("already initialized"));
        }
        state.agree(revision, raw);
        drop(state);
        let server = &self.0.server;
        server.0.hub.add_session(self.downgrade());
        // A client that asks for the draft by its name wants to read that name again.
        let name = match params.protocol_version.as_str() {
            "2024-10-07" => "2024-10-07",
            _ => revision.name(),
        };
        let result = InitializeResult {
            protocol_version: name.to_owned(),
            capabilities: server.capabilities(),
            server_info: server.0.info.clone(),
            instructions: server.0.settings.instructions.clone(),
            ..InitializeResult::default()
        };
        Ok(self.write(ask.id, revision, &result, reply))
    }

    pub(super) fn discover(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Outcome {
        let server = &self.0.server;
        let caching = &server.0.settings.caching;
        let names = Revision::ALL.iter().rev();
        let result = DiscoverResult {
            supported_versions: names.map(|revision| revision.name().to_owned()).collect(),
            capabilities: server.capabilities(),
            instructions: server.0.settings.instructions.clone(),
            ttl_ms: Some(caching.ttl_ms),
            cache_scope: Some(caching.scope.clone()),
            ..DiscoverResult::default()
        };
        self.write(ask.id, ask.revision, &result, reply)
    }

    /// Appends a response with a typed result.
    pub(in crate::server) fn write(
        &self,
        id: &Id<'_>,
        revision: Revision,
        result: &impl Encode,
        reply: &mut Vec<u8>,
    ) -> Outcome {
        reply.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        id.write(reply);
        reply.extend_from_slice(br#","result":"#);
        write_signed(&self.0.server, revision, result, reply);
        reply.push(b'}');
        Outcome::Result
    }
}

/// Judges a request whose revision a header has named already.
///
/// A probe is answered to the letter: it is how a client finds out whether it speaks the revision right. Any other request that
/// says less than it must in `_meta` is one of a client without capabilities, which gives it nothing; what it says has to be right.
fn modern_by_header(named: Option<&[u8]>, message: &Message<'_>) -> Result<Revision, RpcError> {
    let lenient = message.meta_capabilities().is_none() && message.method() != Method::Discover;
    match named {
        Some(named) if lenient => version(named),
        None if lenient => Ok(Revision::V2026_07_28),
        named => modern(named.unwrap_or(b"null"), message),
    }
}

/// Judges the `_meta` of a modern request, whose version is the raw value `named`.
fn modern(named: &[u8], message: &Message<'_>) -> Result<Revision, RpcError> {
    let revision = version(named)?;
    let lacks = |what| Err(RpcError::invalid_params(what));
    match message.meta_capabilities().and_then(<[u8]>::first) {
        Some(b'{') => {}
        _ => return lacks("`_meta` lacks `io.modelcontextprotocol/clientCapabilities`"),
    }
    let level = message.meta_log_level();
    match level.is_none_or(|level| interlock_wire::types::LogLevel::decode(level).is_ok()) {
        true => Ok(revision),
        false => lacks("`io.modelcontextprotocol/logLevel` is no log level"),
    }
}

/// The modern revision of that raw name.
fn version(named: &[u8]) -> Result<Revision, RpcError> {
    let Some(named) = json::as_str(named) else {
        let lacks = "`_meta` lacks `io.modelcontextprotocol/protocolVersion`";
        return Err(RpcError::invalid_params(lacks));
    };
    match Revision::from_name(&named) {
        Some(Revision::V2026_07_28) => Ok(Revision::V2026_07_28),
        // Spoken here, but only after `initialize`.
        Some(_) => {
            let supported = [Revision::V2026_07_28];
            Err(RpcError::unsupported_version(&named, &supported))
        }
        None => {
            let mut supported = Revision::ALL;
            supported.reverse();
            Err(RpcError::unsupported_version(&named, &supported))
        }
    }
}
