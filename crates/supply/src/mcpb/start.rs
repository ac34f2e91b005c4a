//! From a bundle's manifest and a person's settings to exact words and variables.

use interlock_launch::{Decision, Interpreter, Start, excerpt};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::Path};

use super::filled::Filled;
use super::settings::{Settings, declared, given, in_home, separated};
use super::{Whole, judge_manifest};
use crate::locked::TreePath;
use crate::registry::{Notes, rules, strict_json};

/// Why a bundle cannot be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// There is none, or it cannot be read.
    #[error("its manifest cannot be used: {0}")]
    Manifest(String),
    /// The manifest was judged and refused; the reasons.
    #[error("its manifest is refused: {0}")]
    Refused(String),
    /// What it becomes with its settings was judged and refused; the reasons.
    #[error("with these settings it is refused: {0}")]
    Filled(String),
    /// A variable that code is loaded from leads out of it.
    #[error("`{0}` would load code that is not in it")]
    Outside(String),
    /// It needs a tool that fetches packages when it starts.
    #[error(
        "it is of the type `uv`, which fetches packages when it starts; ask its authors for one with its packages inside, or use the package itself: `pypi:NAME`"
    )]
    Fetches,
    /// It is not for this system.
    #[error("it is not for Linux")]
    Platform,
    /// What starts is not in it.
    #[error("`{0}` is not in it")]
    NoFile(String),
    /// Its command does not name its entry.
    #[error("its arguments do not name its entry `{0}`, so what would start is not clear")]
    NoEntry(String),
    /// A value that does not fit.
    #[error("{0}")]
    Setting(String),
    /// A value is missing.
    #[error("it needs `{0}`: add `-- {0}=VALUE` after the source")]
    Missing(String),
    /// A secret was written into the request.
    #[error("`{0}` is a secret: keep it with `interlock secret set`, and grant it with `--secret`")]
    Secret(String),
    /// A secret would become an argument.
    #[error(
        "it wants the secret `{0}` as an argument, where every process of this machine can read it"
    )]
    SecretArgument(String),
}

/// A bundle ready to be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ready {
    /// What runs the entry.
    pub(crate) runs: Interpreter,
    /// The file that starts, relative to the bundle.
    pub(crate) entry: TreePath,
    /// Words and variables.
    pub(crate) words: Start,
    /// Variables that have to be granted as secrets, with what the bundle makes of them.
    pub(crate) secrets: BTreeMap<String, String>,
}

/// Reads and judges a manifest.
pub(crate) fn read(text: &str) -> Result<Value, BundleError> {
    let manifest = strict_json(text).map_err(BundleError::Manifest)?;
    let mut notes = Notes::default();
    judge_manifest(&manifest, Whole::Yes, &mut notes);
    let review = notes.review(String::new());
    // What a later version means by its fields is not known; a document of one may be judged, and is not started.
    let later = |code: &str| code == rules::UNKNOWN_SCHEMA.code;
    let unknown = review.reasons.iter().any(|reason| later(reason.code));
    if unknown || review.decision() != Decision::NeedsApproval {
        let worst = review.reasons.first().map(|reason| reason.severity);
        let told = review.reasons.iter();
        let told = told.filter(|reason| Some(reason.severity) == worst || later(reason.code));
        let told: Vec<&str> = told.map(|reason| reason.text.as_str()).collect();
        return Err(BundleError::Refused(told.join("; ")));
    }
    Ok(manifest)
}

/// Makes a manifest concrete. `root` is the absolute directory that the bundle lies in.
pub(crate) fn ready(
    manifest: &Value,
    words: &[String],
    root: &Path,
    home: &Path,
) -> Result<Ready, BundleError> {
    supports_this_system(manifest)?;
    let missing = |what: &str| BundleError::Manifest(format!("it has no `{what}`"));
    let server = manifest.get("server").ok_or_else(|| missing("server"))?;
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let runs = match text("type") {
        Some("node") => Interpreter::Node,
        Some("python") => Interpreter::IsolatedPython,
        Some("binary") => Interpreter::Itself,
        Some("uv") => return Err(BundleError::Fetches),
        _ => return Err(missing("server.type")),
    };
    let config = server
        .get("mcp_config")
        .and_then(Value::as_object)
        .ok_or_else(|| missing("server.mcp_config"))?;
    let config = Config::of(config);
    let command = config.command.ok_or_else(|| missing("command"))?;
    if command == "uv" {
        return Err(BundleError::Fetches);
    }
    let settings = declared(manifest)?;
    let filling = Filling {
        values: given(&settings, words, home)?,
        settings,
        root: root.display().to_string(),
        home,
    };
    let args = filling.args(&config.args)?;
    let (env, secrets) = filling.env(&config.env)?;
    let declared_entry = text("entry_point").ok_or_else(|| missing("server.entry_point"))?;
    let itself = runs == Interpreter::Itself;
    let entry = inside(if itself { command } else { declared_entry })?;
    let mut judged = env.clone();
    judged.extend(
        secrets
            .iter()
            .map(|(name, text)| (name.clone(), filling.places(text))),
    );
    let filled = Filled {
        command: (!itself).then_some(command),
        args: &args,
        env: &judged,
        root,
    };
    let at = filled.options_before(&entry)?;
    let (options, args) = match args.split_at_checked(at) {
        Some((options, [_, after @ ..])) if !itself => (options.to_vec(), after.to_vec()),
        _ => (Vec::new(), args),
    };
    Ok(Ready {
        runs,
        entry,
        words: Start { options, args, env },
        secrets,
    })
}

