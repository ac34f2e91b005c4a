//! The user's own index configuration: uv's where there is one, else pip's.
//!
//! Read from the user's and the machine's files and this process's variables. A project's `uv.toml`, `pyproject.toml` or
//! `pip.conf` is never read: a directory somebody cloned must not choose where code comes from or which host gets a login.

use crate::http::{Reach, no_proxy};
use crate::user_file::{self, Unread};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
};
use url::Url;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is there but cannot be read.
    #[error("`{path}` cannot be read", path = .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is larger than any configuration, or not in its format.
    #[error("`{path}` is no configuration of pip or uv", path = .path.display())]
    Format {
        /// Which file.
        path: PathBuf,
    },
    /// An index's address is not an http or https URL.
    #[error("the index configuration: `{key}` is not an http or https address")]
    Address {
        /// The setting.
        key: String,
    },
}

/// A credential. Shown nowhere.
#[derive(Clone)]
struct Credential(String);

/// Where packages come from, and how to log in there.
#[derive(Clone)]
pub struct Config {
    /// In the order in which they are asked; each ends with a slash.
    indexes: Vec<String>,
    /// By origin, for example `https://index.example`.
    credentials: BTreeMap<String, Credential>,
    certificate_files: Vec<PathBuf>,
    proxy: Option<String>,
    no_proxy: String,
    reach: Reach,
}

const DEFAULT_INDEX: &str = "https://pypi.org/simple/";
/// Where that index keeps its files.
const DEFAULT_FILES: &str = "https://files.pythonhosted.org/";

/// This process's variables, or a test's.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Indexes as one tool's settings name them.
#[derive(Default)]
struct Named {
    default: Option<String>,
    /// Asked before the default one.
    extra: Vec<String>,
}

impl Named {
    fn is_empty(&self) -> bool {
        self.default.is_none() && self.extra.is_empty()
    }
}

/// The part of `uv.toml` that matters; its `[pip]` table is for `uv pip` alone.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UvFile {
    index_url: Option<String>,
    #[serde(default)]
    extra_index_url: Vec<String>,
    #[serde(default)]
    index: Vec<UvIndex>,
}

#[derive(Deserialize)]
struct UvIndex {
    url: String,
    #[serde(default)]
    default: bool,
    #[serde(default)]
    explicit: bool,
}

impl Config {
    /// Reads the configuration of the user whose environment is `env` (this process's own, never a launch request's).
    ///
    /// # Errors
    /// When a file cannot be read or an address is malformed. A missing file is an empty one.
    pub fn for_user(env: Variables<'_>) -> Result<Self, ConfigError> {
        let home = env("HOME").map(PathBuf::from);
        let under = |base: Option<String>, rest: &str| {
            let base = base.filter(|base| base.starts_with('/')).map(PathBuf::from);
            base.or_else(|| home.as_ref().map(|home| home.join(".config")))
                .map(|base| base.join(rest))
        };
        let uv = [
            Some(PathBuf::from("/etc/uv/uv.toml")),
            under(env("XDG_CONFIG_HOME"), "uv/uv.toml"),
        ];
        let pip = [
            Some(PathBuf::from("/etc/pip.conf")),
            home.as_ref().map(|home| home.join(".pip/pip.conf")),
            under(env("XDG_CONFIG_HOME"), "pip/pip.conf"),
            env("PIP_CONFIG_FILE").map(PathBuf::from),
        ];
        let netrc = home.map(|home| home.join(".netrc"));
        Self::from_files(&flat(uv), &flat(pip), netrc.as_deref(), env)
    }

    /// Reads exactly these files, later ones winning, and the variables of `env` over them.
    ///
    /// # Errors
    /// As [`Config::for_user`].
    pub fn from_files(
        uv: &[PathBuf],
        pip: &[PathBuf],
        netrc: Option<&Path>,
        env: Variables<'_>,
    ) -> Result<Self, ConfigError> {
        let settings = pip_settings(pip, env)?;
        let mut named = uv_indexes(uv, env)?;
        if named.is_empty() {
            named.default = settings.get("index-url").cloned();
            let extra = settings.get("extra-index-url");
            named.extra = extra
                .into_iter()
                .flat_map(|all| all.split_whitespace())
                .map(str::to_owned)
                .collect();
        }
        let mut config = Self {
            indexes: Vec::new(),
            credentials: BTreeMap::new(),
            certificate_files: Vec::new(),
            proxy: None,
            no_proxy: String::new(),
            reach: Reach::default(),
        };
        let default = named.default.unwrap_or_else(|| DEFAULT_INDEX.to_owned());
        for address in named.extra.iter().chain([&default]) {
            config.index(address)?;
        }
        if let Some(text) = netrc.map(read).transpose()?.flatten() {
            config.netrc(&text);
        }
        let files = [
            settings.get("cert").cloned(),
            env("SSL_CERT_FILE"),
            env("REQUESTS_CA_BUNDLE"),
        ];
        config.certificate_files = flat(files)
            .into_iter()
            .filter(|file| !file.is_empty())
            .map(PathBuf::from)
            .collect();
        let proxies = [
            settings.get("proxy").cloned(),
            env("HTTPS_PROXY"),
            env("https_proxy"),
            env("ALL_PROXY"),
        ];
        config.proxy = flat(proxies)
            .into_iter()
            .find(|address| !address.trim().is_empty());
        config.no_proxy = no_proxy(env);
        Ok(config)
    }

