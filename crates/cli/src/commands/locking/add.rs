//! `interlock add`: declares a server in the project's lock and resolves it.

use std::path::Path;

use interlock_launch::{
    Class, Judgement, Request, RequestRecord, ServerName, Severity, command_line, in_own_word,
    judge, without_logins,
};
use interlock_supply::lockfile::{Base, ProjectPath, ProposedGrants, Server, Source, SourceError};

use crate::Outcome;
use crate::commands::approve::build::{self, Sources};
use crate::commands::approve::grants;
use crate::commands::suggest;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::Machine;
use crate::options::{Add, Global};
use crate::show::{self, counted};
use crate::terminal::{Style, say, visible};

use super::project::Project;
use super::registry::Listed;
use super::resolving::{self, Versions};

/// Runs `interlock add`.
///
/// # Errors
/// When the source cannot be read or resolved, or the name is taken.
pub fn run(global: &Global, options: &Add) -> Outcome {
    let context = Context::new(global)?.naming(options.source.iter().chain(&options.words));
    let mut project = Project::find_or_begin(&context)?;
    let source = options.source.as_deref().unwrap_or_default();
    let listed = Listed::of(&context, source, options)?;
    let mut server = declared(&context, options, listed.as_ref(), &project.base)?;
    let name = name(options, &server, &project.base)?;
    if let Some(taken) = project.named(name.as_str()) {
        return Err(is_taken(&name, taken, &project.base));
    }
    let machine = Machine::open(&context)?;
    let ledger = context.ledger(&context.known()?)?;
    let base = &project.base;
    let (at_its_commit, stands) = resolving::at_a_commit(&context, base, server)?;
    server = at_its_commit;
    let mut told = match &listed {
        Some(listed) => listed.asked(&resolving::profile(&context, base, &server)?)?,
        None => Vec::new(),
    };
    let sources = Sources::of(options.danger.danger_build_sdists);
    let how = (Versions::Move, sources);
    let resolved = resolving::server(&context, &machine, &ledger, base, &server, how);
    let resolved = resolved.map_err(|failure| {
        build::with_command(failure, || {
            command_with(global, options, "--danger-build-sdists")
        })
    })?;
    if let (Some(listed), Some(tree)) = (&listed, &resolved.content.tree) {
        told.extend(listed.compare(&context, &machine.packages, tree)?);
    }
    server.content = resolved.content;
    resolving::note_what_was_built(&mut server);
    server.source = server.source.pinned(&server.content);
    let shown = summary(&server);
    project.lock.server.insert(name.clone(), server);
    project.save(&context)?;
    if !global.quiet {
        say(&format!(
            "{} {name}: {shown}",
            context.style().good("added")
        ));
        let from = listed.map(|listed| listed.remarks).unwrap_or_default();
        let judged = worth_a_look(&resolved.judgement, context.style());
        for remark in from
            .into_iter()
            .chain(stands)
            .chain(told)
            .chain(resolved.remarks)
            .chain(judged)
        {
            say(&format!("  {remark}"));
        }
        say("it is a proposal so far; to approve it: interlock approve --lock");
    }
    Ok(Exit::Done)
}

/// What judging has to say that a person should look at: an approval will show it as well. That a version floats is no news where one is
/// locked.
fn worth_a_look(judgement: &Judgement, style: Style) -> Vec<String> {
    let reasons = judgement.reasons.iter();
    let heavy = reasons.filter(|reason| reason.severity >= Severity::Warning);
    show::reasons(&heavy.cloned().collect::<Vec<_>>(), style)
}

/// A server of that name is there, and how it is moved.
fn is_taken(name: &ServerName, taken: &Server, base: &Base) -> Failure {
    let what = format!("the lock has a server `{name}` already");
    let next = match judge(&taken.request(base)).class {
        // Nothing moves a commit.
        Class::Package(package) if package.commit().is_some() => {
            "take its tables out of `interlock.lock` and add it again".to_owned()
        }
        _ => format!("interlock lock --update {name}"),
    };
    Failure::new(Exit::Usage, what).next(format!("{next}, or choose another `--name`"))
}

/// The command that was typed, with one more option.
fn command_with(global: &Global, options: &Add, option: &str) -> String {
    let before = (!options.words.is_empty()).then(|| "--".to_owned());
    suggest::command(
        [
            ["add", option].map(str::to_owned).to_vec(),
            global.words(),
            suggest::each("--name", &options.name),
            suggest::each("--registry", &options.registry),
            options.grants.words(),
            options.danger.words(),
            options.source.iter().chain(&before).cloned().collect(),
            options.words.clone(),
        ]
        .concat(),
    )
}

