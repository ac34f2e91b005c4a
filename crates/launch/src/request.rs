//! A launch request: what a config, a UI or an API asks to run, exactly as it was written.
//!
//! Nothing here is trusted and nothing is normalised: the strings are kept as they came so that what a person
//! approves, what is fingerprinted and what is shown are the same bytes. Judging is [`crate::judge`]'s.

/// One request to start a server, as it was written by whoever wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The caller's own name for the request, handed back unchanged.
    pub id: Option<String>,
    /// The program, as a name to look up or as a path.
    pub command: String,
    /// The arguments after the program.
    pub args: Vec<String>,
    /// The variables that the request sets, in the order written.
    pub env: Vec<(String, String)>,
    /// The working directory that the request asks for.
    pub cwd: Option<String>,
    /// Who wrote the request, where the caller knows it: `user`, or one of the writers that no person stands
    /// behind (`agent-write`, `deeplink`, `project`, `remote-api`, …; decision record 0003).
    pub origin: Option<String>,
}

impl Request {
    /// A request for `command` with `args` and nothing else.
    pub fn new<A: Into<String>>(
        command: impl Into<String>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        Request {
            command: command.into(),
            args: args.into_iter().map(Into::into).collect(),
            ..Request::default()
        }
    }
}
