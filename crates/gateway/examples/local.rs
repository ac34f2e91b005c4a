//! A client of a server on this machine, which starts only as it was approved.
//!
//! `interlock approve --name files -- npx -y @modelcontextprotocol/server-filesystem /srv`, then
//! `cargo run -p interlock-gateway --example local -- files`

use std::error::Error;
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interlock_gateway::{Setting, SystemClock, Wanted, launch};
use interlock_launch::{Known, Ledger, Places, Request, SecretStore};
use interlock_sandbox::Kernel;
use interlock_sdk::client::Client;
use interlock_supply::Store;
use interlock_wire::{Limits, Untrusted};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args()
        .nth(1)
        .ok_or("say which server: the name of an approval")?;
    let places = places()?;
    let ledger = Ledger::load(&places, &Known::default())?;
    let approved = ledger
        .named(&name)
        .ok_or("nothing is approved under that name")?;
    let request = &approved.launch().request;
    let request = Request::new(
        request.command.as_str(),
        request.args.iter().map(String::as_str),
    );
    let empty = places.state().join("empty");
    std::fs::create_dir_all(&empty)?;
    let setting = Setting {
        ledger: &ledger,
        places: &places,
        packages: &Store::open(places.store())?,
        search: &["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from),
        kernel: &Kernel::assume(),
        secrets: &SecretStore::new(&places),
        variable: &|name| std::env::var_os(name),
        empty: &empty,
        audit: &places.state().join("audit"),
        session: &format!("example-{}", std::process::id()),
        limits: Limits::default(),
        handshake_timeout: Duration::from_secs(30),
        record_arguments: false,
    };
    let wanted = Wanted {
        request: &request,
        name: Some(&name),
        objection: None,
    };
    let stderr = std::io::stderr().as_fd().try_clone_to_owned()?;
    // From here on it is a client like any other.
    let server = launch(wanted, &setting, Box::new(()), stderr, SystemClock)?;
    let client = Client::builder("example", "1.0.0").connect(server).await?;
    let mut out = std::io::stdout();
    for tool in client.list_tools().await? {
        // What a server says reaches a terminal only escaped.
        writeln!(out, "{}", Untrusted::new(tool.name.as_str()).escaped())?;
    }
    client.close().await;
    Ok(())
}

/// Where `interlock` keeps its files when no `XDG_…` variable says otherwise.
fn places() -> Result<Places, Box<dyn Error>> {
    let home = std::env::var_os("HOME").ok_or("`HOME` is not set")?;
    let home = Path::new(&home);
    Ok(Places::new(
        home,
        &home.join(".config/interlock"),
        &home.join(".local/share/interlock/store"),
        &home.join(".local/state/interlock"),
        rustix::process::getuid().as_raw(),
    ))
}
