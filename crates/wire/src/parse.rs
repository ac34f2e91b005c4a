//! From a line to a [`Message`], or to the reason why not. One pass over the bytes.

use std::borrow::Cow;

use crate::envelope::{Captures, Field, Place};
use crate::id::IdFault;
use crate::json::reader::{self, Reading};
use crate::method::Method;
use crate::{Id, Kind, Limits, Message, Reject, RejectCode};

/// Reads one line, without its `\n`; one trailing `\r` is tolerated.
///
/// Batches are refused in every revision. Only 2025-03-26 had them, no client in use sends them, and a batch
/// would hide calls from whatever judges single messages.
///
/// # Errors
/// [`Reject`] says why the line must not be forwarded, and which request it was when that could be read.
pub fn parse<'a>(line: &'a [u8], limits: &Limits) -> Result<Message<'a>, Reject> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.trim_ascii_start().first() {
        Some(b'{') => {}
        Some(b'[') => return Err(batch_or_noise(line, limits)),
        _ => return Err(not_object(line, limits)),
    }
    let Reading {
        outcome,
        captures,
        mut remarks,
    } = reader::read(line, limits, Place::Message);
    let read = outcome.map_err(Reject::json).and_then(|()| {
        let envelope = Envelope {
            line,
            captures: &captures,
            limits,
        };
        let kind = envelope.kind()?;
        Ok((kind, envelope.method_of()))
    });
    match read {
        Ok((kind, known)) => {
            let message = Message {
                raw: line,
                kind,
                remarks,
                known,
                captures,
            };
            remarks.unsafe_id = message.id().is_some_and(Id::is_unsafe);
            let message = Message { remarks, ..message };
            names_without_nul(&message)?;
            Ok(message)
        }
        Err(reject) => Err(with_id(reject, line, &captures, limits)),
    }
}

struct Envelope<'a, 'c> {
    line: &'a [u8],
    captures: &'c Captures,
    limits: &'c Limits,
}

