//! Repositories at known forges in the words of Python's runners: `git+https://HOST/PATH[@REVISION]`, maybe with
//! `#subdirectory=DIRECTORY` and `egg=NAME`.
//!
//! One text has one meaning here: what pip and uv could take for something else has none. Nothing is looked up.

use super::package::{FORGES, Spec, is_repository_path, note_version, repository_name};
use super::requirement::is_python_name;
use super::source_word::{SourceWord, is_revision};
use crate::judge::{Case, Class, PackageRef, ProjectRef, judge, rules};
use crate::request::Request;
use crate::text;

const SCHEME: &str = "git+https://";

/// Whether a requirement names a repository over HTTPS, at whatever host.
pub(super) fn is_one(spec: &str) -> bool {
    after_scheme(spec).is_some()
}

/// A repository that is to be built; `name` and `extras` are what stands before it in `NAME[EXTRA] @ git+https://…`.
pub(super) fn python(
    spec: &str,
    name: Option<&str>,
    extras: Vec<String>,
    case: &mut Case<'_>,
) -> Option<Spec> {
    let found = after_scheme(spec).map(Address::split);
    let found = found.and_then(|address| match address.read(name) {
        Ok(found) => Some(found),
        Err(problem) => {
            case.note(rules::GIT_PACKAGE, problem.told(spec, &address));
            None
        }
    })?;
    case.note(
        rules::VCS_SOURCE,
        format!("`{}` is built from a repository", text::excerpt(spec)),
    );
    note_version(found.version.is_some(), spec, case);
    Some(Spec { extras, ..found })
}

/// Interlock's own word for a repository over HTTPS, at whatever host, that is named in the words of Python's runners, or at a
/// revision as npm's name it. None where that would say something else, or has a login in it.
#[must_use]
pub fn in_own_word(spec: &str) -> Option<SourceWord> {
    let address = Address::split(after_scheme(spec)?);
    let address = match (address.revision, address.fragment) {
        (None, Some(revision)) if !revision.contains('=') => Address {
            revision: Some(revision),
            fragment: None,
            ..address
        },
        _ => address,
    };
    address.own_word()
}

/// The same request with a commit in the place of the branch or tag that it names of a repository, or of none: what it meant when
/// somebody looked. None when it names no repository in which that could be said.
#[must_use]
pub fn at_commit(request: &Request, commit: &str) -> Option<Request> {
    let Class::Package(asked) = judge(request).class else {
        return None;
    };
    asked.repository()?;
    let wanted = PackageRef {
        spec: Some(commit.to_owned()),
        ..asked
    };
    // Another word may look the same and mean nothing, so each is tried, and judged.
    (0..request.args.len()).find_map(|index| {
        let mut pinned = request.clone();
        let word = pinned.args.get_mut(index)?;
        *word = with_revision(word, commit)?;
        match judge(&pinned).class {
            Class::Package(found) if found == wanted => Some(pinned),
            _ => None,
        }
    })
}

/// A word that ends in such a repository, with another revision.
fn with_revision(word: &str, revision: &str) -> Option<String> {
    let start = word.to_ascii_lowercase().find(SCHEME)?;
    let (head, rest) = word.split_at_checked(start)?;
    let address = Address::split(after_scheme(rest)?);
    let fragment = address.fragment.map(|it| format!("#{it}"));
    Some(format!(
        "{head}{SCHEME}{}/{}@{revision}{}",
        address.host,
        address.path,
        fragment.unwrap_or_default()
    ))
}

fn after_scheme(spec: &str) -> Option<&str> {
    let (scheme, rest) = spec.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

/// The parts of an address, as written.
struct Address<'a> {
    host: &'a str,
    path: &'a str,
    revision: Option<&'a str>,
    fragment: Option<&'a str>,
}

/// Why an address is none.
enum Problem {
    Login,
    Host,
    Path,
    Revision,
    Fragment,
    Directory,
    Name,
}

impl<'a> Address<'a> {
    fn split(rest: &'a str) -> Self {
        let (address, fragment) = match rest.split_once('#') {
            Some((address, fragment)) => (address, Some(fragment)),
            None => (rest, None),
        };
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        let (path, revision) = match path.rsplit_once('@') {
            Some((path, revision)) => (path, Some(revision)),
            None => (path, None),
        };
        Self {
            host,
            path,
            revision,
            fragment,
        }
    }

