//! Options that name a remote server.

use clap::Args;
use interlock_launch::{Address, Request};

/// `--url` and `--header`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Remote server")]
pub struct Remote {
    /// A server that is connected to instead of started: `https://…`, or `http://…` on this machine
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A header that is sent to it, filled from the secret store: `Authorization=Bearer MY_SECRET`; `NAME=env:VARIABLE` takes a
    /// variable, `NAME: TEXT` is sent as it stands
    #[arg(long, value_name = "NAME=SECRET", requires = "url")]
    pub header: Vec<String>,
}

impl Remote {
    /// The request that they make.
    pub fn request(&self) -> Option<Request> {
        let url = self.url.as_ref()?;
        Some(Address::request(url, &self.header))
    }
}
