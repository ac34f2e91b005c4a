//! The way from a judged request to a launch, one kind of launch after the other.

use std::path::{Path, PathBuf};

use super::content::TreeRole;
use super::draft::Draft;
use super::error::ResolveError;
use super::launch::Launch;
use super::package::{Interpreter, LocateError, Start};
use super::program::{self, Found, HEAD, Looked};
use super::same::{check_same, described};
use super::{Prior, Resolver, python, roots, shebang};
use crate::address::Address;
use crate::grammar::wrappers;
use crate::guarded::shown;
use crate::judge::{
    BinaryRef, Class, Decision, Judgement, PackageRef, ScriptKind, ScriptRef, Unlock,
};
use crate::profile::Danger;
use crate::request::Request;

/// First lines may lead from script to script; the kernel follows five.
const MOST_LINKS: usize = 5;

impl Resolver<'_> {
    /// Resolves a judged request to content. `prior` is what an approval fixed, or what one is about to fix.
    ///
    /// What judging refused is refused here too, unless `prior` accepts the danger that unlocks it.
    pub fn resolve(
        &mut self,
        request: &Request,
        judgement: &Judgement,
        prior: Prior<'_>,
    ) -> Result<Launch, ResolveError> {
        let mut flow = Flow {
            draft: Draft::default(),
            cwd: request.cwd.as_deref(),
            prior,
            resolver: self,
        };
        // Later values count, as they do for `execve`'s readers.
        flow.draft.env.extend(judgement.child_env.iter().cloned());
        match (judgement.decision(), judgement.unlock()) {
            (Decision::NeedsApproval, _) => {
                droppable(&judgement.wrappers)?;
                flow.class(&judgement.class)?;
            }
            (Decision::Refused, Some(unlock)) if prior.danger.contains(&accepting(unlock)) => {
                flow.draft.env = request.env.iter().cloned().collect();
                flow.command(&request.command, &request.args)?;
            }
            _ => return Err(ResolveError::Refused),
        }
        flow.draft.finish(request)
    }
}

/// The program is started directly, without what stood in front of it: harmless for `nice` or `timeout`, but what a
/// secret manager would have added would be missing.
fn droppable(wrappers: &[String]) -> Result<(), ResolveError> {
    let needed = |wrapper: &&String| wrappers::NEEDED.contains(&wrapper.as_str());
    let Some(needed) = wrappers.iter().find(needed) else {
        return Ok(());
    };
    let instead = match needed.as_str() {
        "wsl" => "run `interlock` in the system that holds the server",
        _ => {
            "leave it out, keep the values with `interlock secret set` and grant them with `--secret`"
        }
    };
    Err(ResolveError::Unsupported {
        what: format!("what `{needed}` does for the server"),
        instead,
    })
}

fn accepting(unlock: Unlock) -> Danger {
    match unlock {
        Unlock::InlineCode => Danger::AllowInlineCode,
        Unlock::Unknown => Danger::AllowUnknown,
    }
}

/// One resolution under way.
pub(super) struct Flow<'r, 'a, 'p> {
    pub(super) draft: Draft,
    pub(super) cwd: Option<&'p str>,
    pub(super) prior: Prior<'p>,
    pub(super) resolver: &'r mut Resolver<'a>,
}

