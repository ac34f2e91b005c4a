//! From a request's method to what answers it.

use interlock_wire::types::{Decode, EmptyResult, SetLevelParams, SubscribeParams};
use interlock_wire::{Era, Kind, Message, Method};

use super::{Ask, Session};
use crate::RpcError;
use crate::server::handled::{Handled, Outcome};

/// Resources that one session may be subscribed to.
const MOST_SUBSCRIPTIONS: usize = 1_024;

impl Session {
    pub(super) fn route(&self, ask: Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Handled, RpcError> {
        let method = ask.message.method();
        if !method.exists_in(ask.revision) {
            return Err(not_found(ask.message));
        }
        let outcome = match method {
            Method::ToolsCall => return self.call_tool(ask, reply),
            Method::PromptsGet => return self.get_prompt(ask, reply),
            Method::ResourcesRead => return self.read_resource(ask, reply),
            Method::Complete => return self.complete(ask, reply),
            Method::Listen => return self.listen(ask),
            Method::TasksGet | Method::TasksResult | Method::TasksList | Method::TasksCancel => {
                return self.task_request(ask, reply);
            }
            Method::Other if is_update(ask.message) => return self.task_request(ask, reply),
            Method::Other => return self.extension(ask, reply),
            Method::Initialize => self.initialize(&ask, reply)?,
            Method::Discover => self.discover(&ask, reply),
            Method::Ping => self.done(&ask, reply),
            Method::ToolsList if self.has_tools() => self.list_tools(&ask, reply)?,
            Method::ResourcesList if self.has_resources() => self.list_resources(&ask, reply)?,
            Method::TemplatesList if self.has_resources() => self.list_templates(&ask, reply)?,
            Method::PromptsList if self.has_prompts() => self.list_prompts(&ask, reply)?,
            Method::SetLevel => self.set_level(&ask, reply)?,
            Method::Subscribe if self.has_resources() => self.subscribe(&ask, reply)?,
            Method::Unsubscribe if self.has_resources() => self.unsubscribe(&ask, reply)?,
            _ => return Err(not_found(ask.message)),
        };
        Ok(self.finished(outcome))
    }

    fn has_tools(&self) -> bool {
        !self.0.server.offers().tools.as_slice().is_empty()
    }

    fn has_prompts(&self) -> bool {
        !self.0.server.offers().prompts.as_slice().is_empty()
    }

    fn has_resources(&self) -> bool {
        self.0.server.offers().has_resources()
    }

    /// A result that says nothing more than that it worked.
    pub(super) fn done(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Outcome {
        self.write(ask.id, ask.revision, &EmptyResult::default(), reply)
    }

    fn set_level(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Outcome, RpcError> {
        let params: SetLevelParams = params(ask)?;
        self.state().log_level = params.level;
        Ok(self.done(ask, reply))
    }

    fn subscribe(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Outcome, RpcError> {
        let params: SubscribeParams = params(ask)?;
        let mut state = self.state();
        let subscribed = state.busy().map_or(0, |busy| busy.subscribed.len());
        if subscribed >= MOST_SUBSCRIPTIONS {
            return Err(RpcError::refused("too many subscriptions"));
        }
        state.change(|busy| busy.subscribed.insert(params.uri));
        drop(state);
        Ok(self.done(ask, reply))
    }

    fn unsubscribe(&self, ask: &Ask<'_, '_>, reply: &mut Vec<u8>) -> Result<Outcome, RpcError> {
        let params: SubscribeParams = params(ask)?;
        self.state()
            .change(|busy| busy.subscribed.remove(&params.uri));
        Ok(self.done(ask, reply))
    }

    /// Sends a legacy client a notification that belongs to no request. One that does not read misses it: it says that
    /// something changed, and the next one will say so again.
    pub(in crate::server) fn send_aside(&self, text: &[u8]) {
        if let Some(out) = self.standalone() {
            let _full = out.try_send(text.to_vec());
        }
    }

    pub(in crate::server) fn is_subscribed(&self, uri: &str) -> bool {
        let state = self.state();
        state
            .busy()
            .is_some_and(|busy| busy.subscribed.contains(uri))
    }
}

/// Reads the parameters of a request.
pub(in crate::server) fn params<T: Decode>(ask: &Ask<'_, '_>) -> Result<T, RpcError> {
    T::decode(ask.message.params().unwrap_or(b"{}"))
        .map_err(|error| RpcError::invalid_params(error.to_string()))
}

/// `tasks/update` belongs to the extension, so the table of the specification's methods lacks it.
fn is_update(message: &Message<'_>) -> bool {
    matches!(&message.kind, Kind::Request { method, .. } if method == "tasks/update")
}

pub(in crate::server) fn not_found(message: &Message<'_>) -> RpcError {
    match &message.kind {
        Kind::Request { method, .. } => RpcError::method_not_found(method),
        _ => RpcError::invalid_request("not a request"),
    }
}

impl Ask<'_, '_> {
    pub(in crate::server) fn is_modern(&self) -> bool {
        self.revision.era() == Era::Modern
    }
}
