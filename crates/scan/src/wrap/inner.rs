//! What an entry that starts `interlock run` really starts.

use interlock_launch::{Address, Request};

/// What stands behind Interlock in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inner {
    /// `interlock run -- COMMAND ARGS`, or `interlock run --url URL`: the request without Interlock.
    Command(Request),
    /// `interlock run NAME`: an approval's name.
    Named(String),
}

/// Looks through `interlock run`; none where the request starts something else, and for a call that Interlock would refuse.
///
/// Whether the program called `interlock` is Interlock is not found out here.
#[must_use]
pub fn inner(request: &Request) -> Option<Inner> {
    if !is_interlock(&request.command) || request.args.first()? != "run" {
        return None;
    }
    let rest = request.args.get(1..)?;
    if let Some(asked) = address(rest) {
        return Some(Inner::Command(Request {
            command: asked.command,
            args: asked.args,
            ..request.clone()
        }));
    }
    if let Some(at) = rest.iter().position(|word| word == "--") {
        let options = rest.get(..at)?;
        let mut words = rest.get(at + 1..)?.iter();
        let command = words.next()?.clone();
        return options_only(options).then(|| {
            Inner::Command(Request {
                command,
                args: words.cloned().collect(),
                ..request.clone()
            })
        });
    }
    let (name, options) = rest.split_last()?;
    let named = !name.starts_with('-') && options_only(options);
    named.then(|| Inner::Named(name.clone()))
}

/// The request of `--url URL --header …`, where the words are that and nothing else that matters.
fn address(words: &[String]) -> Option<Request> {
    let (mut url, mut headers, mut others) = (None, Vec::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        match option {
            "--url" if url.is_none() => url = Some(value.or_else(|| words.next().cloned())?),
            "--header" => headers.push(value.or_else(|| words.next().cloned())?),
            _ => others.push(word.clone()),
        }
    }
    let url = url.filter(|_| options_only(&others))?;
    Some(Address::request(&url, &headers))
}

/// How many words of `args` belong to Interlock, the `--` included.
pub(super) fn own_words(args: &[String]) -> Option<usize> {
    args.iter().position(|word| word == "--").map(|at| at + 1)
}

fn options_only(words: &[String]) -> bool {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--handshake-timeout" => {
                if words.next().is_none() {
                    return false;
                }
            }
            "--record-arguments" | "--quiet" | "-q" | "--offline" | "--no-progress" => {}
            other if other.starts_with("--handshake-timeout=") => {}
            _ => return false,
        }
    }
    true
}

fn is_interlock(command: &str) -> bool {
    let name = command.rsplit(['/', '\\']).next().unwrap_or(command);
    matches!(name, "interlock" | "interlock.exe")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<Result<&str, &str>>) {
        let mut words = line.split(' ');
        let request = Request::new(words.next().unwrap_or_default(), words);
        let found = inner(&request).map(|inner| match inner {
            Inner::Command(request) => Ok(std::iter::once(request.command)
                .chain(request.args)
                .collect::<Vec<_>>()
                .join(" ")),
            Inner::Named(name) => Err(name),
        });
        let expected = expected.map(|inner| inner.map(str::to_owned).map_err(str::to_owned));
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn interlock_is_looked_through() {
        check("interlock run -- npx -y a", Some(Ok("npx -y a")));
        check("/opt/bin/interlock run -- npx -- b", Some(Ok("npx -- b")));
        check("C:\\bin\\interlock.exe run -- node", Some(Ok("node")));
        check(
            "interlock run --handshake-timeout 60 -- npx",
            Some(Ok("npx")),
        );
        check(
            "interlock run --handshake-timeout=60 files",
            Some(Err("files")),
        );
        check("interlock run files", Some(Err("files")));
        check(
            "interlock run --url https://a.example/",
            Some(Ok("url:https://a.example/")),
        );
        check(
            "interlock run --url=https://a.example/ --header=B=C --quiet --header A=B",
            Some(Ok("url:https://a.example/ --header A=B --header B=C")),
        );
        check("interlock run --url https://a.example/ name", None);
        check("interlock run --url https://a.example/ -- npx", None);
        check("interlock run --url", None);
        check("interlock run --", None);
        check("interlock run", None);
        check("interlock run -x", None);
        check("interlock run a b", None);
        check("interlock check -- npx", None);
        check("interlocked run -- npx", None);
        check("npx interlock run -- x", None);
    }

    #[test]
    fn what_surrounds_the_command_stays() {
        let mut request = Request::new("interlock", ["run", "--", "npx"]);
        request.cwd = Some("/home/me/src".to_owned());
        request.env.push(("A".to_owned(), "1".to_owned()));
        let Some(Inner::Command(inner)) = inner(&request) else {
            panic!("not seen through")
        };
        assert_eq!((inner.command.as_str(), inner.args.len()), ("npx", 0));
        assert_eq!((inner.cwd, inner.env), (request.cwd, request.env));
    }
}