/// What was locked, in a few words.
pub fn summary(server: &Server) -> String {
    let source = match &server.source {
        // A launcher alone says nothing: what is meant is in its words.
        Source::Command(word) => {
            let request = Request::new(word.as_str(), server.args.iter().map(String::as_str));
            format!("`{}`", command_line(&RequestRecord::from(&request)))
        }
        source => source.to_string(),
    };
    match &server.content.tree {
        Some(tree) => format!(
            "{source} is {}@{}, {}, {}",
            tree.name,
            tree.version,
            counted(tree.packages.len(), "package"),
            counted(tree.files, "file")
        ),
        None if server.content.image.is_some() => {
            let image = server.content.image.as_ref();
            let shown = image.map(|it| format!("{source} is {}, {} files", it.manifest, it.files));
            shown.unwrap_or_default()
        }
        None => format!(
            "{source}, {} and {}",
            counted(server.content.files.len(), "file"),
            counted(server.content.folders.len(), "folder")
        ),
    }
}

fn declared(
    context: &Context,
    options: &Add,
    listed: Option<&Listed>,
    base: &Base,
) -> Result<Server, Failure> {
    let profile = grants::profile(None, &options.grants, &options.danger, &context.places)?;
    if let Some(listed) = listed {
        let (source, args) = (listed.choice.source.clone(), listed.choice.args.clone());
        let mut server = Server::declared(source, args, ProposedGrants::of(&profile, base));
        server.registry = Some(listed.label.clone());
        return Ok(server);
    }
    let (source, words) = match (&options.source, options.words.split_first()) {
        (Some(source), _) => (source_of(source, base)?, options.words.as_slice()),
        (None, Some((command, rest))) => (command_of(command, base)?, rest),
        (None, None) => {
            let what = "nothing was named that could be added";
            return Err(Failure::new(Exit::Usage, what).next("interlock add SOURCE"));
        }
    };
    let words = words.iter().map(|word| portable(word, base));
    let grants = ProposedGrants::of(&profile, base);
    Ok(Server::declared(source, words.collect(), grants))
}

/// A source as typed: with its scheme, or a path.
fn source_of(text: &str, base: &Base) -> Result<Source, Failure> {
    if let Some(path) = text
        .strip_prefix("mcpb:")
        .filter(|path| !path.contains("://"))
    {
        return bundle(path, base);
    }
    if text.contains('/') && !text.contains(':') {
        let is_bundle = [".mcpb", ".dxt"].iter().any(|end| text.ends_with(end));
        return match is_bundle {
            true => bundle(text, base),
            false => program(text, base),
        };
    }
    text.parse()
        .map_err(|error: SourceError| unusable(text, &error))
}

fn command_of(command: &str, base: &Base) -> Result<Source, Failure> {
    if command.contains('/') {
        return program(command, base);
    }
    source_of(&format!("command:{command}"), base)
}

fn program(path: &str, base: &Base) -> Result<Source, Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::new(Exit::Usage, format!("{} cannot be added", visible(path))).because(error)
    };
    let real = std::fs::canonicalize(path).map_err(|error| failed(&error))?;
    let path = ProjectPath::of(&real, base).map_err(|error| failed(&error))?;
    Ok(Source::File(path))
}

/// A bundle's file, written so that it suits every checkout.
fn bundle(path: &str, base: &Base) -> Result<Source, Failure> {
    let (path, pin) = match path.rsplit_once("#sha256=") {
        Some((path, pin)) => (path, format!("#sha256={pin}")),
        None => (path, String::new()),
    };
    match program(path, base)? {
        Source::File(path) => {
            let text = format!("mcpb:{path}{pin}");
            text.parse()
                .map_err(|error: SourceError| unusable(&text, &error))
        }
        other => Ok(other),
    }
}

fn unusable(text: &str, error: &SourceError) -> Failure {
    let what = format!("{} cannot be added", visible(&without_logins(text)));
    let failure = Failure::new(Exit::Usage, what).because(error);
    match meant(text) {
        Some(meant) => failure.next(format!("interlock add {}", visible(&meant))),
        None => failure,
    }
}

/// What somebody may have meant who wrote a source in another tool's way.
fn meant(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(':')?;
    match scheme {
        "binary" if !rest.contains("://") && !rest.is_empty() => Some(rest.to_owned()),
        "pypi" => {
            let (name, version) = rest.split_once('@')?;
            (!name.is_empty()).then(|| format!("pypi:{name}=={version}"))
        }
        "npx" | "npm exec" => Some(format!("npm:{rest}")),
        "uvx" | "pipx" | "pip" => Some(format!("pypi:{}", rest.replacen('@', "==", 1))),
        "docker" | "podman" => Some(format!("oci:{rest}")),
        _ => in_own_word(text).map(|word| word.to_string()),
    }
}

