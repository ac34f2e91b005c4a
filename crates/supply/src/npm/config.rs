//! The user's own npm configuration: where the registries are and how to log in to them.
//!
//! Read from the user's and the machine's files only. A project's `.npmrc` is never read: a directory
//! somebody cloned must not choose where code comes from or which host gets a token.

use super::name::PackageName;
use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
};

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is there but cannot be read.
    #[error("npm configuration `{path}` cannot be read", path = .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is larger than any configuration.
    #[error("npm configuration `{path}` is larger than 1 MiB", path = .path.display())]
    Large {
        /// Which file.
        path: PathBuf,
    },
    /// A registry's address is not an http or https URL.
    #[error("npm configuration: `{key}` is not an http or https address")]
    Address {
        /// The setting.
        key: String,
    },
}

/// A credential. Shown nowhere.
#[derive(Clone)]
struct Credential(String);

/// Registry addresses and credentials from the user's npm configuration.
#[derive(Clone)]
pub struct Config {
    registry: String,
    scopes: BTreeMap<String, String>,
    /// By address without protocol, for example `//registry.example/npm/`.
    credentials: BTreeMap<String, Credential>,
    certificate_files: Vec<PathBuf>,
    proxy: Option<String>,
}

/// The registry when no configuration names one.
const DEFAULT_REGISTRY: &str = "https://registry.npmjs.org/";
const MAX_FILE: u64 = 1 << 20;

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
        for key in ["registry", "cafile", "https-proxy", "proxy"] {
            if let Some(value) = variable(env, key) {
                settings.insert(key.to_owned(), value);
            }
        }
        Self::from_settings(settings, env)
    }

    fn from_settings(
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
            } else if key == "https-proxy" && value.contains("://") {
                proxies.0 = Some(value);
            } else if key == "proxy" && value.contains("://") {
                proxies.1 = Some(value);
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
        let from_env = |name: &str| env(name).filter(|value| value.contains("://"));
        config.proxy = (proxies.0.or(proxies.1))
            .or_else(|| from_env("HTTPS_PROXY").or_else(|| from_env("https_proxy")));
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

    /// The proxy to reach the registries through.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
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
    let failed = |source| ConfigError::Read {
        path: path.into(),
        source,
    };
    match std::fs::metadata(path) {
        Ok(meta) if meta.len() > MAX_FILE => Err(ConfigError::Large { path: path.into() }),
        Ok(meta) if !meta.is_file() => Ok(None),
        Ok(_) => std::fs::read(path)
            .map(|raw| Some(String::from_utf8_lossy(&raw).into_owned()))
            .map_err(failed),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Checks an address and gives it its one form, with a slash at the end. User names and passwords in
/// an address are refused: they would show wherever the address does.
fn address(key: &str, value: &str) -> Result<String, ConfigError> {
    let bad = || ConfigError::Address { key: key.into() };
    let rest = value
        .strip_prefix("https://")
        .or_else(|| value.strip_prefix("http://"))
        .ok_or_else(bad)?;
    let host = rest.split('/').next().unwrap_or_default();
    let plain = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'?' | b'#')
    };
    if host.is_empty() || host.contains('@') || !rest.bytes().all(plain) {
        return Err(bad());
    }
    Ok(with_slash(value))
}

fn with_slash(text: &str) -> String {
    if text.ends_with('/') {
        text.into()
    } else {
        format!("{text}/")
    }
}

/// npm's dialect of INI: `key = value`, comments with `;` and `#`, quoted strings, `${NAME}`. Sections
/// and lists mean nothing to the settings that matter here.
fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>, into: &mut BTreeMap<String, String>) {
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with([';', '#', '[']) {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        into.insert(
            expand(&unquote(key.trim()), env),
            expand(&unquote(value.trim()), env),
        );
    }
}

fn unquote(text: &str) -> String {
    for quote in ['"', '\''] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner.into();
        }
    }
    // Outside quotes a comment ends the value and a backslash keeps the next character.
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => {
                if !matches!(c, '\\' | ';' | '#') {
                    out.push('\\');
                }
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            ';' | '#' => break,
            _ => out.push(c),
        }
    }
    if escaped {
        out.push('\\');
    }
    out.trim().to_owned()
}

