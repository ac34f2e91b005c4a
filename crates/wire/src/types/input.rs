//! Multi-round-trip requests of 2026-07-28: instead of asking the client, a server answers with questions, and the client calls again.

use super::{
    CreateMessageParams, CreateMessageResult, Decode, DecodeError, ElicitParams, ElicitResult,
    EmptyParams, Encode, Input, ListRootsResult, Map, Meta, Output, ResultType,
};
use crate::Json;

union! {
    /// One question.
    pub enum InputRequest by "method" {
        /// For the client's model.
        "sampling/createMessage" => CreateMessage(Box<CreateMessageRequest>),
        /// For the person.
        "elicitation/create" => Elicit(Box<ElicitRequest>),
        /// For the roots.
        "roots/list" => ListRoots(ListRootsRequest),
    }
}

message! {
    /// Asks for the client's model.
    pub struct CreateMessageRequest, "method" = "sampling/createMessage" {
        /// The question.
        must params: CreateMessageParams = "params";
    }

    /// Asks the person.
    pub struct ElicitRequest, "method" = "elicitation/create" {
        /// The question.
        must params: ElicitParams = "params";
    }

    /// Asks for the roots.
    #[derive(Default)]
    pub struct ListRootsRequest, "method" = "roots/list" {
        /// Nothing.
        may params: EmptyParams = "params";
    }

    /// A result that asks instead of answering.
    pub struct InputRequiredResult {
        /// That it asks.
        must result_type: ResultType = "resultType";
        /// The questions, by names that the answers have too.
        may input_requests: InputRequests = "inputRequests";
        /// What the client sends back unread.
        may request_state: String = "requestState";
        /// What rides along.
        may meta: Meta = "_meta";
    }
}

impl Default for InputRequiredResult {
    fn default() -> Self {
        Self {
            result_type: ResultType::InputRequired,
            input_requests: None,
            request_state: None,
            meta: None,
            extra: super::Extra::default(),
        }
    }
}

/// Questions by name.
pub type InputRequests = Map<InputRequest>;

/// Answers by the names of their questions.
pub type InputResponses = Map<InputResponse>;

/// One answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum InputResponse {
    /// What the model said.
    CreateMessage(Box<CreateMessageResult>),
    /// What the person did.
    Elicit(ElicitResult),
    /// The roots.
    ListRoots(ListRootsResult),
    /// Something else.
    Unknown(Json),
}

/// Answers have no type of their own; each has a member that the others lack.
impl Decode for InputResponse {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        if input.look("action").is_some() {
            Decode::read(input).map(Self::Elicit)
        } else if input.look("model").is_some() {
            Decode::read(input).map(Self::CreateMessage)
        } else if input.look("roots").is_some() {
            Decode::read(input).map(Self::ListRoots)
        } else {
            Decode::read(input).map(Self::Unknown)
        }
    }
}

impl Encode for InputResponse {
    fn write(&self, out: &mut Output<'_>) {
        match self {
            Self::CreateMessage(result) => result.write(out),
            Self::Elicit(result) => result.write(out),
            Self::ListRoots(result) => result.write(out),
            Self::Unknown(value) => value.write(out),
        }
    }
}

impl From<CreateMessageParams> for InputRequest {
    fn from(params: CreateMessageParams) -> Self {
        let extra = super::Extra::default();
        Self::CreateMessage(Box::new(CreateMessageRequest { params, extra }))
    }
}

impl From<ElicitParams> for InputRequest {
    fn from(params: ElicitParams) -> Self {
        let extra = super::Extra::default();
        Self::Elicit(Box::new(ElicitRequest { params, extra }))
    }
}

impl From<CreateMessageResult> for InputResponse {
    fn from(result: CreateMessageResult) -> Self {
        Self::CreateMessage(Box::new(result))
    }
}

impl From<ElicitResult> for InputResponse {
    fn from(result: ElicitResult) -> Self {
        Self::Elicit(result)
    }
}

impl From<ListRootsResult> for InputResponse {
    fn from(result: ListRootsResult) -> Self {
        Self::ListRoots(result)
    }
}
