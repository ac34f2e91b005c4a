//! One parser for the option region of every launcher, driven by a table of the launcher's options.
//!
//! The region is what stands between the launcher's name and the first word that is not an option: only the launcher's
//! table knows which options take a value and so where that is. An option that the table does not have ends the
//! understanding: it is noted as unknown, and the request cannot be approved without a `danger` option.

use crate::judge::{Case, Rule, rules};
use crate::text;

/// How many words an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    /// None. A joined value is accepted when it is `true` or `false`.
    Flag,
    /// One: joined (`--x=v`, `-xv`) or the next word.
    Value,
    /// At most one, and only joined.
    Joined,
}

/// What an option does to the judgement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// Nothing: it does not change which code runs or what it may touch.
    Fine,
    /// It is a reason by itself.
    Noted(Rule),
    /// It has the launcher choose other versions than Interlock does, which is told.
    Chooses,
    /// Its value decides.
    Judged(fn(&str, &mut Case<'_>)),
    /// The grammar needs its value.
    Taken(Slot),
    /// The grammar needs its value, and the option region ends with it (`python -m`, `java -jar`).
    Ends(Slot),
    /// It makes the launcher run text of the request.
    Inline,
}

/// Values that grammars ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Package,
    With,
    Module,
    Directory,
    Python,
    Mount,
    Volume,
    Env,
    Entrypoint,
    Workdir,
    Platform,
    EnvFile,
    NoBuild,
    NodeOptions,
    Main,
    Unset,
}

/// One row of an option table: spellings with the same arity and effect.
#[derive(Debug)]
pub(crate) struct Opt {
    names: &'static [&'static str],
    arity: Arity,
    effect: Effect,
}

/// Options without a value that change nothing that matters.
pub(crate) const fn flags(names: &'static [&'static str]) -> Opt {
    Opt {
        names,
        arity: Arity::Flag,
        effect: Effect::Fine,
    }
}

/// Options with a value that change nothing that matters.
pub(crate) const fn values(names: &'static [&'static str]) -> Opt {
    Opt {
        names,
        arity: Arity::Value,
        effect: Effect::Fine,
    }
}

/// Options with a value that have other versions chosen.
pub(crate) const fn chooses(names: &'static [&'static str]) -> Opt {
    row(Arity::Value, Effect::Chooses, names)
}

/// Options with a value that the grammar asks for.
pub(crate) const fn takes(slot: Slot, names: &'static [&'static str]) -> Opt {
    Opt {
        names,
        arity: Arity::Value,
        effect: Effect::Taken(slot),
    }
}

/// Options whose value names the program, so that what follows are the program's arguments.
pub(crate) const fn ends(slot: Slot, names: &'static [&'static str]) -> Opt {
    Opt {
        names,
        arity: Arity::Value,
        effect: Effect::Ends(slot),
    }
}

/// Options whose value is judged by itself.
pub(crate) const fn judged(judge: fn(&str, &mut Case<'_>), names: &'static [&'static str]) -> Opt {
    Opt {
        names,
        arity: Arity::Value,
        effect: Effect::Judged(judge),
    }
}

/// Options that carry program text as their value.
pub(crate) const fn inline(names: &'static [&'static str]) -> Opt {
    Opt {
        names,
        arity: Arity::Value,
        effect: Effect::Inline,
    }
}

/// Any other row.
pub(crate) const fn row(arity: Arity, effect: Effect, names: &'static [&'static str]) -> Opt {
    Opt {
        names,
        arity,
        effect,
    }
}

/// How a launcher writes options.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    /// `-abc` is `-a -b -c`, and the rest of a cluster can be a value.
    pub(crate) clusters: bool,
    /// Long options have one dash too (`-jar`, `-javaagent`).
    pub(crate) long_single_dash: bool,
    /// A value can also be joined with `:` (.NET, Java, cmd).
    pub(crate) colon: bool,
}

/// The GNU way: `--long`, `--long=value`, `-abc`.
pub(crate) const GNU: Style = Style {
    clusters: true,
    long_single_dash: false,
    colon: false,
};
/// The way of Go, Java and .NET: `-long value`, `-long=value`, no clusters.
pub(crate) const SINGLE_DASH: Style = Style {
    clusters: false,
    long_single_dash: true,
    colon: true,
};

/// The options of one launcher (or of one of its subcommands), in rows; several slices so that tables can share.
#[derive(Debug)]
pub(crate) struct OptionTable {
    pub(crate) style: Style,
    pub(crate) rows: &'static [&'static [Opt]],
}

impl OptionTable {
    fn find(&self, name: &str) -> Option<&'static Opt> {
        self.rows
            .iter()
            .flat_map(|rows| rows.iter())
            .find(|opt| opt.names.contains(&name))
    }

    /// Every spelling of every row.
    #[cfg(test)]
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.rows
            .iter()
            .flat_map(|rows| rows.iter())
            .flat_map(|opt| opt.names.iter().copied())
    }
}