    fn read(&self, name: Option<&str>) -> Result<Spec, Problem> {
        if self.host.contains('@') {
            return Err(Problem::Login);
        }
        let host = self.host.to_ascii_lowercase();
        if !FORGES.contains(&host.as_str()) {
            return Err(Problem::Host);
        }
        let path = self.path();
        if !is_repository_path(path) || repository_name(path).is_empty() {
            return Err(Problem::Path);
        }
        if !self.revision.is_none_or(is_revision) {
            return Err(Problem::Revision);
        }
        Ok(Spec {
            name: repository_name(path).to_owned(),
            version: self.revision.map(str::to_owned),
            extras: Vec::new(),
            source: Some(format!("https://{host}/{path}")),
            project: self.project(name)?,
        })
    }

    /// A slash at the end means nothing.
    fn path(&self) -> &'a str {
        self.path.strip_suffix('/').unwrap_or(self.path)
    }

    /// What follows `#`, with the name that stands before the address.
    fn project(&self, name: Option<&str>) -> Result<ProjectRef, Problem> {
        let (mut directory, mut egg) = (None, None);
        for part in self.fragment.into_iter().flat_map(|it| it.split('&')) {
            let (slot, value) = match part.split_once('=') {
                Some(("subdirectory", value)) => (&mut directory, value),
                Some(("egg", value)) => (&mut egg, value),
                _ => return Err(Problem::Fragment),
            };
            if slot.replace(value).is_some() {
                return Err(Problem::Fragment);
            }
        }
        if !directory.is_none_or(is_directory) {
            return Err(Problem::Directory);
        }
        if !egg.is_none_or(is_python_name) {
            return Err(Problem::Name);
        }
        match (name, egg) {
            (Some(name), Some(egg)) if name != egg => Err(Problem::Name),
            _ => Ok(ProjectRef {
                directory: directory.map(str::to_owned),
                name: name.or(egg).map(str::to_owned),
            }),
        }
    }

    /// Interlock's own word for it, which admits every host.
    fn own_word(&self) -> Option<SourceWord> {
        if !self.revision.is_none_or(is_revision) {
            return None;
        }
        let directory = self.project(None).ok()?.directory;
        let pin = match (self.revision, directory) {
            (None, None) => String::new(),
            (revision, None) => format!("#{}", revision.unwrap_or_default()),
            (revision, Some(part)) => format!("#{}:{part}", revision.unwrap_or_default()),
        };
        let host = self.host.to_ascii_lowercase();
        format!("git:https://{host}/{}{pin}", self.path())
            .parse()
            .ok()
    }
}

impl Problem {
    fn told(&self, spec: &str, address: &Address<'_>) -> String {
        // Not shown: what stands before the host may be a secret.
        if matches!(self, Self::Login) {
            return format!(
                "an address at `{}` has a login in it; repositories are fetched without one",
                text::excerpt(address.host.rsplit('@').next().unwrap_or_default())
            );
        }
        let shown = text::excerpt(spec);
        let own = match self {
            Self::Host | Self::Path => address.own_word(),
            _ => None,
        };
        if let Some(own) = own {
            let own = own.to_string();
            let what = match self {
                Self::Host => "a repository of a host that is not known",
                _ => "no plain address HOST/OWNER/NAME",
            };
            return format!(
                "`{shown}` is {what}; a word of Interlock's own names any: `{}`",
                text::excerpt(&own)
            );
        }
        let what = match self {
            Self::Login | Self::Host => "is a repository of a host that is not known",
            Self::Path => "is no plain address of a repository: HOST/OWNER/NAME",
            Self::Revision => {
                "names no commit in lower case, and no branch or tag in plain characters"
            }
            Self::Fragment => "says something after `#` besides one `subdirectory=` and one `egg=`",
            Self::Directory => "names a directory that is not plainly inside its repository",
            Self::Name => "does not say in one way what its project is called",
        };
        format!("`{shown}` {what}")
    }
}

