//! What a configuration says about one server.

use interlock_launch::Request;

use crate::clients::Scope;
use crate::document::Span;

/// One server in one file.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name in the file.
    pub name: String,
    /// Where the name is written; empty, at the entry's start, where it has none.
    pub name_span: Span,
    /// The entry, its brackets included.
    pub span: Span,
    /// Keys from the document's root to the entry. Positions in lists are numbers.
    pub trail: Vec<String>,
    /// For whom it counts.
    pub scope: Scope,
    /// The project it is for, in a file with servers of several projects.
    pub project: Option<String>,
    /// Whether the client uses it, as far as its entry says.
    pub enabled: bool,
    /// What it is.
    pub kind: Kind,
    /// Switches in the entry.
    pub switches: Vec<Switch>,
    /// Whether the entry, or part of it, is written elsewhere (YAML aliases): then it must not be edited here.
    pub copied: bool,
}

/// What a server is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A program that the client starts.
    Local(Local),
    /// An address that the client connects to.
    Remote(Remote),
    /// Part of the client.
    BuiltIn,
    /// Nothing that its client can use; a problem of the file says why.
    Unusable,
}

/// A program that the client starts.
#[derive(Clone, Debug)]
pub struct Local {
    /// What is asked to run, as written: nothing is expanded. The origin is set by the scope.
    pub request: Request,
    /// Where the program is written.
    pub command_span: Span,
    /// Where each argument is written.
    pub arg_spans: Vec<Span>,
    /// The value that holds the arguments; none where none is written.
    pub args_span: Option<Span>,
    /// Where each variable of the request is written.
    pub env_spans: Vec<Variable>,
    /// Where the working directory is written.
    pub cwd_span: Option<Span>,
    /// A file of variables.
    pub env_file: Option<Text>,
    /// Variables passed on from the client or taken from a keyring, by name.
    pub env_names: Vec<Text>,
    /// The map that holds the fields of the transport: the entry, or what is nested in it.
    pub body: Span,
}

/// Where a variable is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: Span,
    /// Its value.
    pub value: Span,
}

/// An address that the client connects to.
#[derive(Clone, Debug)]
pub struct Remote {
    /// The address, as written.
    pub url: Text,
    /// The key it stands under: `url`, `serverUrl`, `httpUrl`, `uri`.
    pub url_key: String,
    /// How it speaks.
    pub transport: Transport,
    /// Headers sent to it.
    pub headers: Vec<Header>,
    /// A program that the client starts to make headers.
    pub helper: Option<Text>,
    /// Credentials that are written here.
    pub credentials: Vec<Text>,
    /// Variables whose content is sent as credential, by name.
    pub credential_names: Vec<Text>,
    /// The map that holds the fields of the transport: the entry, or what is nested in it.
    pub body: Span,
}

/// How a remote server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Streamable HTTP, or HTTP without further word.
    Http,
    /// HTTP with server-sent events, as until 2024-11-05.
    Sse,
    /// Web sockets.
    WebSocket,
}

/// One header.
#[derive(Clone, Debug)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Where the name is written.
    pub name_span: Span,
    /// Its value, as written.
    pub value: String,
    /// Where the value is written.
    pub span: Span,
}

/// Some text and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// Something that a client does without asking, or with more rights, for a server or for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// What it switches.
    pub kind: SwitchKind,
    /// Keys from the document's root to the value, with a dot between.
    pub trail: String,
    /// The key and its value.
    pub span: Span,
    /// The value.
    pub value_span: Span,
    /// For what.
    pub effect: Effect,
}

/// For what a switch is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// For nothing.
    Off,
    /// For everything, be it `true`, `*` or a list with `*` in it.
    All,
    /// For what is named.
    Named(Vec<Text>),
    /// It has a value of another kind, as written.
    Value(String),
}

/// What switches switch. A switch is only weaker than the default where its [`Effect`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SwitchKind {
    /// Servers of a project's file are started without asking (`enableAllProjectMcpServers`).
    EnableProjectServers,
    /// Servers of a project's file that are approved by name (`enabledMcpjsonServers`).
    EnabledByName,
    /// Servers of a project's file that are refused by name (`disabledMcpjsonServers`, `mcp.excluded`).
    DisabledByName,
    /// Only these servers may be used, or these may not (`allowedMcpServers`, `deniedMcpServers`, `mcp.allowed`).
    Restriction,
    /// Tools are called without asking (`autoApprove`, `alwaysAllow`, `allowedTools`, `approval_mode`).
    AutoApprove,
    /// All tools of a server are called without asking (`trust`).
    Trust,
    /// Rules of permissions that name tools of servers (`permissions.allow`).
    AllowRule,
    /// The client asks for nothing at all (`chat.tools.autoApprove`, `bypassPermissions`, `yolo`).
    AutoRun,
    /// The client's own sandbox is on; with VS Code, tools are then called without asking (`sandboxEnabled`).
    Sandbox,
    /// Folders that are trusted (`trustedFolders.json`).
    TrustedFolder,
    /// Configurations of other clients are taken over (`chat.mcp.discovery.enabled`).
    Discovery,
    /// Servers start without being used (`chat.mcp.autostart`, `start_on_launch`).
    AutoStart,
    /// Programs run on events (`hooks`), or to make credentials (`apiKeyHelper`).
    RunsProgram,
}
