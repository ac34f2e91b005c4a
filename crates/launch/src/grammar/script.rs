//! A script on disk: what its path's shape allows.

use crate::judge::{Case, Class, CwdRole, ScriptKind, ScriptRef, paths, rules};
use crate::text;

/// What a grammar knows about a script before its path is judged.
pub(crate) struct Script<'a> {
    pub(crate) interpreter: &'a str,
    pub(crate) kind: ScriptKind,
    pub(crate) path: &'a str,
    /// Extensions that the interpreter runs as source, lower case; an empty one admits none.
    pub(crate) extensions: &'a [&'a str],
    pub(crate) project: Option<&'a str>,
    pub(crate) options: Vec<String>,
    pub(crate) with: Vec<String>,
    pub(crate) args: &'a [String],
    pub(crate) cwd: CwdRole,
}

impl Script<'_> {
    /// Judges path, project and working directory, and gives the class.
    pub(crate) fn judge(self, case: &mut Case<'_>) -> Class {
        if let Some(class) = refuse_odd_path(self.path, case) {
            return class;
        }
        if !self.has_known_extension() {
            return case.unknown(
                rules::UNREVIEWABLE_ARCHIVE,
                format!(
                    "`{}` is not a source file of `{}`",
                    text::excerpt(self.path),
                    text::excerpt(self.interpreter)
                ),
            );
        }
        match self.project {
            Some(project) => judge_project(project, case),
            None => judge_place(self.path, self.cwd, case),
        }
        Class::Script(ScriptRef {
            interpreter: self.interpreter.to_owned(),
            kind: self.kind,
            path: self.path.to_owned(),
            project: self.project.map(str::to_owned),
            options: self.options,
            with: self.with,
            args: self.args.to_vec(),
        })
    }

    fn has_known_extension(&self) -> bool {
        if self.extensions.is_empty() || text::is_variable(self.path) {
            return true;
        }
        let name = paths::base_name(self.path);
        match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => {
                self.extensions
                    .contains(&extension.to_ascii_lowercase().as_str())
                    || text::has_variable(extension)
            }
            _ => {
                let installed =
                    paths::base_name(paths::parent(self.path)).eq_ignore_ascii_case("bin");
                self.extensions.contains(&"")
                    || (installed && paths::is_program_place(self.path))
                    || text::has_variable(name)
            }
        }
    }
}

/// Paths that are no file: streams, addresses, other machines, options.
pub(crate) fn refuse_odd_path(path: &str, case: &mut Case<'_>) -> Option<Class> {
    let shown = text::excerpt(path);
    if path.to_ascii_lowercase().starts_with("data:")
        || path.to_ascii_lowercase().starts_with("javascript:")
    {
        return Some(case.inline(path));
    }
    if paths::is_stream(path) {
        return Some(case.unknown(
            rules::STDIN_PROGRAM,
            format!("`{shown}` is a stream: whoever writes to it writes the program"),
        ));
    }
    if paths::is_url(path) {
        return Some(case.unknown(
            rules::REMOTE_CODE,
            format!("`{shown}` is fetched when it runs"),
        ));
    }
    if paths::is_network(path) {
        return Some(case.unknown(
            rules::NETWORK_PROGRAM,
            format!("`{shown}` lies on another machine"),
        ));
    }
    if path.is_empty() || path.starts_with(['-', '@']) {
        return Some(case.unknown(rules::NO_PROGRAM, format!("`{shown}` is no script")));
    }
    None
}

fn judge_place(path: &str, role: CwdRole, case: &mut Case<'_>) {
    if paths::is_absolute(path) {
        if paths::is_temporary(path) {
            case.note(
                rules::TEMPORARY_SCRIPT,
                format!("anyone may write near `{}`", text::excerpt(path)),
            );
        }
        return case.judge_cwd(if role == CwdRole::Shadows {
            CwdRole::Data
        } else {
            role
        });
    }
    if case.cwd.is_none() {
        case.note(
            rules::RELATIVE_SCRIPT,
            format!(
                "`{}` is another file in every directory; an absolute path says which",
                text::excerpt(path)
            ),
        );
    }
    case.judge_cwd(role);
}

/// A project directory whose code runs.
pub(crate) fn judge_project(project: &str, case: &mut Case<'_>) {
    let shown = text::excerpt(project);
    if paths::is_temporary(project) || paths::is_stream(project) {
        case.note(
            rules::CWD_TEMPORARY,
            format!("the project `{shown}` lies where anyone may write"),
        );
    } else if paths::is_url(project) || paths::is_network(project) {
        case.note(
            rules::REMOTE_CODE,
            format!("the project `{shown}` lies on another machine"),
        );
    } else if !paths::is_absolute(project) {
        case.note(
            rules::RELATIVE_SCRIPT,
            format!("the project `{shown}` is another one in every directory"),
        );
        case.judge_cwd(CwdRole::Project);
    } else if paths::is_machine(project) && components_are_few(project) {
        case.note(
            rules::CWD_SHADOWS,
            format!("`{shown}` is no project directory"),
        );
    }
}

fn components_are_few(path: &str) -> bool {
    paths::components(path).len() < 2
}
