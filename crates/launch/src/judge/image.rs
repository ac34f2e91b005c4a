//! Names of images in their one long form: which registry, and what there. And what of a container's request no image can do.

use super::{ContainerRef, MountRef};

/// Where images without a registry in their name are.
const DEFAULT: &str = "docker.io";

impl ContainerRef {
    /// What of the request only an engine could do, and what to do instead: such a request can never be approved.
    #[must_use]
    pub fn obstacle(&self) -> Option<(String, &'static str)> {
        if self.image.is_empty() {
            let what = format!("a gateway of `{}`", self.engine.escape_debug());
            return Some((what, "run each of its servers by itself"));
        }
        if let Some(file) = self.env_files.first() {
            let what = format!("the file of variables `{}`", file.escape_debug());
            return Some((what, "name each variable with `-e NAME`"));
        }
        let is_path = |path: &String| path.starts_with('/');
        let volume = |mount: &&MountRef| !mount.source.as_ref().is_some_and(is_path);
        let volume = self.mounts.iter().find(volume)?;
        let what = match &volume.source {
            Some(source) => format!("the volume `{}`", source.escape_debug()),
            None => format!("a volume at `{}`", volume.target.escape_debug()),
        };
        Some((
            what,
            "mount a directory of this machine: `-v /its/path:/path/inside`",
        ))
    }
}

/// The registry and the repository of an image's name without tag and digest, as engines complete it: `node` is
/// `docker.io` and `library/node`. `None` where it is no plain name in lower case.
#[must_use]
pub fn image_repository(image: &str) -> Option<(String, String)> {
    let first = image.split_once('/').map(|(first, _)| first);
    let host = first.filter(|host| host.contains(['.', ':']) || *host == "localhost");
    let path = host.map_or(Some(image), |host| image.get(host.len() + 1..))?;
    let host = match host {
        None | Some("index.docker.io" | "registry.hub.docker.com") => DEFAULT,
        Some(host) => host,
    };
    if !is_host(host) || !path.split('/').all(is_component) || path.len() > 255 {
        return None;
    }
    let alone = host == DEFAULT && !path.contains('/');
    let library = if alone { "library/" } else { "" };
    Some((host.to_ascii_lowercase(), format!("{library}{path}")))
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    ends(name.chars().next())
        && ends(name.chars().last())
        && name.chars().all(plain)
        && !name.contains("..")
        && port.parse::<u16>().is_ok()
}

/// One part of a repository's path (OCI distribution specification: lower-case words with single separators).
fn is_component(part: &str) -> bool {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let ends = |c: Option<char>| c.is_some_and(word);
    ends(part.chars().next())
        && ends(part.chars().last())
        && part
            .chars()
            .all(|c| word(c) || matches!(c, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_as_engines_do() {
        for (image, expected) in [
            ("node", Some(("docker.io", "library/node"))),
            ("mcp/time", Some(("docker.io", "mcp/time"))),
            ("docker.io/node", Some(("docker.io", "library/node"))),
            ("index.docker.io/mcp/time", Some(("docker.io", "mcp/time"))),
            ("ghcr.io/a/b/c", Some(("ghcr.io", "a/b/c"))),
            ("localhost/x", Some(("localhost", "x"))),
            ("127.0.0.1:5000/x__y", Some(("127.0.0.1:5000", "x__y"))),
            ("Ghcr.IO/a/b", Some(("ghcr.io", "a/b"))),
            ("ghcr.io/A/b", None),
            ("ghcr.io/../b", None),
            ("ghcr.io//b", None),
            ("ghcr.io/a/", None),
            ("-x", None),
            ("", None),
            ("a..b:5000/x", None),
            ("host:99999/x", None),
            ("${IMAGE}", None),
        ] {
            let found = image_repository(image);
            let found = found
                .as_ref()
                .map(|(host, path)| (host.as_str(), path.as_str()));
            assert_eq!(found, expected, "{image}");
        }
    }
}
