//! What a bundle asks its user for (`user_config`), and what a person gave.

use interlock_launch::excerpt;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

use super::start::BundleError;

/// Most settings of a bundle.
const MOST: usize = 200;

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Switch,
    /// A file or directory, which needs a grant as well.
    Place,
}

/// One thing that a bundle asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) multiple: bool,
    /// It comes from the secret store and from nowhere else.
    pub(crate) sensitive: bool,
    /// What holds when nothing is given.
    pub(crate) default: Vec<String>,
    bounds: (Option<f64>, Option<f64>),
}

/// What a bundle asks for, by key.
pub(crate) type Settings = BTreeMap<String, Setting>;

/// Reads `user_config`.
pub(crate) fn declared(manifest: &Value) -> Result<Settings, BundleError> {
    let all = match manifest.get("user_config") {
        None | Some(Value::Null) => return Ok(Settings::new()),
        Some(Value::Object(all)) if all.len() <= MOST => all,
        Some(_) => {
            let what = "its `user_config` is no table, or a very long one";
            return Err(BundleError::Manifest(what.to_owned()));
        }
    };
    all.iter()
        .map(|(key, value)| Ok((checked(key)?, setting(key, value)?)))
        .collect()
}

/// A key is a word of a command line: `KEY=VALUE`.
fn checked(key: &str) -> Result<String, BundleError> {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.');
    if !key.is_empty() && key.len() <= 100 && key.bytes().all(plain) {
        return Ok(key.to_owned());
    }
    let what = format!("its setting `{}` has no usable name", excerpt(key));
    Err(BundleError::Manifest(what))
}

fn setting(key: &str, value: &Value) -> Result<Setting, BundleError> {
    let flag = |name: &str| value.get(name).and_then(Value::as_bool).unwrap_or(false);
    let kind = match value.get("type").and_then(Value::as_str) {
        Some("string") => Kind::Text,
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Switch,
        Some("directory" | "file") => Kind::Place,
        other => {
            let what = format!(
                "its setting `{key}` is of the type `{}`, which is not known",
                excerpt(other.unwrap_or_default())
            );
            return Err(BundleError::Manifest(what));
        }
    };
    let default = match value.get("default") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().filter_map(plain).collect(),
        Some(one) => plain(one).into_iter().collect(),
    };
    let bound = |name: &str| value.get(name).and_then(Value::as_f64);
    Ok(Setting {
        kind,
        required: flag("required"),
        multiple: flag("multiple"),
        sensitive: flag("sensitive"),
        // An empty default is none.
        default: default
            .iter()
            .map(|text| separated(text))
            .filter(|text| !text.is_empty())
            .collect(),
        bounds: (bound("min"), bound("max")),
    })
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Every setting's values: those of the words `KEY=VALUE`, else the default. Secrets have none here.
pub(crate) fn given(
    settings: &Settings,
    words: &[String],
    home: &Path,
) -> Result<BTreeMap<String, Vec<String>>, BundleError> {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for word in words {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        let Some(setting) = settings.get(key).filter(|_| word.contains('=')) else {
            return Err(unknown(settings, key));
        };
        if setting.sensitive {
            return Err(BundleError::Secret(key.to_owned()));
        }
        let list = values.entry(key.to_owned()).or_default();
        if !list.is_empty() && !setting.multiple {
            let what = format!("`{key}` is given twice, and takes one value");
            return Err(BundleError::Setting(what));
        }
        list.push(setting.value(key, value, home)?);
    }
    for (key, setting) in settings.iter().filter(|(_, setting)| !setting.sensitive) {
        if values.contains_key(key) {
            continue;
        }
        if setting.required && setting.default.is_empty() {
            return Err(BundleError::Missing(key.clone()));
        }
        let defaults = setting.default.iter();
        let defaults: Result<Vec<String>, BundleError> = defaults
            .map(|value| setting.value(key, value, home))
            .collect();
        values.insert(key.clone(), defaults?);
    }
    Ok(values)
}

