//! Names that look like those of popular packages: one or two slips away, or the same name under another scope.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::judge::{Case, Ecosystem, rules};
use crate::text;

/// Names worth imitating, by ecosystem.
static POPULAR: LazyLock<HashMap<Ecosystem, Vec<&'static str>>> = LazyLock::new(|| {
    let mut map: HashMap<Ecosystem, Vec<&'static str>> = HashMap::new();
    for line in include_str!("../../data/popular-packages.txt").lines() {
        match line.split_once(' ') {
            Some(("npm", name)) => map.entry(Ecosystem::Npm).or_default().push(name),
            Some(("pypi", name)) => map.entry(Ecosystem::PyPi).or_default().push(name),
            _ => {}
        }
    }
    map
});

/// Notes a name that is one or two slips away from a popular one, or has its last part under another scope.
pub(super) fn note_popular(ecosystem: Ecosystem, name: &str, case: &mut Case<'_>) {
    let Some(popular) = POPULAR.get(&ecosystem) else {
        return;
    };
    let lower = name.to_ascii_lowercase().replace(['_', '.'], "-");
    let folded = |known: &str| known.to_ascii_lowercase().replace(['_', '.'], "-");
    if popular
        .iter()
        .any(|known| *known == name || (ecosystem == Ecosystem::PyPi && folded(known) == lower))
    {
        return;
    }
    // To npm, `mcp.remote`, `MCP-remote` and `mcp-remote` are three packages.
    let reads_as = |known: &str| {
        let (known, plain) = (folded(known), skeleton(&lower));
        known == lower || looks_like(&lower, &known) || plain == skeleton(&known)
    };
    let near = popular.iter().find(|known| {
        reads_as(known) || is_dressed(&lower, known) || is_scope_squat(&lower, known)
    });
    if let Some(known) = near {
        case.note(
            rules::LOOKS_LIKE_POPULAR,
            format!(
                "`{}` looks like `{known}`, which is another package",
                text::excerpt(name)
            ),
        );
    }
}

/// The popular name with nothing but a claim to be the real one: `mcp-server-git-official`.
fn is_dressed(name: &str, known: &str) -> bool {
    const CLAIMS: &[&str] = &["official", "verified", "original", "genuine"];
    let last = known.rsplit('/').next().unwrap_or(known);
    let whole = known.trim_start_matches('@').replace('/', "-");
    let name = name.rsplit('/').next().unwrap_or(name);
    let parts = |text: &str| -> Vec<String> {
        let folded = text.to_ascii_lowercase().replace(['_', '.'], "-");
        folded.split('-').map(str::to_owned).collect()
    };
    let claimed = parts(name);
    let kept: Vec<&String> = claimed
        .iter()
        .filter(|part| !CLAIMS.contains(&part.as_str()))
        .collect();
    let is = |known: &str| kept.iter().copied().eq(&parts(known));
    kept.len() < claimed.len() && (is(last) || is(&whole))
}

fn is_scope_squat(name: &str, known: &str) -> bool {
    let Some((scope, last)) = known
        .strip_prefix('@')
        .and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    scope == "modelcontextprotocol"
        && match name.strip_prefix('@') {
            Some(other) => other.split_once('/').is_some_and(|(_, other)| {
                other.strip_prefix("mcp-").unwrap_or(other) == last && last.len() > 8
            }),
            None => name == last || name.strip_prefix("mcp-") == Some(last),
        }
}

/// The name with characters that read alike made one: digits for letters, `rn` for `m`, separators. For comparing only.
#[must_use]
pub fn skeleton(name: &str) -> String {
    let folded: String = name
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '|' => 'l',
            '3' => 'e',
            '5' => 's',
            '_' | '.' => '-',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    folded.replace("rn", "m").replace("vv", "w")
}

/// Whether `a` could be read as `b`, which it is not: an edit distance (insertions, deletions, substitutions, neighbours
/// swapped) of one, or two in long names. Names of up to five letters resemble nothing.
#[must_use]
pub fn looks_like(a: &str, b: &str) -> bool {
    let limit = match b.len() {
        0..=5 => return false,
        6..=15 => 1,
        _ => 2,
    };
    a != b
        && a.len().abs_diff(b.len()) <= limit
        && distance(a.as_bytes(), b.as_bytes(), limit) <= limit
}

fn distance(a: &[u8], b: &[u8], limit: usize) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = 0_u8;
    for (row, &x) in a.iter().enumerate() {
        let mut current = Vec::with_capacity(b.len() + 1);
        current.push(row + 1);
        let mut previous_b = 0_u8;
        for (column, &y) in b.iter().enumerate() {
            let at = |values: &[usize], index: usize| {
                values.get(index).copied().unwrap_or(usize::MAX / 2)
            };
            let mut best = (at(&last, column) + usize::from(x != y))
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            if row > 0 && column > 0 && x == previous_b && y == previous_a {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
            previous_b = y;
        }
        if current.iter().min().is_some_and(|least| *least > limit) {
            return limit + 1;
        }
        before = std::mem::replace(&mut last, current);
        previous_a = x;
    }
    last.last().copied().unwrap_or(usize::MAX)
}