/// A relative path without `.`, `..`, empty parts, and anything that would have to be escaped.
fn is_directory(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let part = |part: &str| {
        !matches!(part, "" | "." | "..") && !part.starts_with('-') && part.bytes().all(plain)
    };
    path.len() <= 500 && path.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Decision;

    /// `name version source directory project extras`, or what stands against it.
    fn check(spec: &str, expected: &str) {
        let judgement = judge(&Request::new("uvx", ["--from", spec, "app"]));
        let found = match (judgement.decision(), &judgement.class) {
            (Decision::NeedsApproval, Class::Package(found)) => {
                let or = |text: &Option<String>| text.as_deref().unwrap_or("-").to_owned();
                let words = [
                    found.name.clone(),
                    or(&found.spec),
                    or(&found.source).replacen("https://", "", 1),
                    or(&found.project.directory),
                    or(&found.project.name),
                    found.extras.join(","),
                ];
                words.join(" ")
            }
            _ => {
                let told = judgement.reasons.iter().map(|it| it.text.as_str());
                format!("refused: {}", told.collect::<Vec<_>>().join("; "))
            }
        };
        match expected.strip_prefix("refused: ") {
            Some(part) => {
                let told = found.strip_prefix("refused: ").unwrap_or_default();
                assert!(told.contains(part), "{spec}: {found}");
            }
            None => assert_eq!(found.trim_end(), expected, "{spec}"),
        }
    }

    #[test]
    fn addresses_are_kept_as_they_are_written() {
        for (spec, expected) in [
            (
                "git+https://github.com/Owner/Some.Repo@V1.2",
                "Some.Repo V1.2 github.com/Owner/Some.Repo - -",
            ),
            (
                "GIT+HTTPS://GitHub.com/o/r.git/",
                "r - github.com/o/r.git - -",
            ),
            (
                "git+https://gitlab.com/group/sub/r@feature/x#subdirectory=packages/one&egg=Some_App",
                "r feature/x gitlab.com/group/sub/r packages/one Some_App",
            ),
            (
                "git+https://github.com/o/r#egg=app",
                "r - github.com/o/r - app",
            ),
            ("git+https://git.sr.ht/~o/r@v1", "r v1 git.sr.ht/~o/r - -"),
            (
                "App[cli, ws] @ git+https://github.com/o/r@v1",
                "r v1 github.com/o/r - App cli,ws",
            ),
            (
                "app@git+https://github.com/o/r#egg=app",
                "r - github.com/o/r - app",
            ),
        ] {
            check(spec, expected);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let (host, path) = ("host that is not known", "no plain address");
        let (revision, after) = ("no commit in lower case", "after `#` besides");
        for (spec, expected) in [
            (
                "git+https://git.corp.example/o/r@v1",
                "`git:https://git.corp.example/o/r#v1`",
            ),
            (
                "git+https://git.corp.example/o/r#subdirectory=a/b",
                "`git:https://git.corp.example/o/r#:a/b`",
            ),
            ("git+https://github.com:8443/o/r", host),
            ("git+https://github.com.evil.example/o/r", host),
            ("git+https://xn--gthub-n4a.com/o/r", host),
            ("git+https://github.com", path),
            ("git+https://", host),
            (
                "git+https://user:Tok3n@github.com/o/r",
                "an address at `github.com` has a login",
            ),
            (
                "git+https://Tok3n@github.com/o/r@v1",
                "an address at `github.com` has a login",
            ),
            ("git+https://github.com/o", path),
            ("git+https://github.com/o/.git", path),
            ("git+https://github.com/o/../r", path),
            ("git+https://github.com/o//r", path),
            ("git+https://github.com/-o/r", path),
            ("git+https://git.sr.ht/~~o/r", path),
            ("git+https://git.sr.ht/~/r", path),
            ("git+https://git.sr.ht/o/~r", path),
            ("git+https://github.com/o/r%2f..", path),
            ("git+https://github.com/o/r?x=1", path),
            ("git+https://github.com/o/r;id", path),
            ("git+https://github.com/o/r@v1@v2", path),
            ("git+https://github.com/o/r\\x", path),
            ("git+https://github.com/о/r", path),
            ("git+https://github.com/o/r@", revision),
            ("git+https://github.com/o/r@--upload-pack=id", revision),
            ("git+https://github.com/o/r@a/-b", revision),
            ("git+https://github.com/o/r@../../x", revision),
            ("git+https://github.com/o/r@a//b", revision),
            ("git+https://github.com/o/r@$(id)", revision),
            (
                "git+https://github.com/o/r@ABCDEF0123456789ABCDEF0123456789ABCDEF01",
                revision,
            ),
            ("git+https://github.com/o/r@v1^{}", revision),
            ("git+https://github.com/o/r#", after),
            ("git+https://github.com/o/r#v1", after),
            ("git+https://github.com/o/r#egg=a&egg=a", after),
            ("git+https://github.com/o/r#subdirectory=a&x=y", after),
            (
                "git+https://github.com/o/r#subdirectory=../a",
                "not plainly inside",
            ),
            (
                "git+https://github.com/o/r#subdirectory=/etc",
                "not plainly inside",
            ),
            (
                "git+https://github.com/o/r#subdirectory=a/./b",
                "not plainly inside",
            ),
            (
                "git+https://github.com/o/r#subdirectory=%2e%2e/a",
                "not plainly inside",
            ),
            (
                "git+https://github.com/o/r#subdirectory=",
                "not plainly inside",
            ),
            (
                "git+https://github.com/o/r#egg=a[b]",
                "what its project is called",
            ),
            (
                "git+https://github.com/o/r#egg=-a",
                "what its project is called",
            ),
            (
                "a @ git+https://github.com/o/r#egg=b",
                "what its project is called",
            ),
            ("git+http://github.com/o/r", "is built from a repository"),
            ("git+ssh://git@github.com/o/r", "is built from a repository"),
            ("git+file:///srv/r", "is built from a repository"),
        ] {
            check(spec, &format!("refused: {expected}"));
        }
    }

    #[test]
    fn a_login_is_never_shown() {
        for spec in [
            "git+https://user:Tok3n@github.com/o/r",
            "git+https://Tok3n@h.example/o/r#egg=x",
            "app @ git+https://Tok3n@github.com/o/r",
            "git+http://user:Tok3n@github.com/o/r",
            "git+ssh://user:Tok3n@github.com/o/r",
            "app @ https://user:Tok3n@h.example/x.whl",
            "https://Tok3n@h.example/x.whl",
        ] {
            let judgement = judge(&Request::new("uvx", ["--from", spec, "app"]));
            assert_ne!(judgement.decision(), Decision::NeedsApproval);
            let told: String = judgement
                .reasons
                .iter()
                .map(|it| it.text.as_str())
                .collect();
            assert!(!told.contains("Tok3n"), "{told}");
        }
    }

    #[test]
    fn interlocks_own_word_for_what_installers_name() {
        for (spec, expected) in [
            (
                "git+https://github.com/o/r",
                Some("git:https://github.com/o/r"),
            ),
            (
                "git+https://GitHub.com/o/r@v1",
                Some("git:https://github.com/o/r#v1"),
            ),
            (
                "git+https://h.example/o/r@v1#subdirectory=a/b&egg=x",
                Some("git:https://h.example/o/r#v1:a/b"),
            ),
            (
                "git+https://h.example/o/r#egg=x",
                Some("git:https://h.example/o/r"),
            ),
            (
                "git+https://h.example/o/r#v1",
                Some("git:https://h.example/o/r#v1"),
            ),
            (
                "git+https://git.sr.ht/~o/r@v1",
                Some("git:https://git.sr.ht/~o/r#v1"),
            ),
            ("git+https://user:Tok3n@github.com/o/r", None),
            ("git+https://Tok3n@github.com/o/r@v1", None),
            ("git+https://h.example/o/r@a:b", None),
            ("git+https://h.example/o/r#a:b", None),
            ("git+https://h.example/o/r@v1#v2", None),
            ("git+ssh://git@github.com/o/r", None),
            ("https://github.com/o/r", None),
        ] {
            let found = in_own_word(spec).map(|word| word.to_string());
            assert_eq!(found.as_deref(), expected, "{spec}");
        }
    }

    #[test]
    fn a_request_is_written_at_its_commit() {
        let commit = "0a".repeat(20);
        let source = "git+https://github.com/O/r";
        let check = |words: &[&str], expected: Option<&[&str]>| {
            let (command, args) = words.split_first().unwrap();
            let request = Request::new(*command, args.iter().copied());
            let found = at_commit(&request, &commit).map(|found| found.args);
            let expected = expected.map(|words| {
                let words = words.iter().map(|word| word.replace('~', &commit));
                words.collect::<Vec<_>>()
            });
            assert_eq!(found, expected, "{words:?}");
        };
        let from = format!("--from={source}@v1#subdirectory=a");
        let named = format!("app[x] @ {source}");
        check(
            &["uvx", "--from", source, "app", source],
            Some(&["--from", &format!("{source}@~"), "app", source]),
        );
        check(
            &["uv", "tool", "run", &from, "app"],
            Some(&[
                "tool",
                "run",
                &format!("--from={source}@~#subdirectory=a"),
                "app",
            ]),
        );
        check(
            &["pipx", "run", "--spec", &named, "app"],
            Some(&["run", "--spec", &format!("{named}@~"), "app"]),
        );
        check(&["uvx", source], Some(&[&format!("{source}@~")]));
        check(&["uvx", "app", source], None);
        check(&["node", "/srv/x.js", source], None);
        check(
            &["uvx", "--from", "git+ssh://git@github.com/o/r", "app"],
            None,
        );
    }
}
