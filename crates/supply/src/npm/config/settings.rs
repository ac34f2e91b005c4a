//! The settings that matter here, and from where they are read.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::address::{address, with_slash};
use super::ini::parse;
use crate::http::{Reach, no_proxy};
use crate::npm::name::PackageName;
use crate::user_file::{self, Unread};

/// A credential. Shown nowhere.
#[derive(Clone)]
struct Credential(String);

/// Registry addresses and credentials from the user's npm configuration.
#[derive(Clone)]
pub struct Config {
    pub(super) registry: String,
    scopes: BTreeMap<String, String>,
    /// By address without protocol, for example `//registry.example/npm/`.
    credentials: BTreeMap<String, Credential>,
    certificate_files: Vec<PathBuf>,
    proxy: Option<String>,
    no_proxy: String,
    reach: Reach,
}

/// The registry when no configuration names one.
pub(super) const DEFAULT_REGISTRY: &str = "https://registry.npmjs.org/";

impl Config {
    /// Reads the configuration of the user whose environment is `env` (this process's own, never a
    /// launch request's): machine-wide files first, then the user's, then `npm_config_*` variables.
    ///
    /// # Errors
    /// When a file cannot be read or an address is malformed. A missing file is an empty one.
    pub fn for_user(env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let home = env("HOME").map(PathBuf::from);
        let mut files: Vec<PathBuf> = ["/usr/etc/npmrc", "/usr/local/etc/npmrc", "/etc/npmrc"]
            .map(PathBuf::from)
            .into();
        if let Some(prefix) = env("PREFIX") {
            files.push(Path::new(&prefix).join("etc/npmrc"));
        }
        files.extend(variable(env, "globalconfig").map(PathBuf::from));
        files.extend(
            variable(env, "userconfig")
                .map(PathBuf::from)
                .or_else(|| home.map(|home| home.join(".npmrc"))),
        );
        Self::from_files(&files, env)
    }

    /// Reads exactly these files, later ones winning, then `npm_config_*` from `env`.
    ///
    /// # Errors
    /// As [`Config::for_user`].
    pub fn from_files(
        files: &[PathBuf],
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut settings = BTreeMap::new();
        for path in files {
            if let Some(text) = read(path)? {
                parse(&text, env, &mut settings);
            }
        }
        for key in ["registry", "cafile", "https-proxy", "proxy", "noproxy"] {
            if let Some(value) = variable(env, key) {
                settings.insert(key.to_owned(), value);
            }
        }
        Self::from_settings(settings, env)
    }

    pub(super) fn from_settings(
        settings: BTreeMap<String, String>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let mut logins: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
        let mut proxies = (None, None);
        for (key, value) in settings {
            if key == "registry" {
                config.registry = address(&key, &value)?;
            } else if key == "cafile" && !value.is_empty() && value != "null" {
                config.certificate_files.push(value.into());
            } else if key == "https-proxy" && is_set(&value) {
                proxies.0 = Some(value);
            } else if key == "proxy" && is_set(&value) {
                proxies.1 = Some(value);
            } else if key == "noproxy" {
                config.no_proxy = value;
            } else if let Some(scope) = key
                .strip_suffix(":registry")
                .filter(|key| key.starts_with('@'))
            {
                config
                    .scopes
                    .insert(scope.to_owned(), address(&key, &value)?);
            } else if let Some((place, kind)) =
                key.rsplit_once(':').filter(|(p, _)| p.starts_with("//"))
            {
                config.credential(place, kind, value, &mut logins);
            }
        }
        for (place, login) in logins {
            if let (Some(name), Some(password)) = login {
                config.basic(place, &name, &password);
            }
        }
        let from_env = |name: &str| env(name).filter(|value| is_set(value));
        config.proxy = (proxies.0.or(proxies.1))
            .or_else(|| from_env("HTTPS_PROXY").or_else(|| from_env("https_proxy")));
        if config.no_proxy.is_empty() {
            config.no_proxy = no_proxy(env);
        }
        // npm is a node program, so these name certificates for it as well.
        for name in ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] {
            config
                .certificate_files
                .extend(env(name).filter(|v| !v.is_empty()).map(PathBuf::from));
        }
        Ok(config)
    }

    fn credential(
        &mut self,
        place: &str,
        kind: &str,
        value: String,
        logins: &mut BTreeMap<String, (Option<String>, Option<String>)>,
    ) {
        let place = with_slash(place);
        match kind {
            "_authToken" => {
                self.credentials
                    .insert(place, Credential(format!("Bearer {value}")));
            }
            "_auth" => {
                self.credentials
                    .entry(place)
                    .or_insert_with(|| Credential(format!("Basic {value}")));
            }
            "username" => logins.entry(place).or_default().0 = Some(value),
            "_password" => logins.entry(place).or_default().1 = Some(value),
            _ => {}
        }
    }

    fn basic(&mut self, place: String, name: &str, password: &str) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        // npm keeps the password itself in base64.
        let Some(password) = STANDARD
            .decode(password)
            .ok()
            .and_then(|raw| String::from_utf8(raw).ok())
        else {
            return;
        };
        let value = format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
        self.credentials.entry(place).or_insert(Credential(value));
    }

    /// The registry for a package: its scope's, else the general one. Ends with a slash.
    #[must_use]
    pub fn registry_of(&self, name: &PackageName) -> &str {
        name.scope()
            .and_then(|scope| self.scopes.get(scope))
            .unwrap_or(&self.registry)
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

    /// The proxy to reach the registries through.
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

    /// The hosts that may be asked wherever they are: the registries, and those that have a login.
    pub(crate) fn reach(&self) -> Reach {
        let places = self
            .credentials
            .keys()
            .map(|place| format!("https:{place}"));
        let registries = self.scopes.values().chain([&self.registry]).cloned();
        let named = registries.chain(places);
        named.fold(self.reach.clone(), |reach, address| reach.naming(&address))
    }

    /// The `Authorization` value for `url`: that of the longest configured address that `url` is under.
    pub(crate) fn authorization(&self, url: &str) -> Option<&str> {
        let (_, rest) = url.split_once("://")?;
        let place = format!("//{rest}");
        let under = |configured: &&String| place.starts_with(configured.as_str());
        let best = self
            .credentials
            .keys()
            .filter(under)
            .max_by_key(|key| key.len())?;
        self.credentials
            .get(best)
            .map(|credential| credential.0.as_str())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            registry: DEFAULT_REGISTRY.into(),
            scopes: BTreeMap::new(),
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
            .field("registry", &self.registry)
            .field("scopes", &self.scopes)
            .field("credentials for", &self.credentials.keys())
            .finish_non_exhaustive()
    }
}

fn variable(env: &dyn Fn(&str) -> Option<String>, key: &str) -> Option<String> {
    let name = format!("npm_config_{}", key.replace('-', "_"));
    env(&name)
        .or_else(|| env(&name.to_uppercase()))
        .filter(|value| !value.is_empty())
}

fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    user_file::text(path).map_err(|unread| match unread {
        Unread::Large => ConfigError::Large { path: path.into() },
        Unread::Read(source) => ConfigError::Read {
            path: path.into(),
            source,
        },
    })
}
/// npm's words for no proxy.
fn is_set(value: &str) -> bool {
    !matches!(value.trim(), "" | "null" | "false" | "undefined")
}
