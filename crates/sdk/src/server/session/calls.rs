//! Calls that have handlers: tools, prompts, resources, completions.

use std::sync::Arc;

use interlock_wire::types::{
    CompleteParams, CompletionReference, Decode, Map, TASKS_EXTENSION, TaskParams, TaskSupport,
};
use interlock_wire::{Json, Kind, Method, Object, Revision};

use super::route::params;
use super::{Ask, Session};
use crate::RpcError;
use crate::error::shown;
use crate::server::body::Job;
use crate::server::context::Context;
use crate::server::fault::CallError;
use crate::server::handled::Handled;
use crate::server::layers;
use crate::server::offers::{Reader, Requested, ToolEntry};
use crate::server::rounds::Rounds;

/// Whether a call becomes a task.
enum AsTask {
    /// No.
    Never,
    /// When its handler is not done at once.
    IfSlow,
    /// In any case, to be kept that long.
    Always(Option<u64>),
}

impl Session {
    pub(super) fn call_tool(
        &self,
        mut ask: Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Handled, RpcError> {
        let name = ask.message.name();
        let name = name.ok_or_else(|| RpcError::invalid_params("`name` is missing"))?;
        let offers = self.0.server.offers();
        let tool = offers.tools.get(&name);
        let tool = tool
            .ok_or_else(|| RpcError::invalid_params(format!("unknown tool `{}`", shown(&name))))?;
        let arguments = ask.message.arguments().unwrap_or(b"{}");
        if arguments.first() != Some(&b'{') {
            return Err(RpcError::invalid_params("`arguments` is not an object"));
        }
        let cx = self.context(&mut ask)?;
        let as_task = self.as_task(&ask, tool, &cx)?;
        match as_task {
            AsTask::Never => {}
            AsTask::IfSlow => self.0.server.0.tasks.prepare(&cx, None),
            AsTask::Always(ttl) => self.0.server.0.tasks.prepare(&cx, ttl),
        }
        let job = match tool.handler.start(arguments, cx.clone()) {
            Ok(work) => Job::Tool(work, tool.output.clone()),
            Err(text) => unfit(ask.revision, text)?,
        };
        let job = self.layered(&ask, &name, &cx, job);
        match as_task {
            AsTask::Always(_) => self.start_task(&ask, cx, job, reply),
            _ => self.run(ask, cx, job, reply),
        }
    }

    fn as_task(
        &self,
        ask: &Ask<'_, '_>,
        tool: &Arc<ToolEntry>,
        cx: &Context,
    ) -> Result<AsTask, RpcError> {
        let support = tool.task_support();
        match ask.revision {
            Revision::V2026_07_28 if *support == TaskSupport::Forbidden => Ok(AsTask::Never),
            Revision::V2026_07_28 => match (knows_tasks(cx), support) {
                (true, _) => Ok(AsTask::IfSlow),
                (false, TaskSupport::Required) => Err(lacks_tasks()),
                (false, _) => Ok(AsTask::Never),
            },
            Revision::V2025_11_25 if self.0.server.has_task_tools() => {
                match (ask.message.task(), support) {
                    (Some(raw), TaskSupport::Optional | TaskSupport::Required) => {
                        let asked = TaskParams::decode(raw)
                            .map_err(|error| RpcError::invalid_params(error.to_string()))?;
                        Ok(AsTask::Always(asked.ttl))
                    }
                    (None, TaskSupport::Required) => Err(RpcError::new(
                        interlock_wire::types::codes::METHOD_NOT_FOUND,
                        "the tool has to be called as a task",
                    )),
                    (Some(_), _) => Err(RpcError::new(
                        interlock_wire::types::codes::METHOD_NOT_FOUND,
                        "the tool cannot be called as a task",
                    )),
                    (None, _) => Ok(AsTask::Never),
                }
            }
            _ => Ok(AsTask::Never),
        }
    }

    pub(super) fn get_prompt(
        &self,
        mut ask: Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Handled, RpcError> {
        let name = ask.message.name();
        let name = name.ok_or_else(|| RpcError::invalid_params("`name` is missing"))?;
        let offers = self.0.server.offers();
        let prompt = offers.prompts.get(&name);
        let prompt = prompt.ok_or_else(|| {
            RpcError::invalid_params(format!("unknown prompt `{}`", shown(&name)))
        })?;
        let arguments = match ask.message.arguments() {
            Some(raw) => Map::<String>::decode(raw)
                .map_err(|error| RpcError::invalid_params(format!("`arguments`: {error}")))?,
            None => Map::default(),
        };
        if let Some(missing) = prompt.missing(&arguments) {
            let text = format!("argument `{}` is missing", shown(missing));
            return Err(RpcError::invalid_params(text));
        }
        let cx = self.context(&mut ask)?;
        let job = Job::Prompt((prompt.prompter)(arguments, cx.clone()));
        let job = self.layered(&ask, &name, &cx, job);
        self.run(ask, cx, job, reply)
    }

    pub(super) fn read_resource(
        &self,
        mut ask: Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Handled, RpcError> {
        let uri = ask.message.uri();
        let uri = uri.ok_or_else(|| RpcError::invalid_params("`uri` is missing"))?;
        let (reader, variables) = self
            .reader(&uri)
            .ok_or_else(|| RpcError::resource_not_found(&uri, ask.revision))?;
        let requested = Requested {
            uri: uri.clone().into_owned(),
            variables,
        };
        let cx = self.context(&mut ask)?;
        let job = Job::Read(reader(requested, cx.clone()));
        let job = self.layered(&ask, &uri, &cx, job);
        self.run(ask, cx, job, reply)
    }

    /// What reads a URI: a resource of its own, else the first template that it belongs to.
    fn reader(&self, uri: &str) -> Option<(Reader, Map<String>)> {
        let offers = self.0.server.offers();
        if let Some(resource) = offers.resources.get(uri) {
            return Some((Arc::clone(&resource.reader), Map::default()));
        }
        offers.templates.as_slice().iter().find_map(|entry| {
            let variables = entry.variables(uri)?;
            Some((Arc::clone(&entry.reader), variables))
        })
    }

    pub(super) fn complete(
        &self,
        mut ask: Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Handled, RpcError> {
        let Some(completer) = self.0.server.0.settings.completer.clone() else {
            return Err(super::route::not_found(ask.message));
        };
        let params: CompleteParams = params(&ask)?;
        let offers = self.0.server.offers();
        let (known, name) = match &params.reference {
            CompletionReference::Prompt(prompt) => (
                offers.prompts.get(&prompt.name).is_some(),
                prompt.name.clone(),
            ),
            CompletionReference::Resource(resource) => {
                let known = offers.templates.get(&resource.uri).is_some()
                    || self.reader(&resource.uri).is_some();
                (known, resource.uri.clone())
            }
            CompletionReference::Unknown(_) => (false, String::new()),
            _ => (false, String::new()),
        };
        if !known {
            return Err(RpcError::invalid_params("`ref` is nothing that is offered"));
        }
        let cx = self.context(&mut ask)?;
        let job = Job::Complete(completer(params, cx.clone()));
        let job = self.layered(&ask, &name, &cx, job);
        self.run(ask, cx, job, reply)
    }

    /// A method that an extension added.
    pub(super) fn extension(
        &self,
        mut ask: Ask<'_, '_>,
        reply: &mut Vec<u8>,
    ) -> Result<Handled, RpcError> {
        let name = match &ask.message.kind {
            Kind::Request { method, .. } => method.clone().into_owned(),
            _ => return Err(super::route::not_found(ask.message)),
        };
        let methods = &self.0.server.0.settings.methods;
        let Some(method) = methods.get(name.as_str()) else {
            return Err(super::route::not_found(ask.message));
        };
        let params = Object::parse(ask.message.params().unwrap_or(b"{}"))
            .map_err(|error| RpcError::invalid_params(error.to_string()))?;
        let cx = self.context(&mut ask)?;
        let job = Job::Other(method(params, cx.clone()));
        let job = self.layered(&ask, &name, &cx, job);
        self.run(ask, cx, job, reply)
    }

    /// What the handler will know of its call, answers of earlier rounds included.
    fn context(&self, ask: &mut Ask<'_, '_>) -> Result<Context, RpcError> {
        let cx = Context::new(
            self.clone(),
            ask.revision,
            ask.message.meta(),
            ask.out.clone(),
            std::mem::take(&mut ask.arrival),
        );
        if ask.is_modern() && ask.message.method() != Method::Complete {
            let brought = Rounds::of(&self.0.server, self.principal(), ask.message)?;
            if brought.is_some() {
                *cx.rounds() = brought;
            }
        }
        Ok(cx)
    }

    fn layered(&self, ask: &Ask<'_, '_>, name: &str, cx: &Context, job: Job) -> Job {
        let Some(layers) = &self.0.server.0.settings.layers else {
            return job;
        };
        Job::Layered(layers.run(layers::Call {
            method: ask.message.method(),
            name: name.to_owned(),
            cx: cx.clone(),
            job,
        }))
    }
}

/// Arguments that do not fit: the model is told since 2025-11-25, so that it can do better; the client before.
fn unfit(revision: Revision, text: String) -> Result<Job, RpcError> {
    match revision {
        Revision::V2025_11_25 | Revision::V2026_07_28 => {
            let text = format!("invalid arguments: {text}");
            Ok(Job::Failed(Some(CallError::new(text))))
        }
        _ => Err(RpcError::invalid_params(text)),
    }
}

/// Whether the client declared the tasks extension.
pub(in crate::server) fn knows_tasks(cx: &Context) -> bool {
    let capabilities = cx.client_capabilities();
    let extensions = capabilities.extensions.as_ref();
    extensions.is_some_and(|extensions| extensions.get(TASKS_EXTENSION).is_some())
}

pub(in crate::server) fn lacks_tasks() -> RpcError {
    let required = Json::parse(br#"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#);
    RpcError::missing_capability(required.unwrap_or_default().raw())
}