/// What an option region contained.
#[derive(Debug, Default)]
pub(crate) struct Region<'a> {
    taken: Vec<(Slot, &'a str)>,
    /// Options as written, values of their own words included.
    pub(crate) kept: Vec<String>,
    /// Everything from the first operand on.
    pub(crate) rest: &'a [String],
    /// An option carried program text.
    pub(crate) inline: bool,
    /// An option was not in the table; nothing after it was read.
    pub(crate) unknown: bool,
    /// `--` ended the region.
    pub(crate) terminated: bool,
    /// An option ended the region.
    pub(crate) ended: bool,
}

impl<'a> Region<'a> {
    /// The last value of a slot, as launchers read repeated options.
    pub(crate) fn last(&self, slot: Slot) -> Option<&'a str> {
        self.all(slot).last()
    }

    /// Every value of a slot.
    pub(crate) fn all(&self, slot: Slot) -> impl Iterator<Item = &'a str> {
        self.taken
            .iter()
            .filter(move |(s, _)| *s == slot)
            .map(|(_, value)| *value)
    }

    /// This region with what stood before its subcommand, which counts as well: `pnpm --package=x dlx y`.
    pub(crate) fn after(mut self, head: Region<'a>) -> Self {
        self.inline |= head.inline;
        self.unknown |= head.unknown;
        let own = std::mem::replace(&mut self.taken, head.taken);
        self.taken.extend(own);
        self
    }

    /// Whether nothing in the region keeps the launch from being understood.
    pub(crate) fn understood(&self) -> bool {
        !self.inline && !self.unknown
    }
}

/// Reads options up to the first operand or `--`.
pub(crate) fn read<'a>(table: &OptionTable, args: &'a [String], case: &mut Case<'_>) -> Region<'a> {
    let mut region = Region {
        rest: args,
        ..Region::default()
    };
    while let Some((word, rest)) = region.rest.split_first() {
        if word == "--" {
            region.rest = rest;
            region.terminated = true;
            break;
        }
        if word.len() < 2 || !word.starts_with('-') {
            break;
        }
        region.rest = rest;
        read_word(table, word, &mut region, case);
        if region.unknown || region.ended {
            break;
        }
    }
    region
}

/// Reads options wherever they stand before `--`, as launchers do that look through all their words. The
/// operands come back in order; after `--` everything is an operand.
pub(crate) fn read_everywhere<'a>(
    table: &OptionTable,
    args: &'a [String],
    case: &mut Case<'_>,
) -> (Region<'a>, Vec<String>) {
    let mut operands = Vec::new();
    let mut whole = Region {
        rest: args,
        ..Region::default()
    };
    loop {
        let part = read(table, whole.rest, case);
        whole.taken.extend(part.taken);
        whole.kept.extend(part.kept);
        whole.inline |= part.inline;
        whole.unknown |= part.unknown;
        whole.rest = part.rest;
        if part.terminated || whole.unknown {
            operands.extend(whole.rest.iter().cloned());
            return (whole, operands);
        }
        let Some((operand, rest)) = whole.rest.split_first() else {
            return (whole, operands);
        };
        operands.push(operand.clone());
        whole.rest = rest;
    }
}

fn read_word<'a>(table: &OptionTable, word: &'a str, region: &mut Region<'a>, case: &mut Case<'_>) {
    region.kept.push(word.to_owned());
    if let Some(opt) = table.find(word) {
        return finish(opt, word, None, region, case);
    }
    let long = word.starts_with("--") || table.style.long_single_dash;
    if let Some((name, value)) = split_joined(word, table.style.colon)
        && let Some(opt) = table.find(name)
        && (long || opt.names.contains(&name))
    {
        return finish(opt, name, Some(value), region, case);
    }
    if !long && table.style.clusters && read_cluster(table, word, region, case) {
        return;
    }
    unknown(word, region, case);
}

fn split_joined(word: &str, colon: bool) -> Option<(&str, &str)> {
    let at = word.find(|c: char| c == '=' || (colon && c == ':'))?;
    Some((word.get(..at)?, word.get(at + 1..)?))
}

/// `-itv/:/host` is `-i -t -v /:/host`. False when some letter is not an option.
fn read_cluster<'a>(
    table: &OptionTable,
    word: &'a str,
    region: &mut Region<'a>,
    case: &mut Case<'_>,
) -> bool {
    for (at, letter) in word.char_indices().skip(1) {
        let mut buffer = [0_u8; 5];
        let name = short_name(letter, &mut buffer);
        let Some(opt) = table.find(name) else {
            return false;
        };
        match opt.arity {
            Arity::Flag => finish(opt, name, None, region, case),
            Arity::Value | Arity::Joined => {
                let value = word
                    .get(at + letter.len_utf8()..)
                    .filter(|value| !value.is_empty());
                let value = value.map(|value| value.strip_prefix('=').unwrap_or(value));
                finish(opt, name, value, region, case);
                return true;
            }
        }
    }
    true
}

