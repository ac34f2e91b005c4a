//! The MCP Registry's HTTP interface, version 0.1: one entry by name and version.

use interlock_launch::Decision;
use serde_json::Value;

use super::Review;
use super::entry::{judge_status, namespace};
use super::review::{OFFICIAL, read, review_entry};
use crate::http::{Client, FetchError, Get};

/// The public registry.
pub const DEFAULT_BASE: &str = "https://registry.modelcontextprotocol.io";

/// Most bytes of an answer.
const LARGEST: u64 = 4 << 20;

/// Why an entry could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No name of a server.
    #[error("`{}` is no name such as `io.github.user/server`", interlock_launch::excerpt(.0))]
    Name(String),
    /// The registry's address cannot be used.
    #[error("the registry's address `{}` is not https; write it as `https://HOST`", interlock_launch::excerpt(.0))]
    Base(String),
    /// It could not be fetched.
    #[error("the entry of `{name}` cannot be fetched")]
    Fetch {
        /// Which server.
        name: String,
        /// Why.
        source: FetchError,
    },
    /// The answer is not what the interface says, or is about another server.
    #[error("the registry's answer about `{name}` is refused: {what}")]
    Answer {
        /// Which server.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// The entry itself is refused.
    #[error("the entry of `{name}` is refused")]
    Refused {
        /// Which server.
        name: String,
        /// What was found in it.
        review: Review,
    },
}

/// The name and the version of `mcp:NAME` or `mcp:NAME@VERSION`.
#[must_use]
pub fn reference(word: &str) -> Option<(&str, Option<&str>)> {
    let rest = word.strip_prefix("mcp:")?;
    let (name, version) = match rest.rsplit_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (rest, None),
    };
    let plain = |version: &str| !version.is_empty() && version.bytes().all(is_of_version);
    (namespace(name).is_some() && version.is_none_or(plain)).then_some((name, version))
}

fn is_of_version(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+')
}

/// A registry that speaks the interface.
#[derive(Clone)]
pub struct Api {
    base: String,
    client: Client,
}

impl Api {
    /// Prepares for a registry; connects to nothing yet. Plain http is for this machine only.
    ///
    /// # Errors
    /// When the address is no https address.
    pub fn new(base: &str, client: Client) -> Result<Self, ApiError> {
        let base = base.trim_end_matches('/');
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"]
            .iter()
            .any(|local| base.starts_with(local));
        let plain = base
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'@' | b'\\'));
        if !plain || !(base.starts_with("https://") || local) {
            return Err(ApiError::Base(base.to_owned()));
        }
        Ok(Self {
            base: base.to_owned(),
            client,
        })
    }

    /// Fetches and reviews the entry of a server, of one version or the newest. What is refused is an error; what is
    /// found besides comes with it.
    ///
    /// # Errors
    /// When the name is none, the entry cannot be fetched, is about another server or version, or is refused.
    pub fn entry(&self, name: &str, version: Option<&str>) -> Result<(Value, Review), ApiError> {
        if namespace(name).is_none() {
            return Err(ApiError::Name(name.to_owned()));
        }
        let wrong = |what: &str| ApiError::Answer {
            name: name.to_owned(),
            what: what.to_owned(),
        };
        let wanted = version.unwrap_or("latest");
        if !wanted.bytes().all(is_of_version) {
            return Err(wrong("such a version cannot be asked for"));
        }
        let url = format!(
            "{}/v0.1/servers/{}/versions/{}",
            self.base,
            name.replace('/', "%2F"),
            wanted.replace('+', "%2B")
        );
        let get = Get {
            url: &url,
            accept: "application/json",
            compressed: true,
            authorization: None,
            limit: LARGEST,
            plain: self.base.starts_with("http://"),
        };
        // From a registry of this machine nothing leads elsewhere.
        let text = match get.plain {
            true => self.client.text_there(&get),
            false => self.client.text(&get),
        };
        let text = text.map_err(|source| ApiError::Fetch {
            name: name.to_owned(),
            source,
        })?;
        let answer = read(&text).map_err(|what| wrong(&what))?;
        let entry = answer
            .get("server")
            .ok_or_else(|| wrong("it has no `server`"))?;
        let field = |key: &str| entry.get(key).and_then(Value::as_str);
        if field("name") != Some(name) {
            return Err(wrong("it is about another server"));
        }
        if version.is_some() && field("version") != version {
            return Err(wrong("it is about another version"));
        }
        let mut review = review_entry(entry, None, None);
        let meta = answer.get("_meta").and_then(|meta| meta.get(OFFICIAL));
        if meta.and_then(|meta| meta.get("status")?.as_str()) == Some("deleted") {
            return Err(wrong("it was deleted"));
        }
        review.take(|notes| judge_status(meta, notes));
        if review.decision() != Decision::NeedsApproval {
            return Err(ApiError::Refused {
                name: name.to_owned(),
                review,
            });
        }
        Ok((entry.clone(), review))
    }
}