    /// Adds an index; a login in its address is taken out of it and kept for its origin alone.
    fn index(&mut self, address: &str) -> Result<(), ConfigError> {
        // The address may carry a password, so it is not shown.
        let bad = || ConfigError::Address {
            key: "index-url".into(),
        };
        let mut url = Url::parse(address.trim()).map_err(|_| bad())?;
        let origin = origin(&url).ok_or_else(bad)?;
        if !url.username().is_empty() || url.password().is_some() {
            let login = (
                decoded(url.username()),
                decoded(url.password().unwrap_or_default()),
            );
            self.credentials
                .insert(origin, Credential(basic(&login.0, &login.1)));
            url.set_username("")
                .and_then(|()| url.set_password(None))
                .map_err(|()| bad())?;
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad());
        }
        let mut text = url.to_string();
        if !text.ends_with('/') {
            text.push('/');
        }
        if !self.indexes.contains(&text) {
            self.indexes.push(text);
        }
        Ok(())
    }

    /// `machine HOST login NAME password SECRET`: for the origins of indexes on that host, over TLS, that have no login in their address.
    ///
    /// The file has the logins of everything this user does. An index says where its files are, so without the limit to indexes it
    /// could have a login sent that is for something else.
    fn netrc(&mut self, text: &str) {
        let indexes = self
            .indexes
            .iter()
            .filter_map(|index| Url::parse(index).ok());
        let indexes: Vec<Url> = indexes.filter(|url| url.scheme() == "https").collect();
        let mut words = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(str::split_whitespace);
        let (mut host, mut login) = (None, None);
        while let Some(word) = words.next() {
            match word {
                "machine" => (host, login) = (words.next(), None),
                "default" => host = None,
                "login" => login = words.next(),
                "password" => {
                    let (Some(host), Some(login), Some(password)) = (host, login, words.next())
                    else {
                        continue;
                    };
                    let own = indexes.iter().filter(|url| url.host_str() == Some(host));
                    for origin in own.filter_map(origin) {
                        let value = || Credential(basic(login, password));
                        self.credentials.entry(origin).or_insert_with(value);
                    }
                }
                _ => {}
            }
        }
    }

    /// The indexes, in the order in which they are asked. A name belongs to the first one that has it, so that nobody can
    /// put a newer package of the same name on another one. Each ends with a slash.
    #[must_use]
    pub fn indexes(&self) -> &[String] {
        &self.indexes
    }

    /// Files with certificates of authorities to trust, besides the system's.
    #[must_use]
    pub fn certificate_files(&self) -> &[PathBuf] {
        &self.certificate_files
    }

    /// What is asked without the proxy, as `NO_PROXY` has it.
    #[must_use]
    pub fn no_proxy(&self) -> &str {
        &self.no_proxy
    }

    /// The proxy to reach the indexes through.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The same, for whom the hosts that `reach` names may be asked wherever they are.
    #[must_use]
    pub fn reaching(mut self, reach: &Reach) -> Self {
        self.reach = self.reach.and(reach);
        self
    }

    /// The hosts that may be asked wherever they are: those of the indexes.
    pub(crate) fn reach(&self) -> Reach {
        let public = self.indexes.iter().any(|index| index == DEFAULT_INDEX);
        let files = public.then(|| DEFAULT_FILES.to_owned());
        let named = self.indexes.iter().cloned().chain(files);
        named.fold(self.reach.clone(), |reach, address| reach.naming(&address))
    }

    /// The `Authorization` value for `url`: that of exactly its origin.
    pub(crate) fn authorization(&self, url: &str) -> Option<&str> {
        let origin = origin(&Url::parse(url).ok()?)?;
        self.credentials
            .get(&origin)
            .map(|credential| credential.0.as_str())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            indexes: vec![DEFAULT_INDEX.into()],
            credentials: BTreeMap::new(),
            certificate_files: Vec::new(),
            proxy: None,
            no_proxy: String::new(),
            reach: Reach::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's address may carry a password.
        f.debug_struct("Config")
            .field("indexes", &self.indexes)
            .field("credentials for", &self.credentials.keys())
            .finish_non_exhaustive()
    }
}