fn short_name(letter: char, buffer: &mut [u8; 5]) -> &str {
    let length = 1 + letter.len_utf8();
    if let Some((dash, rest)) = buffer.split_first_mut() {
        *dash = b'-';
        letter.encode_utf8(rest);
    }
    buffer
        .get(..length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .unwrap_or("-")
}

fn finish<'a>(
    opt: &'static Opt,
    name: &str,
    joined: Option<&'a str>,
    region: &mut Region<'a>,
    case: &mut Case<'_>,
) {
    let value = match (opt.arity, joined) {
        (Arity::Flag, None) | (Arity::Joined, None) => None,
        (Arity::Flag, Some(value)) => {
            // `--privileged=false` is a hardening; `--yes=x` is nothing that any launcher documents.
            match value.to_ascii_lowercase().as_str() {
                "true" | "1" => None,
                "false" | "0" => return,
                _ => return unknown(name, region, case),
            }
        }
        (_, Some(value)) => Some(value),
        (Arity::Value, None) => match region.rest.split_first() {
            Some((value, rest)) => {
                region.rest = rest;
                region.kept.push(value.clone());
                Some(value.as_str())
            }
            None => {
                case.note(
                    rules::UNKNOWN_OPTION,
                    format!("`{}` lacks its value", text::excerpt(name)),
                );
                region.unknown = true;
                return;
            }
        },
    };
    apply(opt, name, value, region, case);
}

fn apply<'a>(
    opt: &'static Opt,
    name: &str,
    value: Option<&'a str>,
    region: &mut Region<'a>,
    case: &mut Case<'_>,
) {
    match opt.effect {
        Effect::Fine => {}
        Effect::Noted(rule) => {
            let shown =
                value.map_or_else(String::new, |value| format!(" {}", text::excerpt(value)));
            case.note(rule, format!("`{name}{shown}`"));
        }
        Effect::Chooses => {
            let shown =
                value.map_or_else(String::new, |value| format!(" {}", text::excerpt(value)));
            case.note(
                rules::VERSION_OPTION,
                format!(
                    "`{name}{shown}` is not followed, so other versions may be chosen; name the version that you want"
                ),
            );
        }
        Effect::Judged(judge) => judge(value.unwrap_or(""), case),
        Effect::Taken(slot) => region.taken.push((slot, value.unwrap_or(""))),
        Effect::Ends(slot) => {
            region.taken.push((slot, value.unwrap_or("")));
            region.ended = true;
        }
        Effect::Inline => {
            case.inline(name);
            region.inline = true;
        }
    }
}

fn unknown(word: &str, region: &mut Region<'_>, case: &mut Case<'_>) {
    let name = word.split('=').next().unwrap_or(word);
    case.note(
        rules::UNKNOWN_OPTION,
        format!(
            "`{}` is not an option that is known here",
            text::excerpt(name)
        ),
    );
    region.unknown = true;
}

#[cfg(test)]
mod tests {
    use super::*;

    static TABLE: OptionTable = OptionTable {
        style: GNU,
        rows: &[&[
            flags(&["-y", "--yes", "-i", "-t"]),
            takes(Slot::Package, &["-p", "--package"]),
            takes(Slot::Volume, &["-v"]),
            inline(&["-c", "--call"]),
            row(Arity::Joined, Effect::Fine, &["--color"]),
        ]],
    };

    fn words(text: &str) -> Vec<String> {
        text.split(' ')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// `understood taken | rest`.
    fn check(input: &str, expected: &str) {
        let args = words(input);
        let mut case = Case::new(None);
        let region = read(&TABLE, &args, &mut case);
        let taken: Vec<&str> = region.taken.iter().map(|(_, value)| *value).collect();
        let got = format!(
            "{}{}[{}] {}",
            if region.inline { "inline " } else { "" },
            if region.unknown { "unknown " } else { "" },
            taken.join(","),
            region.rest.join(" ")
        );
        assert_eq!(got.trim_end(), expected, "{input}");
    }

    #[test]
    fn regions() {
        check("-y pkg -c x", "[] pkg -c x");
        check("-y -- -c x", "[] -c x");
        check("--package=a -p b -pc pkg", "[a,b,c] pkg");
        check("-yc text", "inline []");
        check("-ctext", "inline []");
        check("--call=text pkg", "inline [] pkg");
        check("-itv/:/host image", "[/:/host] image");
        check("--yes=true pkg", "[] pkg");
        check("--yes=what pkg", "unknown [] pkg");
        check("--cal x", "unknown [] x");
        check("-yz pkg", "unknown [] pkg");
        check("-p", "unknown []");
        check("- x", "[] - x");
        check("--color auto", "[] auto");
        check("--color=auto x", "[] x");
        check("", "[]");
    }

    #[test]
    fn options_after_operands_count_where_the_launcher_reads_on() {
        let args = words("-y pkg --call x -- -c y");
        let mut case = Case::new(None);
        let (region, operands) = read_everywhere(&TABLE, &args, &mut case);
        assert!(region.inline);
        assert_eq!(operands, ["pkg", "-c", "y"]);
    }
}
