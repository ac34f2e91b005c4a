//! From a reviewed entry of the MCP Registry to one source that this machine can run, with its words and what it asks for.
//!
//! An entry is a publisher's proposal: of its values, only those are taken that it fixes for everybody. What a person has to choose
//! is named, with the words that give it.

use interlock_launch::excerpt;
use serde_json::Value;

use super::input::{Input, inputs};
use crate::lockfile::Source;

/// What an entry leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Where the server comes from.
    pub source: Source,
    /// The server's arguments.
    pub args: Vec<String>,
    /// Variables that the entry asks for.
    pub variables: Vec<Variable>,
    /// The entry's version.
    pub version: String,
    /// What else a person should know, safe to show.
    pub remarks: Vec<String>,
}

/// A variable that an entry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name. Untrusted text.
    pub name: String,
    /// The server does not work without it, as the entry says.
    pub required: bool,
    /// It belongs into the secret store.
    pub secret: bool,
    /// What the entry proposes as its value. Untrusted text.
    pub preset: Option<String>,
    /// What it is for. Untrusted text.
    pub about: String,
}

/// Why an entry leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// None of its packages can be run here.
    #[error("none of its packages can be run here: {}", .0.join("; "))]
    Nothing(Vec<String>),
    /// A value is for a person to choose.
    #[error(
        "it needs arguments that you have to choose ({about}): write them after `--`, as `{words}`"
    )]
    Arguments {
        /// What for.
        about: String,
        /// The words, with capitals where a value goes.
        words: String,
    },
}

/// Chooses the first package of an entry that this program can fetch and contain. `given` are the arguments that a person wrote:
/// all of them then.
///
/// # Errors
/// When there is none, or a person has to choose arguments.
pub fn choose(entry: &Value, given: &[String]) -> Result<Choice, ChooseError> {
    let mut reasons = Vec::new();
    let packages = entry.get("packages").and_then(Value::as_array);
    for package in packages.into_iter().flatten() {
        match source(package) {
            Ok(source) => return chosen(entry, package, source, given),
            Err(reason) => reasons.push(reason),
        }
    }
    let remotes = entry.get("remotes").and_then(Value::as_array);
    for remote in remotes.into_iter().flatten() {
        let address = remote
            .get("url")
            .and_then(Value::as_str)
            .unwrap_or_default();
        reasons.push(format!(
            "`{}` is a server elsewhere, which no lock can name yet: approve its address with `interlock approve --url ADDRESS`, and start it with `interlock run --url ADDRESS`",
            excerpt(address)
        ));
    }
    if reasons.is_empty() {
        reasons.push("it has none".to_owned());
    }
    Err(ChooseError::Nothing(reasons))
}

/// A package's source, or why this program has none for it.
fn source(package: &Value) -> Result<Source, String> {
    let text = |key: &str| package.get(key).and_then(Value::as_str);
    let (kind, name) = (
        text("registryType").unwrap_or_default(),
        text("identifier").unwrap_or_default(),
    );
    let shown = format!("`{}` ({})", excerpt(name), excerpt(kind));
    let transport = package.get("transport").and_then(|it| it.get("type"));
    if transport
        .and_then(Value::as_str)
        .is_some_and(|it| it != "stdio")
    {
        return Err(format!(
            "{shown} does not speak over standard input and output"
        ));
    }
    let version = text("version").unwrap_or_default();
    let word = match kind {
        "npm" => format!("npm:{name}@{version}"),
        "pypi" => format!("pypi:{name}=={version}"),
        "mcpb" => format!(
            "mcpb:{name}#sha256={}",
            text("fileSha256").unwrap_or_default()
        ),
        "oci" => image(name, version),
        _ => return Err(format!("{shown} is of a kind that is not supported")),
    };
    if kind == "npm"
        && !own_words(package)
            .iter()
            .all(|word| word == "-y" || word == "--yes")
    {
        return Err(format!(
            "{shown} wants arguments for its runner, which is never run"
        ));
    }
    if kind == "pypi" && !own_words(package).is_empty() {
        return Err(format!(
            "{shown} wants arguments for its runner, which is never run"
        ));
    }
    word.parse().map_err(|error| format!("{shown}: {error}"))
}