/// A word that names something in the project is written so that it suits every checkout.
fn portable(word: &str, base: &Base) -> String {
    let looks_like_a_path = word.contains('/') || word.contains('.');
    let real = (looks_like_a_path && !word.starts_with('-'))
        .then(|| std::fs::canonicalize(Path::new(word)).ok())
        .flatten();
    let path = real.and_then(|real| ProjectPath::of(&real, base).ok());
    match path.filter(|path| path.as_str().starts_with("./")) {
        Some(path) => path.to_string(),
        None => word.to_owned(),
    }
}

/// The name that was chosen, or the last part of the source.
fn name(options: &Add, server: &Server, base: &Base) -> Result<ServerName, Failure> {
    let listed = server
        .registry
        .as_deref()
        .and_then(|it| it.split('@').next());
    let text = match (&options.name, &server.source) {
        (Some(name), _) => name.clone(),
        (None, _) if listed.is_some() => suggested(listed.unwrap_or_default()),
        (None, source) => suggested(&match source {
            Source::File(path) => path.to_string(),
            Source::Command(_) => match judge(&server.request(base)).class {
                Class::Container(container) => container.image,
                Class::Package(package) if package.repository().is_some() => package.name,
                _ => first_word(&options.words),
            },
            package => package.package().unwrap_or_default(),
        }),
    };
    text.parse().map_err(|error: interlock_launch::NameError| {
        Failure::new(
            Exit::Usage,
            format!("{} cannot name a server", visible(&text)),
        )
        .because(&error)
        .next("choose one with `--name`")
    })
}

/// The first word of a command's arguments that is no option.
fn first_word(words: &[String]) -> String {
    let mut words = words.iter().skip(1);
    let found = words.find(|word| !word.starts_with('-'));
    found.cloned().unwrap_or_default()
}

fn suggested(text: &str) -> String {
    let last = text.rsplit('/').find(|part| !part.is_empty());
    let last = last.unwrap_or("server");
    let stem = last
        .split(['.', '@'])
        .find(|part| !part.is_empty())
        .unwrap_or(last);
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    stem.chars().filter(plain).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        for (text, expected) in [
            ("binary:./tool", Some("./tool")),
            ("binary:https://x", None),
            (
                "pypi:mcp-server-time@1.0",
                Some("pypi:mcp-server-time==1.0"),
            ),
            ("npx:foo@1", Some("npm:foo@1")),
            ("uvx:foo@1", Some("pypi:foo==1")),
            ("docker:mcp/time", Some("oci:mcp/time")),
            (
                "git+https://github.com/o/r@v1",
                Some("git:https://github.com/o/r#v1"),
            ),
            (
                "git+https://github.com/o/r",
                Some("git:https://github.com/o/r"),
            ),
            (
                "git+https://github.com/o/r@v1#subdirectory=x",
                Some("git:https://github.com/o/r#v1:x"),
            ),
            (
                "git+https://github.com/o/r#egg=x",
                Some("git:https://github.com/o/r"),
            ),
            ("git+https://x:y@github.com/o/r@v1", None),
            ("git+https://user:Tok3n@github.com/o/r", None),
            ("npm:", None),
            ("foo", None),
        ] {
            assert_eq!(meant(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_summary_says_what_is_meant() {
        for (source, args, expected) in [
            (
                "command:npx",
                &["-y", "a@1"][..],
                "`npx -y a@1`, 0 files and 0 folders",
            ),
            ("npm:a@1", &["x"], "npm:a@1, 0 files and 0 folders"),
            (
                "command:node",
                &["./a b.js"],
                "`node './a b.js'`, 0 files and 0 folders",
            ),
        ] {
            let args = args.iter().map(|word| (*word).to_owned()).collect();
            let source = source.parse().unwrap();
            let server = Server::declared(source, args, ProposedGrants::default());
            assert_eq!(summary(&server), expected);
        }
    }

    #[test]
    fn names_from_sources() {
        for (text, expected) in [
            ("@s/server-time", "server-time"),
            ("mcp-server-git", "mcp-server-git"),
            ("./bin/server.py", "server"),
            ("", "server"),
        ] {
            assert_eq!(suggested(text), expected, "{text}");
        }
    }
}
