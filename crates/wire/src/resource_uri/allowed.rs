//! The judge: what a resource URI may name.

use super::split::{Parts, split};
use super::{RootFault, UriFault, custom, host, name, root, scheme};

/// What a server's resource URIs may name: files below roots, public hosts, and schemes of the server's own.
///
/// The module's head has an example.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    roots: Vec<Root>,
    schemes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Root {
    path: String,
    names: Vec<String>,
}

/// What a URI names, once it was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A file below an allowed root.
    File(FileTarget),
    /// Something of the public Internet, by `http` or `https`.
    Web,
    /// Something of the server's own, by this scheme (in lower case).
    Custom(String),
}

/// A file below an allowed root, by names that were decoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTarget {
    index: usize,
    root: String,
    relative: String,
}

impl FileTarget {
    /// The root, an absolute path without a slash at its end.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The place of the root among those that were given.
    pub fn root_index(&self) -> usize {
        self.index
    }

    /// The path below the root, names with slashes between; empty for the root itself. No name is `.`, `..` or empty.
    pub fn relative(&self) -> &str {
        &self.relative
    }
}

impl Allowed {
    /// The longest URI that is looked at, in bytes.
    pub const MAX_LENGTH: usize = 8192;

    /// No files, public hosts, and any scheme that no library understands by itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the files below a directory, an absolute path or a `file` URI.
    ///
    /// # Errors
    /// If it is no such path, or a place that no one means to hand out as a whole: `/`, a home directory, a
    /// directory of the system or of credentials.
    pub fn root(self, root: &str) -> Result<Self, RootFault> {
        if let Some(fault) = root::root_fault(root) {
            return Err(fault);
        }
        self.danger_root(root)
    }

    /// With the files below any directory, whatever lies in it.
    ///
    /// # Errors
    /// If it is no absolute path of plain names.
    pub fn danger_root(mut self, root: &str) -> Result<Self, RootFault> {
        let names = root::names(root)?;
        let path = names
            .iter()
            .fold(String::new(), |path, name| path + "/" + name);
        self.roots.push(Root { path, names });
        Ok(self)
    }

    /// With a scheme that this server serves by itself, although libraries know it (`ssh`, `ldap`, …).
    ///
    /// # Errors
    /// If it is no scheme, or one with rules of its own (`file`, `http`, `https`).
    pub fn scheme(mut self, scheme: &str) -> Result<Self, RootFault> {
        let scheme = scheme.to_ascii_lowercase();
        let own_rules = matches!(scheme.as_str(), "file" | "http" | "https");
        if own_rules || !super::split::is_scheme(&scheme) {
            return Err(RootFault::Scheme);
        }
        self.schemes.push(scheme);
        Ok(self)
    }

    /// Judges a URI.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn judge(&self, uri: &str) -> Result<Target, UriFault> {
        if uri.len() > Self::MAX_LENGTH {
            return Err(UriFault::TooLong);
        }
        let parts = split(uri)?;
        match parts.scheme.as_str() {
            "file" => self.judge_file(&parts).map(Target::File),
            "http" | "https" => judge_web(&parts),
            scheme
                if !self.schemes.iter().any(|own| own == scheme)
                    && scheme::is_forbidden(scheme) =>
            {
                Err(UriFault::ForbiddenScheme)
            }
            _ => custom::check(&parts).map(|()| Target::Custom(parts.scheme)),
        }
    }

    fn judge_file(&self, parts: &Parts<'_>) -> Result<FileTarget, UriFault> {
        let local = |host: &str| host.is_empty() || host.eq_ignore_ascii_case("localhost");
        if !parts.authority.is_none_or(local) {
            return Err(UriFault::RemoteHost);
        }
        if parts.query.is_some() || parts.fragment.is_some() {
            return Err(UriFault::QueryOrFragment);
        }
        let names = file_names(parts.path)?;
        if matches!(
            names.first().map(String::as_str),
            Some("dev" | "proc" | "sys")
        ) {
            return Err(UriFault::Device);
        }
        let held = |root: &Root| {
            names
                .strip_prefix(root.names.as_slice())
                .map(|rest| rest.join("/"))
        };
        let mut found = self.roots.iter().enumerate().filter_map(|(index, root)| {
            Some(FileTarget {
                index,
                root: root.path.clone(),
                relative: held(root)?,
            })
        });
        found.next().ok_or(UriFault::OutsideRoots)
    }
}

/// The names of a file's path, decoded once.
fn file_names(path: &str) -> Result<Vec<String>, UriFault> {
    let path = path.strip_prefix('/').ok_or(UriFault::NotAbsolute)?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut names = Vec::new();
    if path.is_empty() {
        return Ok(names);
    }
    for segment in path.split('/') {
        let name = name::decode(segment)?;
        match name.as_str() {
            "" => return Err(UriFault::EmptySegment),
            "." => {}
            odd if name::is_odd_on_windows(odd) => return Err(UriFault::WindowsName),
            _ => names.push(name),
        }
    }
    Ok(names)
}

fn judge_web(parts: &Parts<'_>) -> Result<Target, UriFault> {
    host::check_public(parts.authority.ok_or(UriFault::NotAbsolute)?)?;
    // What the path means is the web server's affair; only what is no URI at all is refused.
    for part in [Some(parts.path), parts.query, parts.fragment] {
        name::decode_once(part.unwrap_or(""))?;
    }
    Ok(Target::Web)
}