/// Replaces `${NAME}` by the variable's value, `${NAME?}` by it or nothing; a variable that is not
/// set leaves the text as it is, as npm does.
fn expand(text: &str, env: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let bare = name.strip_suffix('?');
        match env(bare.unwrap_or(name)) {
            Some(value) => out.push_str(&value),
            None if bare.is_some() => {}
            None => out.push_str(&format!("${{{name}}}")),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        match name {
            "HOME" => Some("/home/u".into()),
            "TOKEN" => Some("t0ken".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    fn config(text: &str) -> Result<Config, ConfigError> {
        let mut settings = BTreeMap::new();
        parse(text, &env, &mut settings);
        Config::from_settings(settings, &env)
    }

    #[test]
    fn registries() {
        let name = |text: &str| PackageName::new(text).unwrap();
        for (text, package, expected) in [
            ("", "a", DEFAULT_REGISTRY),
            (
                "registry=https://r.example/npm",
                "a",
                "https://r.example/npm/",
            ),
            (
                "registry = \"https://r.example/\" ",
                "a",
                "https://r.example/",
            ),
            (
                "registry=http://localhost:4873/ ; local",
                "a",
                "http://localhost:4873/",
            ),
            (
                "# registry=https://no/\n;registry=https://no/\n[s]\nregistry=https://yes/",
                "a",
                "https://yes/",
            ),
            (
                "@s:registry=https://s.example",
                "@s/a",
                "https://s.example/",
            ),
            ("@s:registry=https://s.example", "@t/a", DEFAULT_REGISTRY),
            ("@s:registry=https://s.example", "s", DEFAULT_REGISTRY),
            (
                "registry=https://${TOKEN}.example/",
                "a",
                "https://t0ken.example/",
            ),
            (
                "\u{feff}registry=https://bom.example/\r\nx=y",
                "a",
                "https://bom.example/",
            ),
            (
                "registry=https://a/\nregistry=https://b/",
                "a",
                "https://b/",
            ),
            ("registry", "a", DEFAULT_REGISTRY),
        ] {
            assert_eq!(
                config(text).unwrap().registry_of(&name(package)),
                expected,
                "{text}"
            );
        }
        for text in [
            "registry=ftp://x/",
            "registry=x",
            "registry=",
            "registry=https://",
            "registry=https://u:p@h/",
            "registry=https://h/a b",
            "registry=https://h/?q=",
            "@s:registry=file:///x",
            "registry=https://${NONE}/",
        ] {
            let bad = config(text);
            let expanded_later = text.contains("NONE");
            assert!(
                matches!(bad, Err(ConfigError::Address { .. })) || expanded_later,
                "{text}: {bad:?}"
            );
        }
    }

    #[test]
    fn credentials() {
        for (text, url, expected) in [
            (
                "//r.example/:_authToken=abc",
                "https://r.example/a",
                Some("Bearer abc"),
            ),
            (
                "//r.example/:_authToken=${TOKEN}",
                "https://r.example/a",
                Some("Bearer t0ken"),
            ),
            (
                "//r.example/:_authToken=${NONE}",
                "https://r.example/a",
                Some("Bearer ${NONE}"),
            ),
            (
                "//r.example/:_authToken=${NONE?}x",
                "https://r.example/a",
                Some("Bearer x"),
            ),
            (
                "//r.example/npm/:_authToken=abc",
                "https://r.example/npm/a/-/a-1.tgz",
                Some("Bearer abc"),
            ),
            (
                "//r.example/npm/:_authToken=abc",
                "https://r.example/other",
                None,
            ),
            (
                "//r.example/:_authToken=a\n//r.example/npm/:_authToken=b",
                "https://r.example/npm/x",
                Some("Bearer b"),
            ),
            (
                "//r.example/:_auth=dTpw",
                "https://r.example/a",
                Some("Basic dTpw"),
            ),
            (
                "//r.example/:_auth=dTpw\n//r.example/:_authToken=abc",
                "https://r.example/a",
                Some("Bearer abc"),
            ),
            (
                "//r.example/:username=u\n//r.example/:_password=cA==",
                "https://r.example/a",
                Some("Basic dTpw"),
            ),
            ("//r.example/:username=u", "https://r.example/a", None),
            (
                "//r.example:8080/:_authToken=abc",
                "https://r.example:8080/a",
                Some("Bearer abc"),
            ),
            (
                "//r.example/:_authToken=abc",
                "https://r.example:8080/a",
                None,
            ),
            (
                "//r.example/:_authToken=abc",
                "https://r.example.evil/a",
                None,
            ),
            (
                "//r.example/:_authToken=abc",
                "https://evil/r.example/a",
                None,
            ),
            ("//r.example/:_authToken=abc", "https://u@r.example/a", None),
            (
                "//r.example:_authToken=abc",
                "https://r.example.evil/a",
                None,
            ),
            // One for everywhere is not accepted: it would go to whoever an archive's address names.
            ("_authToken=abc", "https://registry.npmjs.org/a", None),
        ] {
            let config = config(text).unwrap();
            assert_eq!(config.authorization(url), expected, "{text} {url}");
            let shown = format!("{config:?}");
            assert!(
                !shown.contains("abc") && !shown.contains("dTpw") && !shown.contains("t0ken"),
                "{shown}"
            );
        }
    }

    #[test]
    fn variables_and_files() {
        let directory = tempfile::tempdir().unwrap();
        let (first, second) = (directory.path().join("a"), directory.path().join("b"));
        fs_write(
            &first,
            "registry=https://first/\ncafile=/x.pem\nproxy=http://p:1",
        );
        fs_write(&second, "registry=https://second/\n");
        let missing = directory.path().join("missing");
        let registry = |files: &[PathBuf], env: &dyn Fn(&str) -> Option<String>| {
            Config::from_files(files, env).unwrap().registry
        };
        assert_eq!(
            registry(&[first.clone(), second.clone()], &|_| None),
            "https://second/"
        );
        assert_eq!(
            registry(&[second.clone(), first.clone(), missing], &|_| None),
            "https://first/"
        );
        let set = |name: &str| (name == "npm_config_registry").then(|| "https://env/".to_owned());
        assert_eq!(registry(std::slice::from_ref(&first), &set), "https://env/");
        let upper =
            |name: &str| (name == "NPM_CONFIG_REGISTRY").then(|| "https://upper/".to_owned());
        assert_eq!(
            registry(std::slice::from_ref(&first), &upper),
            "https://upper/"
        );
        let config = Config::from_files(std::slice::from_ref(&first), &|_| None).unwrap();
        assert_eq!(config.certificate_files(), [PathBuf::from("/x.pem")]);
        assert_eq!(config.proxy(), Some("http://p:1"));
        let home = directory.path().to_str().unwrap().to_owned();
        fs_write(&directory.path().join(".npmrc"), "registry=https://home/");
        let user = move |name: &str| (name == "HOME").then(|| home.clone());
        assert_eq!(Config::for_user(&user).unwrap().registry, "https://home/");
        fs_write(&second, &" ".repeat(2 << 20));
        assert!(matches!(
            Config::from_files(&[second], &|_| None),
            Err(ConfigError::Large { .. })
        ));
    }

    fn fs_write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
    }
}