fn supports_this_system(manifest: &Value) -> Result<(), BundleError> {
    let platforms = manifest
        .get("compatibility")
        .and_then(|compatibility| compatibility.get("platforms"))
        .and_then(Value::as_array);
    match platforms {
        Some(list) if !list.iter().any(|one| one.as_str() == Some("linux")) => {
            Err(BundleError::Platform)
        }
        _ => Ok(()),
    }
}

/// A path of the manifest as one of the bundle.
fn inside(path: &str) -> Result<TreePath, BundleError> {
    let path = &separated(path);
    let plain = path.strip_prefix("${__dirname}/").unwrap_or(path);
    let plain = plain.strip_prefix("./").unwrap_or(plain);
    TreePath::new(plain).map_err(|_| BundleError::NoFile(excerpt(path)))
}

/// `mcp_config` with what it says about this system over what it says in general.
struct Config<'a> {
    command: Option<&'a str>,
    args: Vec<&'a str>,
    env: BTreeMap<&'a str, &'a str>,
}

impl<'a> Config<'a> {
    fn of(config: &'a Map<String, Value>) -> Self {
        let own = config
            .get("platform_overrides")
            .and_then(|all| all.get("linux"));
        let field = |key: &str| own.and_then(|own| own.get(key)).or_else(|| config.get(key));
        let env = [config.get("env"), own.and_then(|own| own.get("env"))];
        let env = env.into_iter().flatten().filter_map(Value::as_object);
        Self {
            command: field("command").and_then(Value::as_str),
            args: field("args")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
            env: env
                .flatten()
                .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
                .collect(),
        }
    }
}

/// What stands in for the manifest's `${…}`.
struct Filling<'a> {
    settings: Settings,
    values: BTreeMap<String, Vec<String>>,
    root: String,
    home: &'a Path,
}

/// Variables with values, and those that are secrets with what the manifest makes of them.
type Variables = (Vec<(String, String)>, BTreeMap<String, String>);

/// The settings that a text names.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split("${user_config.")
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(key, _)| key))
}

impl Filling<'_> {
    fn args(&self, args: &[&str]) -> Result<Vec<String>, BundleError> {
        let mut words = Vec::new();
        for arg in args {
            if let Some(key) = named(arg).find(|key| self.is_secret(key)) {
                return Err(BundleError::SecretArgument(excerpt(key)));
            }
            match self.only(arg)? {
                // All its values, each a word; none where there is none.
                Some(values) => words.extend(values.iter().cloned()),
                None => words.push(self.text(arg)?),
            }
        }
        Ok(words)
    }

    fn env(&self, env: &BTreeMap<&str, &str>) -> Result<Variables, BundleError> {
        let (mut given, mut secrets) = (Vec::new(), BTreeMap::new());
        for (name, text) in env {
            if named(text).any(|key| self.is_secret(key)) {
                secrets.insert((*name).to_owned(), (*text).to_owned());
                continue;
            }
            match self.only(text)? {
                Some([]) => {}
                Some(values) => given.push(((*name).to_owned(), values.join(","))),
                None => given.push(((*name).to_owned(), self.text(text)?)),
            }
        }
        Ok((given, secrets))
    }

    fn is_secret(&self, key: &str) -> bool {
        self.settings
            .get(key)
            .is_some_and(|setting| setting.sensitive)
    }

    /// The values of a setting that is the whole text.
    fn only(&self, text: &str) -> Result<Option<&[String]>, BundleError> {
        let key = text
            .strip_prefix("${user_config.")
            .and_then(|rest| rest.strip_suffix('}'));
        match key.filter(|key| !key.contains('}')) {
            Some(key) => self.values(key).map(Some),
            None => Ok(None),
        }
    }

    fn values(&self, key: &str) -> Result<&[String], BundleError> {
        let values = self.values.get(key).map(Vec::as_slice);
        values.ok_or_else(|| {
            let what = format!(
                "it uses the setting `{}`, which it does not declare",
                excerpt(key)
            );
            BundleError::Manifest(what)
        })
    }

    /// Values are filled in last, so that none of them is read as a placeholder.
    fn text(&self, text: &str) -> Result<String, BundleError> {
        let mut parts = text.split("${user_config.");
        let mut out = self.places(parts.next().unwrap_or_default());
        for part in parts {
            let (key, rest) = part.split_once('}').unwrap_or((part, ""));
            out.push_str(&self.values(key)?.join(","));
            out.push_str(&self.places(rest));
        }
        Ok(out)
    }

    fn places(&self, text: &str) -> String {
        // The directory comes after what could be read in its own name.
        let text = separated(text).replace("${__dirname}", &self.root);
        in_home(&text, self.home)
    }
}

#[cfg(test)]
#[path = "start_tests.rs"]
mod tests;