/// An image's word. A version beside a name without a tag or digest is the tag.
fn image(name: &str, version: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if version.is_empty() || last.contains([':', '@']) {
        return format!("oci:{name}");
    }
    format!("oci:{name}:{version}")
}

/// The words for the runner.
fn own_words(package: &Value) -> Vec<String> {
    let all = inputs(package, "runtimeArguments");
    all.iter().flat_map(|input| input.words(0)).collect()
}

fn chosen(
    entry: &Value,
    package: &Value,
    source: Source,
    given: &[String],
) -> Result<Choice, ChooseError> {
    let text =
        |holder: &Value, key: &str| holder.get(key).and_then(Value::as_str).map(str::to_owned);
    let variables: Vec<Variable> = inputs(package, "environmentVariables")
        .iter()
        .filter_map(variable)
        .collect();
    let own = if given.is_empty() {
        arguments(package)?
    } else {
        given.to_vec()
    };
    let mut remarks = Vec::new();
    if matches!(source, Source::Image(_)) {
        let wanted = own_words(package);
        if !wanted.is_empty() {
            let words = excerpt(&wanted.join(" "));
            remarks.push(format!(
                "asks the engine for {words}, which it does not get: grant what it needs"
            ));
        }
    }
    Ok(Choice {
        source,
        args: own,
        variables,
        version: text(entry, "version").unwrap_or_default(),
        remarks,
    })
}

fn variable(input: &Input<'_>) -> Option<Variable> {
    Some(Variable {
        name: input.text("name")?.to_owned(),
        required: input.flag("isRequired") && input.text("value").is_none(),
        secret: input.flag("isSecret"),
        preset: input
            .text("value")
            .or_else(|| input.text("default"))
            .map(str::to_owned),
        about: input.text("description").unwrap_or_default().to_owned(),
    })
}

