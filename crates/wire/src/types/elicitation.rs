//! Elicitation: a server asks the person, by a form or at a URL.

use super::{
    Decode, DecodeError, Encode, FormSchema, Input, Map, Meta, Output, RequestMeta, TaskParams,
};
use crate::Json;

names! {
    /// What the person did.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum ElicitAction {
        /// Said yes, and filled the form.
        Accept = "accept",
        /// Said no.
        Decline = "decline",
        /// Said nothing.
        Cancel = "cancel",
    }
}

message! {
    /// Asks by a form. Never for secrets: those are asked at a URL.
    #[derive(Default)]
    pub struct ElicitFormParams {
        /// What is asked.
        must message: String = "message";
        /// The fields of the form.
        must requested_schema: FormSchema = "requestedSchema";
        /// `form`, from 2025-11-25, or absent.
        may mode: FormMode = "mode", since V2025_11_25;
        /// Asks for it to be run as a task.
        may task: TaskParams = "task", since V2025_11_25, until V2025_11_25;
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta", until V2025_11_25;
    }

    /// Asks at a URL, from 2025-11-25.
    #[derive(Default)]
    pub struct ElicitUrlParams, "mode" = "url" {
        /// What is asked.
        must message: String = "message";
        /// Names this question; in 2025-11-25, which requires it.
        may elicitation_id: String = "elicitationId", until V2025_11_25;
        /// Where the person answers.
        must url: String = "url";
        /// Asks for it to be run as a task.
        may task: TaskParams = "task", until V2025_11_25;
        /// What rides along.
        may meta: Box<RequestMeta> = "_meta", until V2025_11_25;
    }

    /// Result of `elicitation/create`.
    pub struct ElicitResult {
        /// What the person did.
        must action: ElicitAction = "action";
        /// The fields of the form: texts, numbers, booleans, lists of texts.
        may content: Map<Json> = "content";
        /// What rides along.
        may meta: Meta = "_meta", until V2025_11_25;
    }

    /// Parameters of `notifications/elicitation/complete`, in 2025-11-25.
    #[derive(Default)]
    pub struct ElicitCompleteParams {
        /// Which question was answered at its URL.
        must elicitation_id: String = "elicitationId";
        /// What rides along.
        may meta: Meta = "_meta";
    }
}

names! {
    /// The one mode of a form.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub enum FormMode {
        /// By a form.
        #[default]
        Form = "form",
    }
}

/// Parameters of `elicitation/create`.
#[derive(Debug, Clone, PartialEq)]
pub enum ElicitParams {
    /// Asks by a form.
    Form(ElicitFormParams),
    /// Asks at a URL.
    Url(ElicitUrlParams),
}

impl ElicitParams {
    /// Asks by a form.
    pub fn form(message: impl Into<String>, requested_schema: FormSchema) -> Self {
        let message = message.into();
        Self::Form(ElicitFormParams {
            message,
            requested_schema,
            ..ElicitFormParams::default()
        })
    }

    /// Asks at a URL.
    pub fn url(message: impl Into<String>, url: impl Into<String>) -> Self {
        let (message, url) = (message.into(), url.into());
        Self::Url(ElicitUrlParams {
            message,
            url,
            ..ElicitUrlParams::default()
        })
    }

    /// What is asked.
    pub fn message(&self) -> &str {
        match self {
            Self::Form(params) => &params.message,
            Self::Url(params) => &params.message,
        }
    }
}

impl Decode for ElicitParams {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match input.look("mode") {
            Some(br#""url""#) => Decode::read(input).map(Self::Url),
            _ => Decode::read(input).map(Self::Form),
        }
    }
}

impl Encode for ElicitParams {
    fn write(&self, out: &mut Output<'_>) {
        match self {
            Self::Form(params) => params.write(out),
            Self::Url(params) => params.write(out),
        }
    }
}

impl ElicitResult {
    /// The person filled the form.
    pub fn accept(content: impl Into<Map<Json>>) -> Self {
        Self {
            content: Some(content.into()),
            ..Self::new(ElicitAction::Accept)
        }
    }

    /// What the person did, without a form.
    pub fn new(action: ElicitAction) -> Self {
        Self {
            action,
            content: None,
            meta: None,
            extra: super::Extra::default(),
        }
    }
}
