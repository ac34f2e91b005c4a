//! The user's own logins at registries of images, as docker, podman and skopeo keep them in files.
//!
//! Read from the files of this user only, never from a project or a launch request. A login is for the registry that it is kept under. Programs
//! that keep logins (credential helpers) are not started: what they are is only told, when a registry refuses access.

use crate::user_file::{self, Unread};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Why the logins cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// A file is there but cannot be read.
    #[error("the logins in `{path}` cannot be read", path = .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is larger than any configuration, or not in its format.
    #[error("`{path}` is no file of logins, as docker or podman write them", path = .path.display())]
    Format {
        /// Which file.
        path: PathBuf,
    },
}

/// A way in. Shown nowhere.
#[derive(Clone)]
pub(super) enum Login {
    /// User and password, as a header carries them.
    Basic(Zeroizing<String>),
    /// What new tokens are had for.
    Identity(Zeroizing<String>),
}

/// Every login that the user has. Shown nowhere.
#[derive(Clone, Default)]
pub struct Logins {
    /// By registry, or by a path in one.
    known: BTreeMap<String, Login>,
    /// The registries that the user has logins for, wherever they are kept.
    hosts: BTreeSet<String>,
    /// The programs that keep further ones: of a registry, and of all others.
    helpers: BTreeMap<String, String>,
    store: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    #[serde(default)]
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    auth: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    identitytoken: Option<String>,
}

impl Logins {
    /// Reads the logins of the user whose environment is `env` (this process's own, never a launch request's). Of two logins for one place
    /// podman's counts before docker's.
    ///
    /// # Errors
    /// When a file cannot be read. A missing file is an empty one.
    pub fn for_user(env: &dyn Fn(&str) -> Option<String>) -> Result<Self, LoginError> {
        let set = |name: &str| {
            let value = env(name).filter(|value| value.starts_with('/'));
            value.map(PathBuf::from)
        };
        let home = |rest: &str| set("HOME").map(|home| home.join(rest));
        let auth = "containers/auth.json";
        let podman = match set("REGISTRY_AUTH_FILE") {
            Some(file) => vec![Some(file)],
            None => vec![
                set("XDG_RUNTIME_DIR").map(|it| it.join(auth)),
                set("XDG_CONFIG_HOME")
                    .or_else(|| home(".config"))
                    .map(|it| it.join(auth)),
            ],
        };
        let docker = set("DOCKER_CONFIG").or_else(|| home(".docker"));
        let docker = docker.map(|directory| directory.join("config.json"));
        let files: Vec<PathBuf> = podman.into_iter().chain([docker]).flatten().collect();
        Self::from_files(&files)
    }

    /// Reads exactly these files; the first one that has a login for a place counts.
    ///
    /// # Errors
    /// As of [`Logins::for_user`].
    pub fn from_files(files: &[PathBuf]) -> Result<Self, LoginError> {
        let mut all = Self::default();
        for path in files {
            if let Some(text) = read(path)? {
                let file = serde_json::from_str(&text);
                all.add(file.map_err(|_| LoginError::Format { path: path.clone() })?);
            }
        }
        Ok(all)
    }

    fn add(&mut self, file: File) {
        for (name, entry) in file.auths {
            let place = place(&name);
            let host = place.split('/').next().unwrap_or_default();
            self.hosts.insert(host.to_owned());
            if let Some(login) = login(entry) {
                self.known.entry(place).or_insert(login);
            }
        }
        for (name, program) in file.cred_helpers {
            self.helpers.entry(place(&name)).or_insert(program);
        }
        let store = file.creds_store.filter(|program| !program.is_empty());
        self.store = self.store.take().or(store);
    }

