//! The file that starts a command: Interlock's own, written into the tree beside the packages.
//!
//! It does what an installer's script in `bin` does, with a path of modules that is the interpreter's own library and the
//! tree, and nothing else: `.pth` files are not read, and packages of the machine are not seen. Text from a package gets
//! into it only as identifiers and plain names, which were checked when they were read.

use super::wheel::{Command, PLACE};
use crate::{
    locked::{Entry, Interpreter, TreePath},
    unpack::SITE,
};

/// Where the files are in a tree.
const PLACE_OF_STARTS: &str = "start";

/// The file of a command, if it is one that needs a file.
pub(super) fn file(command: &Command) -> Option<(TreePath, String)> {
    let path = TreePath::new(format!("{PLACE_OF_STARTS}/{}.py", command.name())).ok()?;
    let call = match command {
        Command::Native { .. } => return None,
        Command::Function(entry) => format!(
            "    from importlib import import_module\n\n    \
             target = import_module(\"{}\")\n    \
             for part in \"{}\".split(\".\"):\n        \
             target = getattr(target, part)\n    \
             sys.exit(target())\n",
            entry.module, entry.function
        ),
        Command::Script { path, .. } => {
            format!(
                "    from runpy import run_path\n\n    run_path(root + \"/{path}\", run_name=\"__main__\")\n"
            )
        }
    };
    Some((
        path,
        format!(
            "{}{}{call}",
            HEAD.replace("PLACE", &format!("{PLACE}/{SITE}")),
            main(command.name())
        ),
    ))
}

/// Runs in every process of the server, also in those that `multiprocessing` starts.
const HEAD: &str = r#"# Written by Interlock: what a script in `bin` would do, with nothing but the tree on the path.
import sys

here = __file__.rpartition("/")[0]
root = here.rpartition("/")[0]
sys.path[:] = [path for path in sys.path if path != here]
if root + "/PLACE" not in sys.path:
    sys.path.append(root + "/PLACE")
"#;

fn main(command: &str) -> String {
    // Without the `site` module `exit` and `quit` are missing, which some servers call.
    format!(
        "\nif __name__ == \"__main__\":\n    import site\n\n    site.setquit()\n    site.setcopyright()\n    \
         sys.argv[0] = \"{command}\"\n"
    )
}

/// The file that starts a script of a repository, which finds the modules beside that script and no others.
pub(crate) fn of_file(script: &TreePath) -> Option<(TreePath, String)> {
    let (directory, name) = script.as_str().rsplit_once('/')?;
    // What is put into a program is put there as it is.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if !script.as_str().chars().all(plain) {
        return None;
    }
    let path = TreePath::new(format!("{PLACE_OF_STARTS}/{name}")).ok()?;
    let head = HEAD.replace("PLACE", directory);
    let call = format!(
        "    from runpy import run_path\n\n    run_path(root + \"/{script}\", run_name=\"__main__\")\n"
    );
    Some((path, format!("{head}{}{call}", main(name))))
}

/// What a launch of the command starts.
pub(super) fn entry(command: &Command) -> Option<Entry> {
    let (file, interpreter) = match command {
        Command::Native { path, .. } => (path.clone(), Interpreter::Native),
        Command::Function(_) | Command::Script { .. } => {
            (file(command)?.0, Interpreter::IsolatedPython)
        }
    };
    Some(Entry {
        command: command.name().to_owned(),
        file,
        interpreter,
        interpreter_args: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pypi::EntryPoint;

    fn function(line: &str) -> Command {
        let text = format!("[console_scripts]\n{line}\n");
        Command::Function(EntryPoint::commands(&text).pop().unwrap())
    }

    #[test]
    fn files_start_what_they_name() {
        let command = function("my-server = my_server.cli:App.main");
        let (path, text) = file(&command).unwrap();
        assert_eq!(path.as_str(), "start/my-server.py");
        for part in [
            "\"my_server.cli\"",
            "\"App.main\"",
            "root + \"/python/site\"",
            "sys.argv[0] = \"my-server\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(
            entry(&command).unwrap().interpreter,
            Interpreter::IsolatedPython
        );
        let path = TreePath::new("python/scripts/x").unwrap();
        let script = Command::Script {
            name: "x".into(),
            path: path.clone(),
        };
        assert!(
            file(&script)
                .unwrap()
                .1
                .contains("root + \"/python/scripts/x\"")
        );
        let native = Command::Native {
            name: "x".into(),
            path: path.clone(),
        };
        assert_eq!(file(&native), None);
        let started = entry(&native).unwrap();
        assert_eq!(
            (started.file, started.interpreter),
            (path, Interpreter::Native)
        );
    }
}