impl Setting {
    fn value(&self, key: &str, value: &str, home: &Path) -> Result<String, BundleError> {
        let wrong = |what: &str| BundleError::Setting(format!("`{key}` is {what}"));
        match self.kind {
            Kind::Text => Ok(in_home(value, home)),
            Kind::Switch if matches!(value, "true" | "false") => Ok(value.to_owned()),
            Kind::Switch => Err(wrong("`true` or `false`")),
            Kind::Number => {
                let number = value
                    .parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite());
                let number = number.ok_or_else(|| wrong("a number"))?;
                let (least, most) = self.bounds;
                if least.is_some_and(|least| number < least) {
                    return Err(wrong("smaller than the bundle allows"));
                }
                if most.is_some_and(|most| number > most) {
                    return Err(wrong("larger than the bundle allows"));
                }
                Ok(value.to_owned())
            }
            Kind::Place => {
                let path = match value.strip_prefix("~/") {
                    Some(rest) => format!("{}/{rest}", home.display()),
                    None => in_home(value, home),
                };
                if path.starts_with('/') {
                    Ok(path)
                } else {
                    Err(wrong("a path: write it absolute, or as `~/…`"))
                }
            }
        }
    }
}

/// A text with the separators of paths that a manifest names as they are here: `${pathSeparator}` and, for short, `${/}`.
pub(crate) fn separated(text: &str) -> String {
    text.replace("${pathSeparator}", "/").replace("${/}", "/")
}

/// The places of a home that a manifest may name.
pub(crate) fn in_home(text: &str, home: &Path) -> String {
    if !text.contains("${") {
        return text.to_owned();
    }
    let at = |below: &str| match below {
        "" => home.display().to_string(),
        below => home.join(below).display().to_string(),
    };
    [
        ("${HOME}", ""),
        ("${DESKTOP}", "Desktop"),
        ("${DOCUMENTS}", "Documents"),
        ("${DOWNLOADS}", "Downloads"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, below)| {
        text.replace(name, &at(below))
    })
}

fn unknown(settings: &Settings, key: &str) -> BundleError {
    let known: Vec<String> = settings
        .iter()
        .filter(|(_, setting)| !setting.sensitive)
        .map(|(key, _)| format!("`{key}=…`"))
        .collect();
    let known = match known.as_slice() {
        [] => "nothing".to_owned(),
        known => known.join(", "),
    };
    let what = format!(
        "`{}` is no setting of the bundle, which takes {known} as its arguments",
        excerpt(key)
    );
    BundleError::Setting(what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// `key=value,value;…`, or a part of the message.
    fn check(words: &[&str], expected: Result<&str, &str>) {
        let manifest = json!({"user_config": {
            "dirs": {"type": "directory", "multiple": true, "default": ["${HOME}/Desktop"]},
            "limit": {"type": "number", "min": 1, "max": 10},
            "fast": {"type": "boolean", "default": false},
            "name": {"type": "string", "required": true},
            "key": {"type": "string", "required": true, "sensitive": true},
        }});
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = given(&declared(&manifest).unwrap(), &words, Path::new("/home/u"));
        match (found, expected) {
            (Ok(values), Ok(expected)) => {
                let shown: Vec<String> = values
                    .iter()
                    .map(|(key, values)| format!("{key}={}", values.join(",")))
                    .collect();
                assert_eq!(shown.join(";"), expected);
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, expected) => panic!("{found:?} / {expected:?}"),
        }
    }

    #[test]
    fn words_are_values() {
        check(
            &["name=x"],
            Ok("dirs=/home/u/Desktop;fast=false;limit=;name=x"),
        );
        check(
            &["name=a=b", "dirs=/a", "dirs=~/b", "limit=2.5", "fast=true"],
            Ok("dirs=/a,/home/u/b;fast=true;limit=2.5;name=a=b"),
        );
        check(&[], Err("`name`"));
        check(&["name=x", "name=y"], Err("twice"));
        check(&["name=x", "limit=0"], Err("smaller"));
        check(&["name=x", "limit=11"], Err("larger"));
        check(&["name=x", "limit=NaN"], Err("a number"));
        check(&["name=x", "fast=yes"], Err("`true` or `false`"));
        check(&["name=x", "dirs=a"], Err("a path"));
        check(&["name=x", "key=hunter2"], Err("interlock secret set"));
        check(&["name=x", "other=1"], Err("no setting of the bundle"));
        check(&["name"], Err("no setting of the bundle"));
    }

    #[test]
    fn odd_declarations_are_refused() {
        for config in [
            json!([]),
            json!({"a b": {"type": "string"}}),
            json!({"a": {"type": "command"}}),
            json!({"a": 1}),
        ] {
            let manifest = json!({"user_config": config});
            assert!(declared(&manifest).is_err(), "{manifest}");
        }
        assert!(declared(&json!({})).unwrap().is_empty());
    }
}
