//! The directories that a server may serve files from.

use thiserror::Error;

use super::{UriFault, name};

/// Why a directory is no good as a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum RootFault {
    /// Not an absolute path (or `file` URI) of plain names.
    #[error("a root is an absolute path without `.` and `..`")]
    NotAPath,
    /// `/`: everything.
    #[error("the root is the whole file system")]
    Everything,
    /// A directory of the system: its configuration, devices or the kernel's own files.
    #[error("the root is a directory of the system")]
    System,
    /// A user's whole home directory, or all of them.
    #[error("the root is a whole home directory")]
    Home,
    /// A place where credentials lie.
    #[error("the root is a place where credentials lie")]
    Credentials,
    /// Not a scheme, or one that has its own rules.
    #[error("not a scheme that a server can declare")]
    Scheme,
}

/// Directories in which credentials lie, wherever they are.
const CREDENTIALS: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".gcloud",
    ".password-store",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    ".vault-token",
    ".config",
    ".mozilla",
    ".thunderbird",
    ".pki",
    ".keychain",
    "Keychains",
    "keyrings",
    ".electrum",
    ".bitcoin",
    ".ethereum",
    ".terraform.d",
    ".cargo",
    ".claude",
    ".cursor",
];

/// What is wrong with a directory that is to be, or that a client announced as, a root; none if nothing is.
///
/// ```
/// use interlock_wire::resource_uri::{RootFault, root_fault};
///
/// assert_eq!(root_fault("file:///home/user/.ssh"), Some(RootFault::Credentials));
/// assert_eq!(root_fault("file:///"), Some(RootFault::Everything));
/// assert_eq!(root_fault("/home/user/project"), None);
/// ```
pub fn root_fault(root: &str) -> Option<RootFault> {
    match names(root) {
        Ok(names) => judge(&names),
        Err(fault) => Some(fault),
    }
}

fn judge(names: &[String]) -> Option<RootFault> {
    const SYSTEM: &[&str] = &[
        "etc", "dev", "proc", "sys", "boot", "run", "bin", "sbin", "lib", "lib64", "usr",
    ];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.iter().any(|name| CREDENTIALS.contains(name)) {
        return Some(RootFault::Credentials);
    }
    match names.as_slice() {
        [] => Some(RootFault::Everything),
        ["dev" | "proc" | "sys", ..] => Some(RootFault::System),
        [first] if SYSTEM.contains(first) || *first == "var" => Some(RootFault::System),
        ["etc", "ssl" | "ssh" | "kubernetes" | "shadow", ..] => Some(RootFault::Credentials),
        ["var", "run" | "lib"] => Some(RootFault::System),
        ["root" | "home" | "Users"] | ["home" | "Users", _] => Some(RootFault::Home),
        _ => None,
    }
}

/// The names of a root, which is written as a path or as a `file` URI.
pub(super) fn names(root: &str) -> Result<Vec<String>, RootFault> {
    let (path, encoded) = match root.strip_prefix("file://") {
        Some(path) => (path, true),
        None => (root, false),
    };
    let path = path.strip_prefix('/').ok_or(RootFault::NotAPath)?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let name = |segment: &str| {
        let plain = !matches!(segment, "" | "." | "..") && !segment.contains('\0');
        let decoded = if encoded {
            name::decode(segment)
        } else {
            Ok(segment.to_owned())
        };
        decoded.ok().filter(|_| plain).ok_or(RootFault::NotAPath)
    };
    path.split('/').map(name).collect()
}

/// The `file` URI of an absolute path, every name percent-encoded.
///
/// ```
/// use interlock_wire::resource_uri::file_uri;
///
/// assert_eq!(file_uri("/srv/data/My File.txt")?, "file:///srv/data/My%20File.txt");
/// # Ok::<(), interlock_wire::resource_uri::UriFault>(())
/// ```
///
/// # Errors
/// [`UriFault::NotAbsolute`] if the path does not begin with a slash.
pub fn file_uri(path: &str) -> Result<String, UriFault> {
    if !path.starts_with('/') {
        return Err(UriFault::NotAbsolute);
    }
    let mut uri = String::from("file://");
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => {
                uri.push('%');
                for digit in [byte >> 4, byte & 15] {
                    uri.extend(
                        char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()),
                    );
                }
            }
        }
    }
    Ok(uri)
}