/// The words that the entry fixes. Choices and examples are not taken for somebody.
fn arguments(package: &Value) -> Result<Vec<String>, ChooseError> {
    let (mut words, mut shown, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for input in inputs(package, "packageArguments") {
        let fixed = input.text("value").or_else(|| input.text("default"));
        let whole = fixed.is_some_and(|value| !value.contains('{'));
        let switch = input.text("type") == Some("named") && is_switch(&input);
        if whole || switch {
            words.extend(input.words(0));
            shown.extend(input.words(0));
        } else if input.flag("isRequired") {
            let about = input.text("description").or_else(|| input.text("name"));
            missing.push(excerpt(
                about
                    .or_else(|| input.text("valueHint"))
                    .unwrap_or("a value"),
            ));
            shown.extend(placeholder(&input));
        }
    }
    if missing.is_empty() {
        return Ok(words);
    }
    Err(ChooseError::Arguments {
        about: missing.join("; "),
        words: excerpt(&shown.join(" ")),
    })
}

/// A name alone, of which nothing says that a value belongs to it.
fn is_switch(input: &Input<'_>) -> bool {
    let words = input.words(0);
    words.len() == 1 && words.first().map(String::as_str) == input.text("name")
}

fn placeholder(input: &Input<'_>) -> Vec<String> {
    let hint = input.text("valueHint").or_else(|| input.text("format"));
    let hint = hint.unwrap_or("value").to_ascii_uppercase();
    match input
        .text("name")
        .filter(|_| input.text("type") == Some("named"))
    {
        Some(name) if name.starts_with("--") => vec![format!("{name}={hint}")],
        Some(name) => vec![name.to_owned(), hint],
        None => vec![hint],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(packages: Value, given: &[&str], expected: Result<&str, &str>) {
        let entry = json!({"name": "io.github.u/x", "version": "1.0.0", "packages": packages});
        let given: Vec<String> = given.iter().map(|word| (*word).to_owned()).collect();
        match (choose(&entry, &given), expected) {
            (Ok(choice), Ok(expected)) => {
                let found = format!("{} | {}", choice.source, choice.args.join(" "));
                assert_eq!(found, expected);
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, expected) => panic!("{found:?} / {expected:?}"),
        }
    }

    #[test]
    fn the_first_package_that_can_be_run_is_chosen() {
        let digest = "0a".repeat(32);
        let npm = json!({"registryType": "npm", "identifier": "@u/x", "version": "1.2.3", "transport": {"type": "stdio"}});
        check(json!([npm]), &[], Ok("npm:@u/x@1.2.3 | "));
        check(
            json!([{"registryType": "nuget", "identifier": "X", "version": "1.0.0"}, {"registryType": "pypi", "identifier": "x", "version": "1.0"}]),
            &["a"],
            Ok("pypi:x==1.0 | a"),
        );
        let bundle = format!("https://github.com/u/x/releases/download/v1/x.mcpb#sha256={digest}");
        check(
            json!([{"registryType": "mcpb", "identifier": "https://github.com/u/x/releases/download/v1/x.mcpb", "fileSha256": digest}]),
            &[],
            Ok(&format!("mcpb:{bundle} | ")),
        );
        check(
            json!([{"registryType": "oci", "identifier": "ghcr.io/u/x:1.0.0", "environmentVariables": [{"name": "A"}]}]),
            &["serve"],
            Ok("oci:ghcr.io/u/x:1.0.0 | serve"),
        );
        for (identifier, expected) in [
            ("ghcr.io:443/u/x", "oci:ghcr.io:443/u/x:1.2.3 | "),
            ("ghcr.io/u/x:1.0.0", "oci:ghcr.io/u/x:1.0.0 | "),
            (
                &*format!("ghcr.io/u/x@sha256:{digest}"),
                &*format!("oci:ghcr.io/u/x@sha256:{digest} | "),
            ),
        ] {
            check(
                json!([{"registryType": "oci", "identifier": identifier, "version": "1.2.3"}]),
                &[],
                Ok(expected),
            );
        }
        check(json!([]), &[], Err("it has none"));
        check(
            json!([{"registryType": "mcpb", "identifier": "https://h.example/x"}]),
            &[],
            Err("no source"),
        );
        check(
            json!([{"registryType": "npm", "identifier": "x", "version": "1.0.0", "transport": {"type": "sse"}}]),
            &[],
            Err("standard input"),
        );
        check(
            json!([{"registryType": "npm", "identifier": "x", "version": "1.0.0", "runtimeArguments": [{"type": "named", "name": "--node-options", "value": "-r x"}]}]),
            &[],
            Err("never run"),
        );
    }

    #[test]
    fn a_server_elsewhere_is_approved_by_its_address() {
        let remote = json!({"type": "streamable-http", "url": "https://api.example.com/mcp"});
        let entry = json!({"version": "1.0.0", "remotes": [remote]});
        let error = choose(&entry, &[]).unwrap_err().to_string();
        for part in [
            "`https://api.example.com/mcp`",
            "`interlock approve --url ADDRESS`",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn arguments_are_fixed_or_asked_for() {
        let with = |arguments: Value| json!([{"registryType": "npm", "identifier": "x", "version": "1.0.0", "packageArguments": arguments}]);
        check(
            with(
                json!([{"type": "positional", "value": "serve"}, {"type": "named", "name": "--port", "default": "80"},
                {"type": "positional", "valueHint": "more"}, {"type": "named", "name": "--fast"}]),
            ),
            &[],
            Ok("npm:x@1.0.0 | serve --port=80 --fast"),
        );
        let needed = json!([{"type": "positional", "value": "serve"},
            {"type": "named", "name": "--dir", "valueHint": "path", "isRequired": true, "description": "where to look"}]);
        check(
            with(needed.clone()),
            &[],
            Err("(where to look): write them after `--`, as `serve --dir=PATH`"),
        );
        check(
            with(needed),
            &["serve", "--dir=/x"],
            Ok("npm:x@1.0.0 | serve --dir=/x"),
        );
    }

    #[test]
    fn variables_are_listed() {
        let entry = json!({"version": "1.0.0", "packages": [{"registryType": "npm", "identifier": "x", "version": "1.0.0",
            "environmentVariables": [{"name": "KEY", "isRequired": true, "isSecret": true, "description": "d"}, {"name": "MODE", "default": "fast"}]}]});
        let variables = choose(&entry, &[]).unwrap().variables;
        assert_eq!(variables.len(), 2);
        assert!(variables[0].required && variables[0].secret && variables[0].about == "d");
        assert!(!variables[1].required && variables[1].preset.as_deref() == Some("fast"));
    }
}
