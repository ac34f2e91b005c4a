//! Sources of Interlock's own as command words: which bytes are asked for, before anything is fetched.

use super::dispatch::Call;
use super::source_word::{SourceKind, SourceWord};
use crate::judge::{Case, Class, CwdRole, Ecosystem, PackageRef, ProjectRef, rules};
use crate::text;

/// `binary:…`, `mcpb:…` and `git:…`. What the arguments mean is the server's own, or the bundle's.
pub(crate) fn source(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let shown = text::excerpt(call.command);
    let word: SourceWord = match call.command.parse() {
        Ok(word) => word,
        Err(error) => return case.unknown(rules::BAD_SOURCE, format!("`{shown}`: {error}")),
    };
    if word.is_path() && !word.address().starts_with('/') {
        return case.unknown(
            rules::BAD_SOURCE,
            format!("`{shown}` is another bundle in every directory"),
        );
    }
    case.judge_cwd(CwdRole::Data);
    case.note(
        rules::OWN_SOURCE,
        format!(
            "only `interlock run` starts `{}:`; no system has such a command",
            word.kind().as_str()
        ),
    );
    if word.pin().is_none() {
        case.note(
            rules::FLOATING_VERSION,
            match word.kind() {
                SourceKind::Git => {
                    format!("`{shown}` names no commit; the approval fixes the one that is found")
                }
                _ => format!("`{shown}` names no digest; the approval fixes what is found"),
            },
        );
    }
    Class::Package(PackageRef {
        ecosystem: match word.kind() {
            SourceKind::Binary => Ecosystem::Binary,
            SourceKind::Mcpb => Ecosystem::Mcpb,
            SourceKind::Git => Ecosystem::Git,
        },
        runner: word.kind().as_str().to_owned(),
        name: word.name(),
        spec: word.asked().map(str::to_owned),
        bin: word.entry().map(str::to_owned),
        extras: Vec::new(),
        with: Vec::new(),
        source: Some(word.address().to_owned()),
        project: ProjectRef::default(),
        interpreter_args: Vec::new(),
        interpreter_version: None,
        args: call.args.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Decision, judge};
    use crate::request::Request;

    /// `decision | ecosystem name spec bin | codes`.
    fn check(command: &str, expected: &str) {
        let judgement = judge(&Request::new(command, ["--flag"]));
        let what = match &judgement.class {
            Class::Package(package) => {
                assert_eq!(package.args, ["--flag"]);
                format!(
                    "{} {} {} {}",
                    package.ecosystem.as_str(),
                    package.name,
                    package.spec.as_deref().map_or(0, str::len),
                    package.bin.as_deref().unwrap_or("-")
                )
            }
            other => other.as_str().to_owned(),
        };
        let decision = match judgement.decision() {
            Decision::NeedsApproval => "ask",
            _ => "refuse",
        };
        let codes: Vec<_> = judgement.reasons.iter().map(|reason| reason.code).collect();
        let found = format!("{decision} | {what} | {}", codes.join(" "));
        assert_eq!(found, expected, "{command}");
    }

    #[test]
    fn sources_are_packages() {
        let digest = "0a".repeat(32);
        for (word, expected) in [
            (
                format!("binary:https://h.example/t.tar.gz#sha256={digest}:bin/t"),
                "ask | binary t 64 bin/t | own-source",
            ),
            (
                "binary:https://h.example/t".to_owned(),
                "ask | binary t 0 - | own-source floating-version",
            ),
            (
                "mcpb:/srv/x.mcpb".to_owned(),
                "ask | mcpb x 0 - | own-source floating-version",
            ),
            (
                format!("git:https://h.example/o/r#{}", "0a".repeat(20)),
                "ask | git r 40 - | own-source",
            ),
            ("mcpb:./x.mcpb".to_owned(), "refuse | unknown | bad-source"),
            ("git:x".to_owned(), "refuse | unknown | bad-source"),
            (
                "binary:https://h.example/t;id".to_owned(),
                "ask | binary tid 0 - | own-source floating-version",
            ),
        ] {
            check(&word, expected);
        }
    }

    #[test]
    fn a_wrapper_leads_to_the_same_source() {
        let judgement = judge(&Request::new("env", ["A=b", "mcpb:/srv/x.mcpb"]));
        assert!(matches!(judgement.class, Class::Package(package) if package.name == "x"));
    }
}
