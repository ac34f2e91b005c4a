//! The address of a remote server, and the headers that are sent with every request to it: what is approved in place of content.
//!
//! An address is taken in one spelling only, so that the one that is shown is the one that is connected to. What fills a header is
//! a secret by name, a variable by name, or plain text that is no secret. Nothing is looked up here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use interlock_wire::header::is_token;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::environment::{secret_beside_path, secret_of_variable};
use crate::profile::{EnvName, SecretName};
use crate::request::Request;
use crate::text::excerpt;

/// The word before an address where a request has its command: `url:https://mcp.example/mcp`.
pub(crate) const SCHEME: &str = "url:";
/// The option before each header.
const OPTION: &str = "--header";
/// Addresses and headers of well-meaning servers are far shorter.
const LONGEST: usize = 2048;
/// As many headers as any server asks for.
const MOST_HEADERS: usize = 32;

/// A remote server: where it is, and what is sent to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// `https://…`, or `http://…` on this machine. In its one spelling.
    pub url: String,
    /// What every request carries, in the order given.
    pub headers: Vec<Header>,
}

/// One header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its name, in lower case.
    pub name: String,
    /// What fills it.
    pub value: HeaderValue,
}

/// What fills a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HeaderValue {
    /// A secret of the store.
    Secret {
        /// A word before it: `Bearer`.
        scheme: Option<String>,
        /// The secret's name.
        name: SecretName,
    },
    /// A variable of Interlock's own environment, which a client sets.
    Variable {
        /// A word before it.
        scheme: Option<String>,
        /// The variable's name.
        name: EnvName,
    },
    /// This text, which is no secret.
    Text(String),
}

/// Why an address or a header is none that could be approved. The message ends with what to write.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// The address.
    #[error("the address `{url}` {why}")]
    Url {
        /// As far as it may be shown.
        url: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A header.
    #[error("the header `{header}` {why}")]
    Header {
        /// Its name, or what stands in its place.
        header: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Another word than a header.
    #[error("`{0}` is no option of an address: write `--header NAME=SECRET`")]
    Option(String),
}

impl Address {
    /// Judges an address and its headers.
    ///
    /// # Errors
    /// [`AddressError`] names the first thing that is wrong.
    pub fn new(url: &str, headers: &[String]) -> Result<Self, AddressError> {
        check_url(url).map_err(|why| AddressError::Url {
            url: shown(url),
            why,
        })?;
        let mut read: Vec<Header> = Vec::new();
        for text in headers {
            let header: Header = text.parse()?;
            let twice = read.iter().any(|known| known.name == header.name);
            if twice || read.len() == MOST_HEADERS {
                let header = excerpt(&header.name);
                let why = match twice {
                    true => "is given twice: give it once",
                    false => "is one more than any server asks for",
                };
                return Err(AddressError::Header { header, why });
            }
            read.push(header);
        }
        Ok(Self {
            url: url.to_owned(),
            headers: read,
        })
    }

    /// Reads the words of a request after its command.
    pub(crate) fn of_words(url: &str, words: &[String]) -> Result<Self, AddressError> {
        let mut headers = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let given = match word.strip_prefix(OPTION) {
                Some("") => words.next().cloned(),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            };
            headers.push(given.ok_or_else(|| AddressError::Option(excerpt(word)))?);
        }
        Self::new(url, &headers)
    }

    /// The request for an address with headers as they were written: the same for the same headers in any order.
    ///
    /// ```
    /// use interlock_launch::Address;
    ///
    /// let request = Address::request("https://mcp.example/mcp", &["Authorization=Bearer TOKEN".to_owned()]);
    /// assert_eq!(request.command, "url:https://mcp.example/mcp");
    /// assert_eq!(request.args, ["--header", "Authorization=Bearer TOKEN"]);
    /// ```
    #[must_use]
    pub fn request(url: &str, headers: &[String]) -> Request {
        let mut headers: Vec<&String> = headers.iter().collect();
        headers.sort_by_key(|header| header.to_ascii_lowercase());
        let words = headers.into_iter().flat_map(|header| [OPTION, header]);
        Request::new(format!("{SCHEME}{url}"), words)
    }

    /// The host, as the address has it: a name, an address, an address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        host_and_port(authority(&self.url)).0
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        let scheme = self.url.find("://").map_or(0, |at| at + 3);
        let end = scheme + authority(&self.url).len();
        self.url.get(..end).unwrap_or(&self.url)
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }
}

impl FromStr for Header {
    type Err = AddressError;

    /// `NAME=[SCHEME ]SECRET`, `NAME=[SCHEME ]env:VARIABLE`, or `NAME: TEXT`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let at = text.find(['=', ':']).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        let wrong = |why| AddressError::Header {
            header: excerpt(name),
            why,
        };
        let lower = name.to_ascii_lowercase();
        if !is_token(name) || text.len() > LONGEST {
            return Err(wrong("has no name that fits: write `NAME=SECRET`"));
        }
        if OWN.contains(&lower.as_str()) || lower.starts_with("mcp-") {
            return Err(wrong("is the transport's own: leave it out"));
        }
        let value = match rest.split_at_checked(1) {
            // A token fits the form of a name.
            Some(("=", filled)) if filled.split(' ').any(is_token_of_someone) => return Err(wrong(HOLDS_SECRET)),
            Some(("=", filled)) => by_name(filled).ok_or_else(|| {
                wrong("is not filled by a name: write `NAME=SECRET` with a secret's name, or `NAME: TEXT`")
            })?,
            Some((_, plain)) => HeaderValue::Text(plain_text(name, plain.trim_matches(' ')).map_err(wrong)?),
            None => return Err(wrong("has no value: write `NAME=SECRET`")),
        };
        Ok(Self { name: lower, value })
    }
}