fn flat<T, const N: usize>(options: [Option<T>; N]) -> Vec<T> {
    options.into_iter().flatten().collect()
}

/// Protocol, host and port, of http and https addresses.
fn origin(url: &Url) -> Option<String> {
    let known = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty());
    known.then(|| url.origin().ascii_serialization())
}

fn basic(name: &str, password: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// `%40` is `@`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut after = rest.clone();
        let mut digit = || char::from(after.next()?).to_digit(16);
        let value = match (byte, digit(), digit()) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        if value.is_some() {
            rest = after;
        }
        bytes.push(value.unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What uv's settings name: variables first, then the user's file, then the machine's.
fn uv_indexes(files: &[PathBuf], env: Variables<'_>) -> Result<Named, ConfigError> {
    let mut named = Named::default();
    for path in files {
        let Some(text) = read(path)? else { continue };
        let file: UvFile =
            toml::from_str(&text).map_err(|_| ConfigError::Format { path: path.clone() })?;
        // An explicit index is for packages that a project pins to it.
        let (default, extra): (Vec<UvIndex>, Vec<UvIndex>) = file
            .index
            .into_iter()
            .filter(|index| !index.explicit)
            .partition(|index| index.default);
        let default = default
            .into_iter()
            .map(|index| index.url)
            .next()
            .or(file.index_url);
        let mut own: Vec<String> = extra
            .into_iter()
            .map(|index| index.url)
            .chain(file.extra_index_url)
            .collect();
        own.append(&mut named.extra);
        named = Named {
            default: default.or(named.default),
            extra: own,
        };
    }
    let variable = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let default = variable("UV_DEFAULT_INDEX").or_else(|| variable("UV_INDEX_URL"));
    named.default = default.map(unnamed).or(named.default);
    let extra = ["UV_INDEX", "UV_EXTRA_INDEX_URL"]
        .into_iter()
        .filter_map(variable);
    let mut own: Vec<String> = extra
        .flat_map(|all| {
            all.split_whitespace()
                .map(|one| unnamed(one.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect();
    own.append(&mut named.extra);
    named.extra = own;
    Ok(named)
}

/// uv lets a name stand before an address: `company=https://…`.
fn unnamed(text: String) -> String {
    match text.split_once('=') {
        Some((name, address)) if !name.contains(':') => address.to_owned(),
        _ => text,
    }
}

/// pip's settings: its files in order, then `PIP_*` variables.
fn pip_settings(
    files: &[PathBuf],
    env: Variables<'_>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut settings = BTreeMap::new();
    for path in files {
        if let Some(text) = read(path)? {
            ini(&text, &mut settings);
        }
    }
    for key in ["index-url", "extra-index-url", "cert", "proxy"] {
        let name = format!("PIP_{}", key.replace('-', "_").to_uppercase());
        if let Some(value) = env(&name).filter(|value| !value.trim().is_empty()) {
            settings.insert(key.to_owned(), value);
        }
    }
    Ok(settings)
}

/// `[global]` and what is for installing; a value goes on in lines that begin with a blank.
fn ini(text: &str, settings: &mut BTreeMap<String, String>) {
    let mut wanted = false;
    let mut last: Option<String> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            wanted = matches!(section.trim(), "global" | "install" | "download");
            last = None;
        } else if let (true, true, Some(key)) = (wanted, line.starts_with([' ', '\t']), &last) {
            let value = settings.entry(key.clone()).or_default();
            value.push(' ');
            value.push_str(trimmed);
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']).filter(|_| wanted) {
            let key = key.trim().to_ascii_lowercase().replace('_', "-");
            settings.insert(key.clone(), value.trim().to_owned());
            last = Some(key);
        }
    }
}

fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    user_file::text(path).map_err(|unread| match unread {
        Unread::Large => ConfigError::Format { path: path.into() },
        Unread::Read(source) => ConfigError::Read {
            path: path.into(),
            source,
        },
    })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
