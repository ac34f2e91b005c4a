//! A client that is authorized: `cargo run --example authorized -- https://mcp.example/mcp`.
//!
//! The server refuses the first request, the authorization server is found, and the person is asked in a browser. Opening
//! it is left to them: the SDK starts no program. What was granted is kept in encrypted files for the next run.

use std::error::Error;

use interlock_sdk::auth::client::{Loopback, OAuth, Remark};
use interlock_sdk::auth::store::{FileStore, MasterKey};
use interlock_sdk::client::Client;
use interlock_sdk::http::client::StreamableHttp;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: authorized URL")?;
    let agent = Loopback::new(|request| {
        println!("{} asks for your consent.", request.url().host());
        println!("Scopes: {}", request.scopes());
        for remark in request.remarks() {
            match remark {
                Remark::OmnibusScope(name) => println!("Careful: `{name}` stands for everything."),
                _ => println!("Careful: {remark:?}"),
            }
        }
        println!("Open this in a browser: {}", request.url().as_str());
        Ok(())
    });
    // A real application keeps the key in the keyring of the operating system.
    let passphrase = std::env::var("EXAMPLE_PASSPHRASE")?;
    let key = MasterKey::from_passphrase(&passphrase, b"sixteen bytes or more, of its own")?;
    let directory = std::env::temp_dir().join("interlock-example-credentials");
    let oauth = OAuth::builder(&url, "Interlock example")?
        .user_agent(agent)
        .store(FileStore::open(directory, key)?)
        .build();

    let transport = StreamableHttp::new(&url)?.authorize(oauth);
    let client = Client::builder("authorized", "1.0.0")
        .connect(transport)
        .await?;
    for tool in client.list_tools().await? {
        println!("{}", tool.name);
    }
    client.close().await;
    Ok(())
}
