//! How an entry is written: the names of its fields and the words in them.

use crate::server::{SwitchKind, Transport};

/// Names of one field, the client's own first. More than one where the client itself reads more than one.
pub type AnyOf = &'static [&'static str];

/// How a client writes its entries. A field that it does not have has no name.
#[derive(Debug)]
pub struct Fields {
    /// The program.
    pub command: AnyOf,
    /// What stands there.
    pub command_form: CommandForm,
    /// The arguments.
    pub args: AnyOf,
    /// Variables that are set.
    pub env: AnyOf,
    /// Names of variables that are passed on from the client, or taken from a keyring.
    pub env_names: AnyOf,
    /// A file of variables.
    pub env_file: AnyOf,
    /// The working directory.
    pub cwd: AnyOf,
    /// The address of a remote server. Under `httpUrl` it always speaks Streamable HTTP.
    pub url: AnyOf,
    /// How a remote server speaks whose entry does not say.
    pub speaks: Transport,
    /// Headers sent to it.
    pub headers: AnyOf,
    /// A program that the client starts to make headers.
    pub headers_helper: AnyOf,
    /// A credential that is written here. A dot leads into a map.
    pub credential: AnyOf,
    /// Variables whose content is sent as credential: one name, or a map of headers to names.
    pub credential_names: AnyOf,
    /// The word for the transport.
    pub transport: AnyOf,
    /// Words that mean a program is started.
    pub local_words: &'static [&'static str],
    /// Words that mean an address is connected to.
    pub remote_words: &'static [&'static str],
    /// Words that mean the server is part of the client.
    pub builtin_words: &'static [&'static str],
    /// Fields that make an entry without program and address a part of the client: its settings.
    pub builtin_marks: AnyOf,
    /// Program text, in Python, that the client writes to a file and runs.
    pub code: AnyOf,
    /// A key that holds the whole transport, for clients that nest it.
    pub nested: AnyOf,
    /// True where the server is used. A dot leads into a map.
    pub enabled: AnyOf,
    /// True where it is not.
    pub disabled: AnyOf,
    /// Switches of one server.
    pub switches: &'static [SwitchField],
    /// How values are expanded.
    pub expansion: Expansion,
    /// Every other field that the client reads, so that nothing known is taken for a mistake.
    pub others: AnyOf,
}

impl Fields {
    /// Every name of a field that this client reads.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let switches = self.switches.iter().filter_map(|field| field.path.first());
        [
            self.command,
            self.args,
            self.env,
            self.env_names,
            self.env_file,
            self.cwd,
            self.url,
            self.headers,
            self.headers_helper,
            self.credential,
            self.credential_names,
            self.transport,
            self.nested,
            self.builtin_marks,
            self.code,
            self.enabled,
            self.disabled,
            self.others,
        ]
        .into_iter()
        .flatten()
        .chain(switches)
        .copied()
        .filter(|name| *name != "*")
        .map(|name| name.split_once('.').map_or(name, |(first, _)| first))
    }

    /// The names of the fields that decide what an entry is.
    pub(crate) fn marks(&self) -> impl Iterator<Item = &'static str> {
        [self.command, self.url, self.transport, self.nested]
            .into_iter()
            .flatten()
            .copied()
    }
}

/// What stands under the command's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandForm {
    /// The program; arguments stand under their own name.
    Text,
    /// A list: the program and its arguments.
    List,
    /// The program, or a map `{path, args, env}`.
    TextOrMap,
}

/// A switch of one server.
#[derive(Debug)]
pub struct SwitchField {
    /// What it switches.
    pub kind: SwitchKind,
    /// Keys from the entry; `*` is any key.
    pub path: &'static [&'static str],
}

/// How a client fills variables into values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expansion {
    /// Not at all.
    None,
    /// `${VAR}` and `${VAR:-default}`.
    Braces,
    /// `${env:VAR}`, `${workspaceFolder}`, `${userHome}`, `${input:id}` and the like.
    Editor,
    /// `$VAR`, `${VAR}` and, on Windows, `%VAR%`.
    Shell,
    /// `{env:VAR}` and `{file:path}`.
    Opencode,
    /// `${{ secrets.NAME }}`.
    Secrets,
    /// `os.environ/VAR`.
    OsEnviron,
}