impl Flow<'_, '_, '_> {
    fn class(&mut self, class: &Class) -> Result<(), ResolveError> {
        match class {
            Class::Binary(BinaryRef { program, args }) => self.command(program, args),
            Class::Script(script) => self.script(script),
            Class::Package(package) => self.package(package),
            Class::Container(container) => self.container(container),
            Class::Remote(address) => self.remote(address),
            Class::InlineCode | Class::Unknown => Err(ResolveError::Refused),
        }
    }

    /// An address is its own content: who answers there says who it is by its certificate, and what it offers is pinned.
    fn remote(&mut self, address: &Address) -> Result<(), ResolveError> {
        if !self.draft.env.is_empty() {
            return Err(ResolveError::Unsupported {
                what: "an address with variables".to_owned(),
                instead: "send what it needs in a header: `--header NAME=SECRET`",
            });
        }
        self.draft.remote = Some(address.clone());
        Ok(())
    }

    /// A program by name or path, with its arguments.
    fn command(&mut self, program: &str, args: &[String]) -> Result<(), ResolveError> {
        self.program(program)?;
        self.draft.argv.extend_from_slice(args);
        Ok(())
    }

    /// Resolves a program through all first lines, and fills the arguments up to and including the script.
    pub(super) fn program(&mut self, name: &str) -> Result<Found, ResolveError> {
        let found = program::find(name, self.resolver.search, self.cwd)?;
        self.executable(&found)?;
        Ok(found)
    }

    /// The same for a program that was found already.
    pub(super) fn executable(&mut self, found: &Found) -> Result<(), ResolveError> {
        let mut found = found.clone();
        let mut tail: Vec<String> = Vec::new();
        for _ in 0..MOST_LINKS {
            let looked = self.look(&found)?;
            let Some(next) = self.shebang(&found, &looked)? else {
                let mut argv = vec![program::text(&found.path)?];
                argv.append(&mut tail);
                self.draft.argv = argv;
                self.draft.program = Some(looked.record);
                return self.interpreter_code(&found);
            };
            // The real path: inside the sandbox there may be no link to it.
            let mut words = next.args;
            words.push(looked.record.path.clone());
            words.append(&mut tail);
            tail = words;
            self.draft.link(looked.record);
            let interpreter = program::find(&next.interpreter, self.resolver.search, None)?;
            self.script_code(&interpreter, &found)?;
            found = interpreter;
        }
        Err(ResolveError::Shebang {
            path: shown(&found.path),
            problem: "leads from script to script without end",
        })
    }

    fn shebang(
        &self,
        found: &Found,
        looked: &Looked,
    ) -> Result<Option<shebang::Shebang>, ResolveError> {
        shebang::parse(&looked.head, HEAD).map_err(|problem| ResolveError::Shebang {
            path: shown(&found.path),
            problem,
        })
    }

    fn look(&mut self, found: &Found) -> Result<Looked, ResolveError> {
        self.draft.file(found, self.resolver, self.prior)
    }

    pub(super) fn tree(
        &mut self,
        root: &Path,
        role: TreeRole,
        hidden: &[String],
    ) -> Result<(), ResolveError> {
        self.draft
            .tree(root, role, hidden, self.resolver, self.prior)
    }

    /// The code that an interpreter brings along, where it is not the system's.
    fn interpreter_code(&mut self, found: &Found) -> Result<(), ResolveError> {
        if !python::is_python(&found.real) {
            return Ok(());
        }
        let venv = roots::venv(&found.path);
        if let Some(library) = python::library(&found.real) {
            let hidden = python::unused(&found.real, venv.is_some());
            self.tree(&library, TreeRole::Interpreter, &hidden)?;
        }
        if let Some(venv) = venv {
            for root in python::editable(&venv, self.resolver.places.home()) {
                self.tree(&root, TreeRole::Project, &[])?;
            }
            self.tree(&venv, TreeRole::Venv, &[])?;
        }
        Ok(())
    }

    /// The code around an entry file.
    fn script_code(&mut self, interpreter: &Found, entry: &Found) -> Result<(), ResolveError> {
        let home = self.resolver.places.home();
        let root = match kind_of(&interpreter.real, &interpreter.path) {
            Kind::Node | Kind::Deno => roots::node(&entry.real, home),
            // What a virtual environment installed is covered as the environment.
            Kind::Python if roots::venv(&entry.real).is_some() => None,
            Kind::Python => roots::python(&entry.real, home),
            Kind::DotNet => roots::beside(&entry.real, home),
            Kind::Java | Kind::Other => None,
        };
        match root {
            Some(root) => self.tree(&root, TreeRole::Project, &[]),
            None => Ok(()),
        }
    }

    fn script(&mut self, script: &ScriptRef) -> Result<(), ResolveError> {
        if let Some(extra) = script.with.first() {
            return Err(ResolveError::Unsupported {
                what: format!(
                    "a script with the package `{}` beside it",
                    extra.escape_debug()
                ),
                instead: "install the package into the project's environment and run that",
            });
        }
        match script.kind {
            _ if script.interpreter.starts_with("uv ") => self.uv_run(script),
            ScriptKind::Project => Err(ResolveError::Unsupported {
                what: format!("`{}` of a project", script.path.escape_debug()),
                instead: "build the project and run the program that it makes",
            }),
            ScriptKind::Module => self.module(script, self.cwd.unwrap_or_default()),
            ScriptKind::File | ScriptKind::Archive => self.source(script),
        }
    }

    /// `INTERPRETER OPTIONS FILE ARGS`.
    fn source(&mut self, script: &ScriptRef) -> Result<(), ResolveError> {
        let entry = self.entry(&script.path, script.project.as_deref())?;
        let interpreter = self.program(&script.interpreter)?;
        self.given(&interpreter, &entry, &script.options)?;
        self.draft.argv.extend_from_slice(&script.args);
        Ok(())
    }

    /// Gives an entry file to an interpreter that has been resolved.
    pub(super) fn given(
        &mut self,
        interpreter: &Found,
        entry: &Found,
        options: &[String],
    ) -> Result<(), ResolveError> {
        let looked = self.look(entry)?;
        let kind = kind_of(&interpreter.real, &interpreter.path);
        self.draft.argv.extend(kind.before().map(str::to_owned));
        self.draft.argv.extend_from_slice(options);
        self.draft.argv.extend(kind.after().map(str::to_owned));
        self.draft.argv.push(looked.record.path.clone());
        self.draft.link(looked.record);
        self.script_code(interpreter, entry)
    }

    fn entry(&self, path: &str, project: Option<&str>) -> Result<Found, ResolveError> {
        let base = match project {
            Some(project) => Some(program::text(&program::absolute(project, self.cwd)?)?),
            None => self.cwd.map(str::to_owned),
        };
        let entry = program::file(path, base.as_deref())?;
        if entry.real.is_file() {
            return Ok(entry);
        }
        // `node DIR` reads the directory's package.json; which file that is, is not known before it runs.
        Err(ResolveError::Unsupported {
            what: format!("the directory `{}`", shown(&entry.path)),
            instead: "name the entry file itself",
        })
    }

    /// `python -m MODULE`: of a virtual environment, of the request's directory, or of the interpreter itself.
    fn module(&mut self, script: &ScriptRef, directory: &str) -> Result<(), ResolveError> {
        let interpreter = self.program(&script.interpreter)?;
        if !python::is_python(&interpreter.real) {
            return Err(ResolveError::Unsupported {
                what: format!("a module of `{}`", script.interpreter.escape_debug()),
                instead: "name the module's file",
            });
        }
        let local = self.local_module(&script.path, directory)?;
        // Elsewhere the directory in which it starts has no code of its own, and Python is told so.
        if !local && python::can_start_safely(&interpreter.real) {
            self.draft.argv.push("-P".to_owned());
        }
        self.draft.argv.extend_from_slice(&script.options);
        self.draft
            .argv
            .extend(["-m".to_owned(), script.path.clone()]);
        self.draft.argv.extend_from_slice(&script.args);
        Ok(())
    }

    /// A module in the request's directory: its project is code and where the server starts. So is that directory as a whole, because
    /// Python looks there first for everything that is imported. False where there is no such module.
    fn local_module(&mut self, module: &str, cwd: &str) -> Result<bool, ResolveError> {
        if !cwd.starts_with('/') {
            return Ok(false);
        }
        let Some(source) = python::module_in(Path::new(cwd), module) else {
            return Ok(false);
        };
        let entry = program::file(&program::text(&source)?, None)?;
        let home = self.resolver.places.home();
        let start = program::file(cwd, None)?.real;
        let around = roots::python(&entry.real, home);
        let root = around.or_else(|| roots::beside(&entry.real, home));
        let Some(root) =
            root.filter(|root| start.starts_with(root) || roots::may_be_root(&start, home))
        else {
            return Err(ResolveError::Unsupported {
                what: format!(
                    "the module `{}` in `{}`",
                    module.escape_debug(),
                    cwd.escape_debug()
                ),
                instead: "move it into a directory of its own",
            });
        };
        if !start.starts_with(&root) {
            self.tree(&start, TreeRole::Project, &[])?;
        }
        if !self.draft.covers(&root) {
            self.tree(&root, TreeRole::Project, &[])?;
        }
        let looked = self.look(&entry)?;
        self.draft.link(looked.record);
        self.draft.cwd = Some(program::text(&start)?);
        Ok(true)
    }

    /// `uv run`: the project's own environment, made before; uv itself never runs, so its options end here.
    fn uv_run(&mut self, script: &ScriptRef) -> Result<(), ResolveError> {
        let project = script.project.as_deref().or(self.cwd).unwrap_or(".");
        let project = program::absolute(project, self.cwd)?;
        let place = program::text(&project)?;
        let bin = project.join(".venv/bin");
        let installed = bin.join(&script.path);
        if script.kind == ScriptKind::Module {
            let python = ScriptRef {
                interpreter: program::text(&venv_python(&bin)?)?,
                project: None,
                options: Vec::new(),
                ..script.clone()
            };
            return self.module(&python, &place);
        }
        let plain_name = !script.path.contains('/');
        if plain_name && std::fs::symlink_metadata(&installed).is_ok() {
            self.command(&program::text(&installed)?, &script.args)?;
        } else {
            let entry = self.entry(&script.path, Some(&place))?;
            let interpreter = self.program(&program::text(&venv_python(&bin)?)?)?;
            self.given(&interpreter, &entry, &[])?;
            self.draft.argv.extend_from_slice(&script.args);
        }
        // `--directory` is also where the server starts, which is harmless where that is digested code.
        let real = program::file(&place, None)?.real;
        if self.draft.covers(&real) {
            self.draft.cwd = Some(program::text(&real)?);
        }
        Ok(())
    }

    fn package(&mut self, package: &PackageRef) -> Result<(), ResolveError> {
        let locked = self
            .prior
            .package
            .ok_or_else(|| ResolveError::PackageMissing {
                package: described(package),
            })?;
        check_same(package, locked)?;
        let home = self.resolver.places.home();
        let located = self.resolver.store.locate(package, locked, home)?;
        let entry = program::file(&program::text(&located.entry)?, None)?;
        let root = program::file(&program::text(&located.root)?, None)?;
        if !entry.real.starts_with(&root.real) {
            return Err(ResolveError::Package(LocateError::Damaged {
                package: described(package),
                detail: "its entry file lies outside".to_owned(),
            }));
        }
        self.tree(&root.real, TreeRole::Package, &[])?;
        self.draft.package = Some(locked.clone());
        let start = located.start.unwrap_or_else(|| Start {
            options: package.interpreter_args.clone(),
            args: package.args.clone(),
            env: Vec::new(),
        });
        match located.interpreter {
            Interpreter::Itself => self.executable(&entry)?,
            Interpreter::Node => self.packaged("node", &entry, &start.options)?,
            Interpreter::Python => {
                let path = program::text(&root.real)?;
                self.draft.env.insert("PYTHONPATH".to_owned(), path);
                // `-P`: the entry's own directory is no place to look for modules.
                self.packaged("python3", &entry, &["-P".to_owned()])?;
            }
            Interpreter::IsolatedPython => {
                let version = package.interpreter_version.as_deref();
                let python = python::choose(version, self.resolver.search)?;
                self.isolated(&python, &entry, &start.options)?;
            }
        }
        self.draft.env.extend(start.env);
        self.draft.argv.extend(start.args);
        Ok(())
    }

    /// An entry file of the store: its tree is digested already, so no root is looked for around it.
    fn packaged(
        &mut self,
        interpreter: &str,
        entry: &Found,
        options: &[String],
    ) -> Result<(), ResolveError> {
        self.program(interpreter)?;
        let looked = self.look(entry)?;
        self.draft.argv.extend_from_slice(options);
        self.draft.argv.push(looked.record.path.clone());
        self.draft.link(looked.record);
        Ok(())
    }

    /// An entry file of the store for an interpreter of which only the standard library is used: packages beside it are
    /// neither digested nor shown to the server.
    fn isolated(
        &mut self,
        python: &Found,
        entry: &Found,
        further: &[String],
    ) -> Result<(), ResolveError> {
        let looked = self.look(python)?;
        if let Some(library) = python::library(&python.real) {
            let hidden = python::unused(&python.real, true);
            self.tree(&library, TreeRole::Interpreter, &hidden)?;
        }
        let started = self.look(entry)?;
        let options = ["-s", "-S", "-B"].map(str::to_owned);
        self.draft.argv = vec![looked.record.path.clone()];
        self.draft.argv.extend(options);
        self.draft.argv.extend_from_slice(further);
        self.draft.argv.push(started.record.path.clone());
        self.draft.program = Some(looked.record);
        self.draft.link(started.record);
        Ok(())
    }
}