impl fmt::Display for Header {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |scheme: &Option<String>| {
            scheme
                .as_ref()
                .map(|scheme| format!("{scheme} "))
                .unwrap_or_default()
        };
        match &self.value {
            HeaderValue::Secret { scheme, name } => {
                write!(f, "{}={}{name}", self.name, word(scheme))
            }
            HeaderValue::Variable { scheme, name } => {
                write!(f, "{}={}env:{name}", self.name, word(scheme))
            }
            HeaderValue::Text(text) => write!(f, "{}: {text}", self.name),
        }
    }
}

/// What the transport says itself, and what would change whom it talks to.
const OWN: &[&str] = &[
    "accept",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "last-event-id",
    "origin",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

const HOLDS_SECRET: &str =
    "holds a secret: keep it with `interlock secret set`, and write `NAME=SECRET`";

/// Whether a word is a secret by its own look.
fn is_token_of_someone(word: &str) -> bool {
    secret_of_variable("", word).is_some()
}

fn by_name(text: &str) -> Option<HeaderValue> {
    let (scheme, name) = match text.split_once(' ') {
        Some((scheme, name)) if is_token(scheme) => (Some(scheme.to_owned()), name),
        Some(_) => return None,
        None => (None, text),
    };
    match name.strip_prefix("env:") {
        Some(name) => name
            .parse()
            .ok()
            .map(|name| HeaderValue::Variable { scheme, name }),
        None => name
            .parse()
            .ok()
            .map(|name| HeaderValue::Secret { scheme, name }),
    }
}

/// Text that may stand in an approval and on a command line.
fn plain_text(name: &str, text: &str) -> Result<String, &'static str> {
    let lower = name.to_ascii_lowercase();
    if matches!(lower.as_str(), "authorization" | "cookie")
        || secret_of_variable(name, text).is_some()
    {
        return Err(HOLDS_SECRET);
    }
    if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err("is empty or has a character that no header has");
    }
    Ok(text.to_owned())
}

/// What is wrong with an address.
fn check_url(url: &str) -> Result<(), &'static str> {
    let rest = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) | (_, Some(rest)) => rest,
        _ => return Err("does not begin with `https://`"),
    };
    let fits = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
    if url.len() > LONGEST || !url.bytes().all(fits) {
        return Err("is too long or has a character that no address has");
    }
    if rest.contains('#') {
        return Err("has a fragment, which is never sent: leave it out");
    }
    let authority = authority(url);
    if authority.contains('@') {
        return Err("has a user name or password: send them in a header, from the secret store");
    }
    // A service whose path is the key takes it nowhere else: that is noted where it is configured, and not refused.
    if secret_beside_path(url).is_some() {
        return Err("has a secret in it: send it in a header, from the secret store");
    }
    let (host, port) = host_and_port(authority);
    check_host(host)?;
    let plain = url.starts_with("http://");
    check_port(port, if plain { "80" } else { "443" })?;
    if plain && !is_loopback(host) {
        return Err("is without TLS, which is for this machine only: use `https://`");
    }
    let path = rest.get(authority.len()..).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let dots = |part: &str| {
        matches!(
            part.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
    };
    match path.split('/').any(dots) {
        true => Err("has `.` or `..` in its path: write where that leads"),
        false => Ok(()),
    }
}

/// Between `//` and the path.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn check_port(port: Option<&str>, usual: &str) -> Result<(), &'static str> {
    let Some(port) = port else { return Ok(()) };
    let number: Option<u16> = port.parse().ok();
    match number {
        Some(number) if number > 0 && number.to_string() == port && port != usual => Ok(()),
        Some(_) if port == usual => Err("names the usual port: leave it out"),
        _ => Err("has no port that there is"),
    }
}

/// One spelling of each host: what libraries would make the same of, is refused.
fn check_host(host: &str) -> Result<(), &'static str> {
    if let Some(inner) = host.strip_prefix('[') {
        let bare = inner.strip_suffix(']').unwrap_or_default();
        let parsed: Option<Ipv6Addr> = bare.parse().ok();
        return match parsed {
            Some(address) if address.to_string() == bare => Ok(()),
            _ => Err("has no IPv6 address in its shortest form"),
        };
    }
    let label = |label: &str| {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        (1..=63).contains(&label.len())
            && label.bytes().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return Err("has no host name in lower case (letters, digits, `-`, `.`)");
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let literal = host
        .parse::<Ipv4Addr>()
        .is_ok_and(|address| address.to_string() == host);
    match numeric && !literal {
        true => Err("has a number for a host that is no IPv4 address as usually written"),
        false => Ok(()),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let address: Result<IpAddr, _> = bare.unwrap_or(host).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// An address with what may be secret in it left out.
fn shown(url: &str) -> String {
    let head = url.split(['?', '#']).next().unwrap_or_default();
    match head.rsplit_once('@') {
        Some((_, after)) => excerpt(&format!("…@{after}")),
        None => excerpt(head),
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
