//! A host's side: listing skills, and loading one after a person agreed to it.

use base64::Engine as _;
use interlock_wire::Object;
use interlock_wire::types::ResourceContents;
use serde_json::Value;
use thiserror::Error;

use super::entry::{EntryError, SkillEntry};
use super::verify::{LoadedSkill, VerifyError};
use crate::client::{CallError, Client};

/// Pages of a listing that are read.
const MOST_PAGES: usize = 1_000;

/// Why there is no skill.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SkillError {
    /// The server did not answer, or with an error.
    #[error("the server did not give it")]
    Call(#[from] CallError),
    /// What it said about the skill breaks a rule.
    #[error("the server's entry cannot be used")]
    Entry(#[from] EntryError),
    /// What it gave is not what it had said.
    #[error("the skill cannot be used")]
    Verify(#[from] VerifyError),
    /// A result that the extension does not have.
    #[error("the server's result is not one of the skills extension")]
    Result,
}

/// The skills that the server lists. It may serve more of them, and entries that break a rule are left out.
///
/// Nothing of a skill is read here: a host shows the entries, and [`load`]s one when it is needed.
///
/// # Errors
/// [`SkillError`] when there is no list.
pub async fn list(client: &Client) -> Result<Vec<SkillEntry>, SkillError> {
    let mut entries = Vec::new();
    let mut params = Object::default();
    for _ in 0..MOST_PAGES {
        let page = result(client, "skills/list", &params).await?;
        let skills = page.get("skills").and_then(Value::as_array);
        let skills = skills.ok_or(SkillError::Result)?;
        entries.extend(
            skills
                .iter()
                .filter_map(|entry| SkillEntry::parse(entry).ok()),
        );
        match page.get("nextCursor").and_then(Value::as_str) {
            Some(cursor) => params = object("cursor", cursor)?,
            None => return Ok(entries),
        }
    }
    Err(SkillError::Result)
}

/// The entry of one skill, listed or not.
///
/// # Errors
/// [`SkillError`] when the server does not serve it, or its entry breaks a rule.
pub async fn get(client: &Client, uri: &str) -> Result<SkillEntry, SkillError> {
    let result = result(client, "skills/get", &object("uri", uri)?).await?;
    let entry = SkillEntry::parse(result.get("skill").ok_or(SkillError::Result)?)?;
    match entry.uri() == uri {
        true => Ok(entry),
        false => Err(SkillError::Result),
    }
}

/// Reads the skill's `SKILL.md` and verifies it against the entry.
///
/// # Errors
/// [`SkillError`]; of a skill that cannot be verified nothing may be used, and no further file is to be read.
pub async fn load(client: &Client, entry: SkillEntry) -> Result<LoadedSkill, SkillError> {
    let main = bytes(client, entry.uri()).await?;
    Ok(entry.load(&main)?)
}

/// Reads another file of a loaded skill, named by its path below the skill's directory, and verifies it.
///
/// # Errors
/// [`SkillError`] when the entry has no such file, or it is not what the entry says.
pub async fn read(client: &Client, skill: &LoadedSkill, path: &str) -> Result<Vec<u8>, SkillError> {
    let uri = skill.locate(path)?;
    let bytes = bytes(client, uri).await?;
    skill.verify(uri, &bytes)?;
    Ok(bytes)
}

async fn bytes(client: &Client, uri: &str) -> Result<Vec<u8>, SkillError> {
    let result = client.read_resource(uri).await?;
    match result.contents.as_slice() {
        [ResourceContents::Text(text)] => Ok(text.text.clone().into_bytes()),
        [ResourceContents::Blob(blob)] => base64::engine::general_purpose::STANDARD
            .decode(&blob.blob)
            .map_err(|_| SkillError::Result),
        _ => Err(SkillError::Result),
    }
}

async fn result(client: &Client, method: &str, params: &Object) -> Result<Value, SkillError> {
    let result = client.request_extension(method, params).await?;
    serde_json::from_slice(result.raw()).map_err(|_| SkillError::Result)
}

fn object(member: &str, text: &str) -> Result<Object, SkillError> {
    let value = serde_json::json!({ member: text });
    Object::parse(value.to_string().as_bytes()).map_err(|_| SkillError::Result)
}