fn venv_python(bin: &Path) -> Result<PathBuf, ResolveError> {
    let python = bin.join("python");
    if std::fs::symlink_metadata(&python).is_ok() {
        return Ok(python);
    }
    Err(ResolveError::Unsupported {
        what: format!("a project without `{}`", shown(bin)),
        instead: "run `uv sync` in the project first",
    })
}

/// What tells interpreters apart here: how they take a file, and where its other code lies.
#[derive(Clone, Copy)]
enum Kind {
    Node,
    Deno,
    Python,
    Java,
    DotNet,
    Other,
}

impl Kind {
    /// The word before an interpreter's options.
    fn before(self) -> Option<&'static str> {
        matches!(self, Kind::Deno).then_some("run")
    }

    /// The word between options and file.
    fn after(self) -> Option<&'static str> {
        matches!(self, Kind::Java).then_some("-jar")
    }
}

/// What kind of interpreter a program is, by its real name or by the name that led to it.
fn kind_of(real: &Path, path: &Path) -> Kind {
    if python::is_python(real) {
        return Kind::Python;
    }
    let name = |path: &Path| {
        path.file_name()
            .and_then(|name| name.to_str())
            .map(str::to_owned)
    };
    for name in [name(real), name(path)].into_iter().flatten() {
        match name.as_str() {
            "node" | "nodejs" | "bun" | "tsx" | "ts-node" => return Kind::Node,
            "deno" => return Kind::Deno,
            "java" => return Kind::Java,
            "dotnet" => return Kind::DotNet,
            _ => {}
        }
    }
    Kind::Other
}