    /// The registries that the user logged in to: names that are the user's own, wherever they lead.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(String::as_str)
    }

    /// The login for a repository: the one for the longest part of its name.
    pub(super) fn of(&self, host: &str, path: &str) -> Option<&Login> {
        let name = format!("{}/{path}", place(host));
        let ends = name.match_indices('/').map(|(at, _)| at);
        let ends: Vec<usize> = ends.chain([name.len()]).collect();
        let mut parts = ends.into_iter().rev().filter_map(|end| name.get(..end));
        parts.find_map(|part| self.known.get(part))
    }

    /// The program that may have a login for a registry.
    pub(super) fn helper(&self, host: &str) -> Option<String> {
        let program = self.helpers.get(&place(host)).or(self.store.as_ref())?;
        Some(format!(
            "docker-credential-{}",
            interlock_launch::excerpt(program)
        ))
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<String>>, LoginError> {
    match user_file::text(path) {
        Ok(text) => Ok(text.map(Zeroizing::new)),
        Err(Unread::Large) => Err(LoginError::Format {
            path: path.to_owned(),
        }),
        Err(Unread::Read(source)) => Err(LoginError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

fn login(entry: Entry) -> Option<Login> {
    let [auth, username, password, token] = [
        entry.auth,
        entry.username,
        entry.password,
        entry.identitytoken,
    ]
    .map(|text| text.filter(|text| !text.is_empty()).map(Zeroizing::new));
    if token.is_some() {
        return token.map(Login::Identity);
    }
    let pair = match (auth, username, password) {
        (Some(auth), _, _) => decoded(&auth)?,
        (None, Some(user), Some(password)) => Zeroizing::new(format!("{}:{}", *user, *password)),
        _ => return None,
    };
    let (user, _) = pair.split_once(':')?;
    let sound = !user.is_empty() && !pair.contains(char::is_control);
    sound.then(|| Login::Basic(Zeroizing::new(STANDARD.encode(pair.as_bytes()))))
}

/// User and password; docker may have written zero bytes after them.
fn decoded(auth: &str) -> Option<Zeroizing<String>> {
    let raw = Zeroizing::new(STANDARD.decode(auth).ok()?);
    let text = std::str::from_utf8(&raw).ok()?;
    Some(Zeroizing::new(text.trim_end_matches('\0').to_owned()))
}

/// A registry, or a path in one, as an image's name has it. Docker keeps its own registry under an address that it has had for long.
fn place(name: &str) -> String {
    let bare = name
        .strip_prefix("https://")
        .or_else(|| name.strip_prefix("http://"))
        .unwrap_or(name);
    let place = bare.trim_end_matches('/');
    let (host, path) = match place.split_once('/') {
        // The version of the protocol, and no part of a name behind it.
        Some((host, "v1" | "v2")) => (host, String::new()),
        Some((host, path)) => (host, format!("/{path}")),
        None => (place, String::new()),
    };
    let host = host.to_ascii_lowercase();
    match host.as_str() {
        "index.docker.io" | "registry-1.docker.io" => format!("docker.io{path}"),
        _ => format!("{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[&str]) -> Logins {
        let directory = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = files
            .iter()
            .enumerate()
            .map(|(number, text)| {
                let path = directory.path().join(number.to_string());
                std::fs::write(&path, text).unwrap();
                path
            })
            .collect();
        Logins::from_files(&paths).unwrap()
    }

    fn shown(login: Option<&Login>) -> String {
        match login {
            Some(Login::Basic(text)) => String::from_utf8(STANDARD.decode(text).unwrap()).unwrap(),
            Some(Login::Identity(text)) => format!("token {}", **text),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn a_login_is_for_its_own_registry() {
        let pair = |text: &str| format!(r#"{{"auth": "{}"}}"#, STANDARD.encode(text));
        let podman = format!(
            r#"{{"auths": {{"hub.example": {}, "hub.example/team": {}, "hub.example/team/x": {}, "part.example/team/v2": {},
                "https://part.example/other/v1/": {}, "https://old.example/v2/": {}}}}}"#,
            pair("a:1"),
            pair("b:2"),
            pair("c:3:4"),
            pair("f:7"),
            pair("g:8"),
            pair("h:9"),
        );
        let docker = format!(
            r#"{{"auths": {{"https://index.docker.io/v1/": {}, "hub.example": {}, "LOCALHOST:5000": {{"username": "u", "password": "p"}},
                "http://plain.example": {}, "t.example": {{"auth": "", "identitytoken": "id"}}, "empty.example": {{}},
                "bad.example": {{"auth": "%"}}, "user.example": {}, "line.example": {}}}, "HttpHeaders": {{"x": "y"}}}}"#,
            pair("d:5\0\0"),
            pair("other:0"),
            pair("e:6"),
            pair(":x"),
            pair("a\n:x"),
        );
        let logins = of(&[&podman, &docker]);
        for (host, path, expected) in [
            ("hub.example", "x", "a:1"),
            ("hub.example", "team/y", "b:2"),
            ("hub.example", "team/x", "c:3:4"),
            ("hub.example", "teams/x", "a:1"),
            ("hub.example:5000", "x", "none"),
            ("sub.hub.example", "x", "none"),
            ("hub.example.evil", "x", "none"),
            ("evil", "hub.example", "none"),
            ("docker.io", "library/node", "d:5"),
            ("registry-1.docker.io", "library/node", "d:5"),
            ("localhost:5000", "x", "u:p"),
            ("plain.example", "x", "e:6"),
            ("t.example", "x", "token id"),
            ("part.example", "team/v2", "f:7"),
            ("part.example", "team", "none"),
            ("part.example", "team/x", "none"),
            ("part.example", "other/v1/x", "g:8"),
            ("part.example", "x", "none"),
            ("old.example", "x", "h:9"),
            ("empty.example", "x", "none"),
            ("bad.example", "x", "none"),
            ("user.example", "x", "none"),
            ("line.example", "x", "none"),
        ] {
            assert_eq!(shown(logins.of(host, path)), expected, "{host} {path}");
        }
    }

    #[test]
    fn programs_that_keep_logins_are_told() {
        let logins = of(&[
            r#"{"credHelpers": {"gcr.io": "gcloud"}, "credsStore": "desktop"}"#,
            r#"{"credsStore": "other"}"#,
        ]);
        let expected = |name: &str| Some(format!("docker-credential-{name}"));
        assert_eq!(logins.helper("gcr.io"), expected("gcloud"));
        assert_eq!(logins.helper("ghcr.io"), expected("desktop"));
        assert_eq!(of(&["{}"]).helper("ghcr.io"), None);
    }

    #[test]
    fn the_users_files_are_found_where_the_tools_have_them() {
        let home = tempfile::tempdir().unwrap();
        let at = |path: &str| home.path().join(path);
        let files = [
            (".docker/config.json", "docker"),
            ("elsewhere/config.json", "named"),
            (".config/containers/auth.json", "config"),
            ("run/containers/auth.json", "runtime"),
            ("own.json", "own"),
        ];
        for (path, user) in files {
            std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            let auth = STANDARD.encode(format!("{user}:x"));
            let all = format!(
                r#"{{"auths": {{"{user}": {{"auth": "{auth}"}}, "all": {{"auth": "{auth}"}}}}}}"#
            );
            std::fs::write(at(path), all).unwrap();
        }
        let check = |set: &[(&str, &str)], all: &str, there: &[&str]| {
            let variable = |name: &str| {
                let own = set.iter().find(|(own, _)| *own == name);
                let own = own.map(|(_, path)| at(path).to_str().unwrap().to_owned());
                own.or_else(|| (name == "HOME").then(|| home.path().to_str().unwrap().to_owned()))
            };
            let logins = Logins::for_user(&variable).unwrap();
            assert_eq!(shown(logins.of("all", "x")), format!("{all}:x"), "{set:?}");
            for (_, user) in files {
                let found = logins.of(user, "x").is_some();
                assert_eq!(found, there.contains(&user), "{set:?} {user}");
            }
        };
        check(&[], "config", &["config", "docker"]);
        check(
            &[("XDG_RUNTIME_DIR", "run"), ("DOCKER_CONFIG", "elsewhere")],
            "runtime",
            &["runtime", "config", "named"],
        );
        check(
            &[
                ("REGISTRY_AUTH_FILE", "own.json"),
                ("XDG_RUNTIME_DIR", "run"),
            ],
            "own",
            &["own", "docker"],
        );
        // What is no such file is said, not passed over.
        std::fs::write(at("own.json"), "[").unwrap();
        let broken = Logins::from_files(&[at("own.json")]);
        assert!(matches!(broken, Err(LoginError::Format { .. })));
        let missing = Logins::from_files(&[at("missing.json")]).unwrap();
        assert!(missing.of("all", "x").is_none());
    }
}
