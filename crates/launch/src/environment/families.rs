//! Which variables belong to which family: the data file, ready to be asked.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::values;
use crate::grammar::{judge_java_options, judge_node_options, judge_registry, judge_warnings};
use crate::judge::{Case, Rule, rules};

/// What a variable means.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// Nothing that matters.
    Fine,
    /// Nothing that judging tells, but its value is part of an approval.
    Kept,
    /// A reason whatever its value.
    Always(Rule),
    /// Its value decides.
    Judged(ValueJudge),
}

/// Judges a variable by its name and value.
pub(super) type ValueJudge = fn(&str, &str, &mut Case<'_>);

/// The families, in the order of the data file.
static FAMILIES: LazyLock<Families> =
    LazyLock::new(|| Families::read(include_str!("../../data/environment.txt")));

/// The data file, ready to be asked. Where several rows have a name, the first counts.
#[derive(Default)]
struct Families {
    exact: HashMap<&'static str, (usize, Meaning)>,
    prefixes: Vec<(&'static str, usize, Meaning)>,
    suffixes: Vec<(&'static str, usize, Meaning)>,
}

impl Families {
    fn read(data: &'static str) -> Self {
        let mut families = Families::default();
        let rows = data
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        for (order, row) in rows.enumerate() {
            let mut words = row.split(' ');
            let Some(meaning) = words.next().and_then(meaning_of) else {
                continue;
            };
            for name in words {
                match (name.strip_suffix('*'), name.strip_prefix('*')) {
                    (Some(prefix), _) => families.prefixes.push((prefix, order, meaning)),
                    (None, Some(suffix)) => families.suffixes.push((suffix, order, meaning)),
                    (None, None) => {
                        families.exact.entry(name).or_insert((order, meaning));
                    }
                }
            }
        }
        families
    }

    fn find(&self, name: &str) -> Option<Meaning> {
        let exact = self.exact.get(name).copied();
        let prefixes = self
            .prefixes
            .iter()
            .filter(|(prefix, ..)| name.starts_with(prefix))
            .map(|(_, order, meaning)| (*order, *meaning));
        let suffixes = self
            .suffixes
            .iter()
            .filter(|(suffix, ..)| name.ends_with(suffix))
            .map(|(_, order, meaning)| (*order, *meaning));
        exact
            .into_iter()
            .chain(prefixes)
            .chain(suffixes)
            .min_by_key(|(order, _)| *order)
            .map(|(_, meaning)| meaning)
    }
}

/// The words of the data file.
fn meaning_of(word: &str) -> Option<Meaning> {
    Some(match word {
        "fine" => Meaning::Fine,
        "kept" => Meaning::Kept,
        "code" => Meaning::Always(rules::CODE_VARIABLE),
        "proxy" => Meaning::Always(rules::PROXY),
        "endpoint" => Meaning::Always(rules::ENDPOINT),
        "noted" => Meaning::Always(rules::NOTED_VARIABLE),
        _ => Meaning::Judged(judge_of(word)?),
    })
}

fn judge_of(word: &str) -> Option<ValueJudge> {
    Some(match word {
        "node-options" => |_, value, case| judge_node_options(value, case),
        "java-options" => |_, value, case| judge_java_options(value, case),
        "warnings-filter" => |_, value, case| judge_warnings(value, case),
        "registry" => |_, value, case| judge_registry(value, case),
        "java-opts" => values::java_opts,
        "interpreter" => values::uv_python,
        "library-path" => values::library_path,
        "search-path" => values::search_path,
        "home" => values::home,
        "install-place" => values::install_place,
        "ca-bundle" => values::ca_bundle,
        "program-name" => values::program_name,
        "shell" => values::shell,
        "windows-place" => values::windows_place,
        "tls-switch" => values::tls_switch,
        "docker-host" => values::docker_host,
        "place" => values::place,
        _ => return None,
    })
}

/// What a variable means, by its name in upper case.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    FAMILIES.find(name)
}

#[cfg(test)]
mod tests {
    use super::meaning_of;

    #[test]
    fn every_row_of_the_data_has_a_meaning() {
        let rows = include_str!("../../data/environment.txt").lines();
        for row in rows.filter(|row| !row.is_empty() && !row.starts_with('#')) {
            let word = row.split(' ').next().unwrap_or_default();
            assert!(meaning_of(word).is_some(), "{row}");
            assert_eq!(row, row.trim_end(), "{row}");
            assert!(
                row.split(' ')
                    .skip(1)
                    .all(|name| name.to_ascii_uppercase() == name),
                "{row}"
            );
        }
    }
}