impl<'a> Envelope<'a, '_> {
    fn kind(&self) -> Result<Kind<'a>, Reject> {
        if self
            .get(Field::Jsonrpc)
            .and_then(crate::json::as_str)
            .as_deref()
            != Some("2.0")
        {
            return Err(Reject::new(RejectCode::Version, "`jsonrpc` is not `2.0`"));
        }
        let (result, error) = (self.get(Field::Result), self.get(Field::Error));
        match (self.get(Field::Method), result, error) {
            (Some(method), None, None) => self.call(method),
            (None, Some(result), None) => {
                let id = self.get(Field::Id).ok_or_else(shape)?;
                Ok(Kind::Response {
                    id: self.id(id)?,
                    result: self.result(result)?,
                })
            }
            (None, None, Some(error)) => self.error(error),
            _ => Err(shape()),
        }
    }

    fn call(&self, method: &'a [u8]) -> Result<Kind<'a>, Reject> {
        let method = self.method(method)?;
        let params = match self.get(Field::Params) {
            // Some clients write absent parameters as null; it carries nothing to judge.
            None | Some(b"null") => None,
            Some(params) if params.first() == Some(&b'{') => Some(params),
            Some(_) => return Err(Reject::new(RejectCode::Params, "`params` is not an object")),
        };
        match self.get(Field::Id) {
            Some(id) => Ok(Kind::Request {
                id: self.id(id)?,
                method,
                params,
            }),
            None => Ok(Kind::Notification { method, params }),
        }
    }

    fn error(&self, error: &'a [u8]) -> Result<Kind<'a>, Reject> {
        let code = self.get(Field::ErrorCode).is_some_and(is_integer);
        let message = self
            .get(Field::ErrorMessage)
            .is_some_and(|raw| raw.first() == Some(&b'"'));
        if error.first() != Some(&b'{') || !code || !message {
            let detail = "`error` lacks an integer code or a string message";
            return Err(Reject::new(RejectCode::Error, detail));
        }
        let id = match self.get(Field::Id) {
            None | Some(b"null") => None,
            Some(id) => Some(self.id(id)?),
        };
        Ok(Kind::Error { id, error })
    }

    fn result(&self, result: &'a [u8]) -> Result<&'a [u8], Reject> {
        match result.first() {
            Some(b'{') => Ok(result),
            _ => Err(Reject::new(RejectCode::Result, "`result` is not an object")),
        }
    }

    fn id(&self, raw: &'a [u8]) -> Result<Id<'a>, Reject> {
        Id::read(raw, self.limits.max_id).map_err(|fault| match fault {
            IdFault::Null => Reject::new(RejectCode::IdNull, "id is null"),
            IdFault::Kind => Reject::new(RejectCode::IdKind, "id is neither string nor integer"),
            IdFault::Range => Reject::new(RejectCode::IdRange, "id is beyond 64 bits"),
            IdFault::Length => Reject::new(RejectCode::IdLength, "id over the length limit"),
        })
    }

    fn method(&self, raw: &'a [u8]) -> Result<Cow<'a, str>, Reject> {
        let method = crate::json::as_str(raw).filter(|method| {
            let length = 1..=self.limits.max_method;
            length.contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_graphic())
        });
        let Some(method) = method else {
            let detail = "method is not a string of visible ASCII characters";
            return Err(Reject::new(RejectCode::MethodKind, detail));
        };
        if Method::is_lookalike(&method) {
            let detail = "method resembles one of the protocol but is not equal to it";
            return Err(Reject::new(RejectCode::MethodLookalike, detail));
        }
        Ok(method)
    }

    fn method_of(&self) -> Method {
        let method = self.get(Field::Method).and_then(crate::json::as_str);
        method.map_or(Method::Other, |method| Method::of(&method))
    }

    fn get(&self, field: Field) -> Option<&'a [u8]> {
        self.captures.get(field, self.line)
    }
}

fn shape() -> Reject {
    Reject::new(
        RejectCode::Shape,
        "not exactly one of request, notification, result and error",
    )
}

fn is_integer(raw: &[u8]) -> bool {
    raw.iter().all(|byte| matches!(byte, b'-' | b'0'..=b'9'))
}

/// An array is a batch when it reads as JSON; a log line like `[info] ready` is noise.
fn batch_or_noise(line: &[u8], limits: &Limits) -> Reject {
    let objects = line
        .trim_ascii_start()
        .get(1..)
        .unwrap_or_default()
        .trim_ascii_start();
    match objects.first() {
        Some(b'{' | b']') => Reject::new(
            RejectCode::Batch,
            "batches are not relayed; send each message on its own line",
        ),
        _ => not_object(line, limits),
    }
}

fn not_object(line: &[u8], limits: &Limits) -> Reject {
    match crate::json::validate(line, limits) {
        Ok(()) => Reject::new(RejectCode::NotObject, "JSON, but not an object"),
        Err(error) => match Reject::json(error) {
            reject if matches!(reject.code, RejectCode::Syntax | RejectCode::Trailing) => {
                Reject::new(RejectCode::NotJson, "not a JSON-RPC message")
            }
            reject => reject,
        },
    }
}

/// Adds what can be answered to: an id that was read before the fault.
fn with_id(reject: Reject, line: &[u8], captures: &Captures, limits: &Limits) -> Reject {
    let get = |field| captures.get(field, line);
    let id = get(Field::Id).and_then(|raw| Id::read(raw, limits.max_id).ok());
    let response = get(Field::Method).is_none()
        && (get(Field::Result).is_some() || get(Field::Error).is_some());
    Reject {
        id: id.map(Id::into_owned),
        response,
        ..reject
    }
}

/// NUL ends a name early for peers written in C, so another thing would be named than was judged.
fn names_without_nul(message: &Message<'_>) -> Result<(), Reject> {
    if !message.remarks.escaped_nul {
        return Ok(());
    }
    let named = [
        Field::Id,
        Field::ParamsName,
        Field::ParamsUri,
        Field::ParamsCursor,
    ];
    let nul = |field| {
        message
            .captured_text(field)
            .is_some_and(|text| text.contains('\0'))
    };
    match named.into_iter().any(nul) {
        true => {
            let reject = Reject::new(RejectCode::NulText, "NUL in an id, a name or a URI");
            Err(with_id(
                reject,
                message.raw,
                &message.captures,
                &Limits::default(),
            ))
        }
        false => Ok(()),
    }
}
