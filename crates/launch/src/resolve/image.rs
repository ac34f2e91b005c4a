//! Paths in an image as the server will see them: a link leads to somewhere in the image, and `..` ends at its root.

use std::path::{Component, Path, PathBuf};

/// As many links as the kernel follows (`MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

/// Where an absolute path of the image leads: without links, as it is called inside. `None` where it leads nowhere.
pub(super) fn follow(root: &Path, path: &Path) -> Option<PathBuf> {
    walk(root, path, false)
}

/// The same for a path that need not be there: what is there of it is followed, the rest is kept.
pub(super) fn settle(root: &Path, path: &Path) -> PathBuf {
    walk(root, path, true).unwrap_or_else(|| path.to_path_buf())
}

/// The file or directory of the host that a path without links stands for.
pub(super) fn on_host(root: &Path, inside: &Path) -> PathBuf {
    root.join(inside.strip_prefix("/").unwrap_or(inside))
}

fn walk(root: &Path, path: &Path, may_miss: bool) -> Option<PathBuf> {
    let mut at = PathBuf::from("/");
    let mut left: Vec<PathBuf> = parts(path);
    let mut links = 0;
    while let Some(part) = left.pop() {
        if part == Path::new("..") {
            at.pop();
            continue;
        }
        let next = at.join(&part);
        match std::fs::symlink_metadata(on_host(root, &next)) {
            Ok(found) if found.is_symlink() => {
                links += 1;
                let target = std::fs::read_link(on_host(root, &next)).ok()?;
                if links > MOST_LINKS {
                    return None;
                }
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                left.extend(parts(&target));
            }
            Ok(_) => at = next,
            Err(_) if may_miss => at = next,
            Err(_) => return None,
        }
    }
    Some(at)
}

/// The names of a path, the first one last.
fn parts(path: &Path) -> Vec<PathBuf> {
    let part = |part: Component<'_>| match part {
        Component::Normal(_) | Component::ParentDir => Some(PathBuf::from(part.as_os_str())),
        _ => None,
    };
    path.components().rev().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_leads_out_of_an_image() {
        let image = tempfile::tempdir().unwrap();
        let root = image.path();
        fs::create_dir_all(root.join("usr/bin")).unwrap();
        fs::write(root.join("usr/bin/node"), "").unwrap();
        for (link, target) in [
            ("bin", "usr/bin"),
            ("absolute", "/usr/bin/node"),
            ("out", "../../../../etc/passwd"),
            ("back", "../../usr/bin/node"),
            ("loop", "loop"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        for (path, expected) in [
            ("/usr/bin/node", Some("/usr/bin/node")),
            ("/bin/node", Some("/usr/bin/node")),
            ("/bin/../../bin/node", Some("/usr/bin/node")),
            ("/absolute", Some("/usr/bin/node")),
            ("/back", Some("/usr/bin/node")),
            ("/out", None),
            ("/loop", None),
            ("/usr/bin/python", None),
            ("/", Some("/")),
        ] {
            let found = follow(root, Path::new(path));
            assert_eq!(found, expected.map(PathBuf::from), "{path}");
        }
        for (path, expected) in [
            ("/bin/new/place", "/usr/bin/new/place"),
            ("/data/x", "/data/x"),
            ("/out/x", "/etc/passwd/x"),
            ("/loop/x", "/loop/x"),
        ] {
            assert_eq!(settle(root, Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
