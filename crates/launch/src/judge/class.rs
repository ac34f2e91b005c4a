//! What kind of thing a request starts, and the identity that approval and resolution work with.

use crate::address::Address;
use crate::grammar::is_commit;

/// The kind of launch that a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// A package of a registry, started through a package runner.
    Package(PackageRef),
    /// A program text on disk, started through an interpreter.
    Script(ScriptRef),
    /// A program started directly.
    Binary(BinaryRef),
    /// An image started through a container engine.
    Container(ContainerRef),
    /// A server that is connected to.
    Remote(Address),
    /// The request itself carries the program's text.
    InlineCode,
    /// A shape that no grammar understands.
    Unknown,
}

impl Class {
    /// The word of the JSON output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Class::Package(_) => "package",
            Class::Script(_) => "script",
            Class::Binary(_) => "binary",
            Class::Container(_) => "container",
            Class::Remote(_) => "remote",
            Class::InlineCode => "inline-code",
            Class::Unknown => "unknown",
        }
    }

    /// The server's own arguments; none where no server was recognised.
    pub fn server_args(&self) -> &[String] {
        match self {
            Class::Package(package) => &package.args,
            Class::Script(script) => &script.args,
            Class::Binary(binary) => &binary.args,
            Class::Container(container) => &container.args,
            Class::Remote(_) | Class::InlineCode | Class::Unknown => &[],
        }
    }
}

/// Where packages of a kind come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// The npm registry.
    Npm,
    /// The Python Package Index.
    PyPi,
    /// The JavaScript Registry (`jsr:`).
    Jsr,
    /// Maven coordinates and JBang catalogs.
    Maven,
    /// NuGet.
    NuGet,
    /// Go modules.
    Go,
    /// Nix flakes.
    Nix,
    /// Single programs by their address (`binary:`).
    Binary,
    /// MCPB bundles (`mcpb:`).
    Mcpb,
    /// Repositories at a commit (`git:`).
    Git,
}

impl Ecosystem {
    /// The word of the JSON output, as package URLs spell it where they have one.
    pub fn as_str(self) -> &'static str {
        match self {
            Ecosystem::Npm => "npm",
            Ecosystem::PyPi => "pypi",
            Ecosystem::Jsr => "jsr",
            Ecosystem::Maven => "maven",
            Ecosystem::NuGet => "nuget",
            Ecosystem::Go => "golang",
            Ecosystem::Nix => "nix",
            Ecosystem::Binary => "binary",
            Ecosystem::Mcpb => "mcpb",
            Ecosystem::Git => "git",
        }
    }
}

/// A package of a registry, as asked for. Nothing has been looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageRef {
    /// Which registry knows the name.
    pub ecosystem: Ecosystem,
    /// The runner that was named, in canonical spelling: `npx`, `npm exec`, `pnpm dlx`, `uvx`, …
    pub runner: String,
    /// The package's name, without a version; extras of a Python requirement stay in `extras`.
    pub name: String,
    /// The version, range or tag asked for, as written; none means the newest.
    pub spec: Option<String>,
    /// The executable asked for, where it is not the package's own default.
    pub bin: Option<String>,
    /// Python extras (`mcp[cli]` has `cli`).
    pub extras: Vec<String>,
    /// Further packages put beside it (`--with`, a second `--package`), as written.
    pub with: Vec<String>,
    /// The source, when it is not the registry: the `https` address of a repository in its one form, or what `binary:`, `mcpb:` and
    /// `git:` are followed by, without its pin.
    pub source: Option<String>,
    /// Which project of that repository is meant.
    pub project: ProjectRef,
    /// Options for the interpreter that runs the package (`--node-options`), already judged.
    pub interpreter_args: Vec<String>,
    /// The interpreter's version that was asked for (`uvx --python 3.11`), as written.
    pub interpreter_version: Option<String>,
    /// The server's own arguments.
    pub args: Vec<String>,
}

impl PackageRef {
    /// The address of the repository that it comes from, where it comes from one. `spec` is then a commit, a branch or a tag.
    #[must_use]
    pub fn repository(&self) -> Option<&str> {
        match self.ecosystem {
            Ecosystem::Git | Ecosystem::Npm | Ecosystem::PyPi => self.source.as_deref(),
            _ => None,
        }
    }

    /// The commit of that repository, where it is named in full.
    #[must_use]
    pub fn commit(&self) -> Option<&str> {
        self.repository()?;
        self.spec.as_deref().filter(|spec| is_commit(spec))
    }
}

/// What a request says of a repository besides its address and revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectRef {
    /// The directory that the project is in (`#subdirectory=`): a plain relative path. None for the repository itself.
    pub directory: Option<String>,
    /// What the project has to be called (`NAME @ git+…`, `#egg=NAME`), as written.
    pub name: Option<String>,
}

/// What an interpreter is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScriptKind {
    /// A source file.
    File,
    /// A module by name (`python -m`).
    Module,
    /// An archive of compiled code (`java -jar`, a .NET assembly).
    Archive,
    /// A project directory with an entry of it (`uv run --directory DIR NAME`, `dotnet run --project DIR`).
    Project,
}

/// A program text on disk and the interpreter that runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptRef {
    /// The interpreter, as a name to look up or as the path that was written.
    pub interpreter: String,
    /// What `path` is.
    pub kind: ScriptKind,
    /// The script's path, the module's name or the project entry's name, as written.
    pub path: String,
    /// The project directory that was named, as written.
    pub project: Option<String>,
    /// The launcher's options that were understood and kept (`-u`, `-Xmx512m`), as written.
    pub options: Vec<String>,
    /// Packages put beside the script (`uv run --with`), as written.
    pub with: Vec<String>,
    /// The server's own arguments.
    pub args: Vec<String>,
}

/// A program that is started directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryRef {
    /// The program, as a name to look up or as the path that was written.
    pub program: String,
    /// The server's own arguments.
    pub args: Vec<String>,
}

/// One mount of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountRef {
    /// The host path or the volume's name, as written; none for an anonymous volume or tmpfs.
    pub source: Option<String>,
    /// The path inside.
    pub target: String,
    /// Whether the container may not write there.
    pub read_only: bool,
}

/// A container image and what the request gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRef {
    /// The engine, in canonical spelling: `docker`, `podman`, `nerdctl`; `oci` for Interlock's own `oci:IMAGE`.
    pub engine: String,
    /// The image without tag and digest; for `docker mcp gateway run` it is empty.
    pub image: String,
    /// The tag, as written.
    pub tag: Option<String>,
    /// The digest, as written (`sha256:…`).
    pub digest: Option<String>,
    /// Another entry point than the image's own; an empty one is none, and no arguments of the image either.
    pub entrypoint: Option<String>,
    /// Another working directory than the image's own (`-w`).
    pub workdir: Option<String>,
    /// The kind of machine that was asked for (`--platform`), as written.
    pub platform: Option<String>,
    /// Files of variables (`--env-file`), as written.
    pub env_files: Vec<String>,
    /// What is mounted.
    pub mounts: Vec<MountRef>,
    /// Variables for the container: a name alone takes its value from the request's environment.
    pub env: Vec<(String, Option<String>)>,
    /// The engine's options that were understood, as written, image excluded.
    pub options: Vec<String>,
    /// The arguments after the image.
    pub args: Vec<String>,
}
