//! From a line to a [`Message`], or to the reason why not. One pass over the bytes.

use std::borrow::Cow;

use crate::envelope::{Captures, Field, Place};
use crate::id::IdFault;
use crate::json::JsonFault;
use crate::json::reader::{self, Noticed};
use crate::method::Method;
use crate::{Id, Kind, Limits, Message, Reject, RejectCode, Remarks};

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
    let mut noticed = Noticed::new();
    let read = reader::read(line, limits, Place::Message, &mut noticed).map_err(Reject::json);
    let Noticed { captures, remarks } = &noticed;
    let envelope = Envelope {
        line,
        captures,
        limits,
    };
    match read.and_then(|()| envelope.judge(*remarks)) {
        Ok((known, kind)) => {
            let Noticed {
                captures,
                mut remarks,
            } = noticed;
            remarks.unsafe_id = kind.id().is_some_and(Id::is_unsafe);
            Ok(Message {
                raw: line,
                kind,
                remarks,
                known,
                captures,
            })
        }
        Err(reject) => Err(envelope.identify(reject)),
    }
}

struct Envelope<'a, 'c> {
    line: &'a [u8],
    captures: &'c Captures,
    limits: &'c Limits,
}

impl<'a> Envelope<'a, '_> {
    fn judge(&self, remarks: Remarks) -> Result<(Method, Kind<'a>), Reject> {
        // Compared as written first: this is in every message.
        let version = self.get(Field::Jsonrpc);
        if version != Some(br#""2.0""#) && self.text(Field::Jsonrpc).as_deref() != Some("2.0") {
            return Err(Reject::new(RejectCode::Version, "`jsonrpc` is not `2.0`"));
        }
        if remarks.escaped_nul {
            self.names_without_nul()?;
        }
        let (method, id) = (self.get(Field::Method), self.get(Field::Id));
        match (method, self.get(Field::Result), self.get(Field::Error), id) {
            (Some(method), None, None, id) => self.call(method, id),
            (None, Some(result), None, Some(id)) => {
                let kind = Kind::Response {
                    id: self.id(id)?,
                    result: object(result)?,
                };
                Ok((Method::Other, kind))
            }
            (None, None, Some(error), id) => Ok((Method::Other, self.error(error, id)?)),
            _ => {
                let detail = "not exactly one of request, notification, result and error";
                Err(Reject::new(RejectCode::Shape, detail))
            }
        }
    }

    fn call(&self, method: &'a [u8], id: Option<&'a [u8]>) -> Result<(Method, Kind<'a>), Reject> {
        let (known, method) = self.method(method)?;
        let params = match self.get(Field::Params) {
            // Some clients write absent parameters as null; it carries nothing to judge.
            None | Some(b"null") => None,
            Some(params) if params.first() == Some(&b'{') => Some(params),
            Some(_) => return Err(Reject::new(RejectCode::Params, "`params` is not an object")),
        };
        let kind = match id {
            Some(id) => Kind::Request {
                id: self.id(id)?,
                method,
                params,
            },
            None => Kind::Notification { method, params },
        };
        Ok((known, kind))
    }

    fn error(&self, error: &'a [u8], id: Option<&'a [u8]>) -> Result<Kind<'a>, Reject> {
        let code = self.get(Field::ErrorCode).is_some_and(is_integer);
        let message = self
            .get(Field::ErrorMessage)
            .is_some_and(|raw| raw.first() == Some(&b'"'));
        if error.first() != Some(&b'{') || !code || !message {
            let detail = "`error` lacks an integer code or a string message";
            return Err(Reject::new(RejectCode::Error, detail));
        }
        let id = match id {
            None | Some(b"null") => None,
            Some(id) => Some(self.id(id)?),
        };
        Ok(Kind::Error { id, error })
    }

    fn id(&self, raw: &'a [u8]) -> Result<Id<'a>, Reject> {
        Id::read(raw, self.limits.max_id).map_err(|fault| match fault {
            IdFault::Null => Reject::new(RejectCode::IdNull, "id is null"),
            IdFault::Kind => Reject::new(RejectCode::IdKind, "id is neither string nor integer"),
            IdFault::Range => Reject::new(RejectCode::IdRange, "id is beyond 64 bits"),
            IdFault::Length => Reject::new(RejectCode::IdLength, "id over the length limit"),
        })
    }

    fn method(&self, raw: &'a [u8]) -> Result<(Method, Cow<'a, str>), Reject> {
        let lengths = 1..=self.limits.max_method;
        let visible = |method: &Cow<'_, str>| {
            lengths.contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let Some(method) = crate::json::as_str(raw).filter(visible) else {
            let detail = "method is not a string of visible ASCII characters";
            return Err(Reject::new(RejectCode::MethodKind, detail));
        };
        let known = Method::of(&method);
        if known == Method::Other && Method::is_lookalike(&method) {
            let detail = "method resembles one of the protocol but is not equal to it";
            return Err(Reject::new(RejectCode::MethodLookalike, detail));
        }
        Ok((known, method))
    }

    /// NUL ends a name early for peers written in C, so another thing would be named than was judged.
    fn names_without_nul(&self) -> Result<(), Reject> {
        let named = [
            Field::Id,
            Field::ParamsName,
            Field::ParamsUri,
            Field::ParamsCursor,
        ];
        match named
            .iter()
            .filter_map(|field| self.text(*field))
            .any(|text| text.contains('\0'))
        {
            true => Err(Reject::new(
                RejectCode::NulText,
                "NUL in an id, a name or a URI",
            )),
            false => Ok(()),
        }
    }

    /// Adds what can be answered to: an id that was read before the fault.
    fn identify(&self, reject: Reject) -> Reject {
        let id = self
            .get(Field::Id)
            .and_then(|raw| Id::read(raw, self.limits.max_id).ok());
        let answers = self.get(Field::Result).or(self.get(Field::Error)).is_some();
        let response = answers && self.get(Field::Method).is_none();
        Reject {
            id: id.map(Id::into_owned),
            response,
            ..reject
        }
    }

    fn get(&self, field: Field) -> Option<&'a [u8]> {
        self.captures.get(field, self.line)
    }

    fn text(&self, field: Field) -> Option<Cow<'a, str>> {
        self.get(field).and_then(crate::json::as_str)
    }
}

fn object(result: &[u8]) -> Result<&[u8], Reject> {
    match result.first() {
        Some(b'{') => Ok(result),
        _ => Err(Reject::new(RejectCode::Result, "`result` is not an object")),
    }
}

fn is_integer(raw: &[u8]) -> bool {
    raw.iter().all(|byte| matches!(byte, b'-' | b'0'..=b'9'))
}

/// An array of objects is a batch, whole or broken; a log line like `[info] ready` is noise.
fn batch_or_noise(line: &[u8], limits: &Limits) -> Reject {
    let inside = line
        .trim_ascii_start()
        .get(1..)
        .unwrap_or_default()
        .trim_ascii_start();
    match inside.first() {
        Some(b'{' | b']') => {
            let detail = "batches are not relayed; send each message on its own line";
            Reject::new(RejectCode::Batch, detail)
        }
        _ => not_object(line, limits),
    }
}

fn not_object(line: &[u8], limits: &Limits) -> Reject {
    match crate::json::validate(line, limits) {
        Ok(()) => Reject::new(RejectCode::NotObject, "JSON, but not an object"),
        Err(error) if error.fault == JsonFault::ByteOrderMark => Reject::json(error),
        Err(error) if error.fault == JsonFault::TooLong => Reject::json(error),
        Err(_) => Reject::new(RejectCode::NotJson, "not a JSON-RPC message"),
    }
}
