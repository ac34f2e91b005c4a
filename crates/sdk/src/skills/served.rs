//! Serving skills: their files as resources, and the methods of the extension.

use std::collections::BTreeMap;
use std::sync::Arc;

use interlock_wire::Object;
use interlock_wire::types::{Resource, ResourceContents};
use serde_json::{Value, json};

use super::publish::{Skill, media_type};
use super::{EXTENSION, SkillEntry};
use crate::RpcError;
use crate::server::{Builder, CallError, Context};

/// Skills that a server serves. [`offer`](Self::offer) adds them to one: every file is a resource, `skills/list`, `skills/get`
/// and `resources/directory/read` answer for them, and the extension is declared.
///
/// ```
/// use interlock_sdk::Server;
/// use interlock_sdk::skills::{Published, Skill};
///
/// let skill = Skill::new("", [("SKILL.md", "---\nname: greet\ndescription: How we greet\n---\nSay hello.\n")])?;
/// let server = Published::new([skill]).offer(Server::builder("greeter", "1.0.0")).build();
/// # Ok::<_, interlock_sdk::skills::VerifyError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Published {
    skills: Vec<Skill>,
}

impl Published {
    /// These skills.
    pub fn new(skills: impl IntoIterator<Item = Skill>) -> Self {
        Self {
            skills: skills.into_iter().collect(),
        }
    }

    /// Adds them to a server.
    pub fn offer(self, builder: Builder) -> Builder {
        let directories = Arc::new(directories(&self.skills));
        let entries: Vec<SkillEntry> = self
            .skills
            .iter()
            .map(|skill| skill.entry().clone())
            .collect();
        let listed = Arc::new(entries);
        let by_uri = Arc::clone(&listed);
        let settings = object(&json!({"directoryRead": true})).unwrap_or_default();
        let mut builder = builder
            .extension(EXTENSION, settings)
            .method("skills/list", move |_: Object, _: Context| {
                let listed = Arc::clone(&listed);
                async move { list(&listed) }
            })
            .method("skills/get", move |params: Object, _: Context| {
                let listed = Arc::clone(&by_uri);
                async move { get(&listed, &params) }
            })
            .method(
                "resources/directory/read",
                move |params: Object, _: Context| {
                    let directories = Arc::clone(&directories);
                    async move { children(&directories, &params) }
                },
            );
        for skill in self.skills {
            builder = offer_files(builder, &skill);
        }
        builder
    }
}

fn offer_files(mut builder: Builder, skill: &Skill) -> Builder {
    for (uri, bytes) in skill.files() {
        let resource = described(&uri, skill.entry()).mime_type(media_type(&uri));
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let contents = contents(&uri, bytes);
        builder = builder.resource(resource.size(size), move |_: Context| {
            let contents = contents.clone();
            async move { Ok(contents) }
        });
    }
    builder
}

/// The main file has the skill's own name and description.
fn described(uri: &str, entry: &SkillEntry) -> Resource {
    if uri == entry.uri() {
        return Resource::new(uri, entry.name()).description(entry.description());
    }
    let name = uri.rsplit('/').next().unwrap_or(uri);
    Resource::new(uri, name).description(format!("A file of the skill {}", entry.name()))
}

fn contents(uri: &str, bytes: &[u8]) -> ResourceContents {
    use base64::Engine as _;
    let contents = match std::str::from_utf8(bytes) {
        Ok(text) => ResourceContents::text(uri, text),
        Err(_) => {
            ResourceContents::blob(uri, base64::engine::general_purpose::STANDARD.encode(bytes))
        }
    };
    contents.mime_type(media_type(uri))
}

fn list(entries: &[SkillEntry]) -> Result<Object, CallError> {
    let skills: Vec<Value> = entries.iter().map(SkillEntry::to_json).collect();
    object(&json!({"skills": skills, "ttlMs": 0, "cacheScope": "private"}))
}

fn get(entries: &[SkillEntry], params: &Object) -> Result<Object, CallError> {
    let uri = uri_of(params)?;
    let entry = entries.iter().find(|entry| entry.uri() == uri);
    let entry = entry.ok_or_else(|| unknown("no such skill"))?;
    object(&json!({"skill": entry.to_json(), "ttlMs": 0, "cacheScope": "private"}))
}

fn children(directories: &Directories, params: &Object) -> Result<Object, CallError> {
    let uri = uri_of(params)?;
    let children = directories.get(uri.as_str());
    let children = children.ok_or_else(|| unknown("no such directory"))?;
    let children: Vec<Value> = children
        .iter()
        .map(|(uri, mime_type)| {
            let name = uri.rsplit('/').next().unwrap_or(uri);
            json!({"uri": uri, "name": name, "mimeType": mime_type})
        })
        .collect();
    object(&json!({"resources": children, "ttlMs": 0, "cacheScope": "private"}))
}

fn uri_of(params: &Object) -> Result<String, CallError> {
    let uri = params
        .get("uri")
        .and_then(|uri| uri.as_str().map(String::from));
    uri.ok_or_else(|| unknown("`uri` is missing"))
}

fn unknown(problem: &'static str) -> CallError {
    CallError::rpc(RpcError::invalid_params(problem))
}

fn object(value: &Value) -> Result<Object, CallError> {
    let made = Object::parse(value.to_string().as_bytes());
    made.map_err(|_| CallError::rpc(RpcError::internal()))
}

/// The children of each directory, with their media types.
type Directories = BTreeMap<String, BTreeMap<String, &'static str>>;

const DIRECTORY: &str = "inode/directory";

fn directories(skills: &[Skill]) -> Directories {
    let mut directories = Directories::new();
    for skill in skills {
        let root = skill.entry().directory().unwrap_or_default().to_owned();
        for (uri, _) in skill.files() {
            let mime_type = media_type(&uri);
            let mut child = (uri, mime_type);
            while let Some((parent, _)) = child.0.rsplit_once('/') {
                let parent = parent.to_owned();
                directories
                    .entry(parent.clone())
                    .or_default()
                    .insert(child.0, child.1);
                if parent == root {
                    break;
                }
                child = (parent, DIRECTORY);
            }
        }
    }
    directories
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skill() -> Skill {
        let main = "---\nname: a\ndescription: b\n---\n";
        Skill::new(
            "x",
            [
                ("SKILL.md", main),
                ("deep/er/file.txt", "1"),
                ("deep/b.bin", "2"),
            ],
        )
        .unwrap()
    }

    fn params(uri: &str) -> Object {
        object(&json!({"uri": uri})).unwrap()
    }

    #[test]
    fn every_directory_has_its_direct_children() {
        let directories = directories(&[skill()]);
        let uris = |of: &str| directories[of].keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            uris("skill://x/a"),
            ["skill://x/a/SKILL.md", "skill://x/a/deep"]
        );
        assert_eq!(
            uris("skill://x/a/deep"),
            ["skill://x/a/deep/b.bin", "skill://x/a/deep/er"]
        );
        assert_eq!(directories["skill://x/a"]["skill://x/a/deep"], DIRECTORY);
        assert_eq!(directories.len(), 3);
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let directories = directories(&[skill()]);
        assert!(children(&directories, &params("skill://x/a/SKILL.md")).is_err());
        assert!(children(&directories, &params("skill://x")).is_err());
        assert!(children(&directories, &Object::default()).is_err());
        let entries = [skill().entry().clone()];
        assert!(get(&entries, &params("skill://x/a")).is_err());
        assert!(get(&entries, &params("skill://x/a/SKILL.md")).is_ok());
    }
}
