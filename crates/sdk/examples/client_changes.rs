//! A client that hears of changes, in the way of whichever revision was agreed: here of one resource, over a socket pair.

use std::error::Error;
use std::io::Write as _;

use interlock_sdk::client::{Change, Client};
use interlock_sdk::duplex::Pipe;
use interlock_sdk::server::{Context, Server};
use interlock_wire::types::{Resource, SubscriptionFilter};
use tokio::net::UnixStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let motd = Resource::new("text://motd", "motd").mime_type("text/plain");
    let server = Server::builder("news", "1.0.0")
        .resource(motd, async |_cx: Context| Ok("Nothing new."))
        .build();
    let (ours, theirs) = UnixStream::pair()?;
    let (reader, writer) = theirs.into_split();
    let serving = server.clone();
    tokio::spawn(async move { serving.serve_on(reader, writer).await });

    let (reader, writer) = ours.into_split();
    let client = Client::builder("example", "1.0.0")
        .connect(Pipe::new(reader, writer))
        .await?;
    let filter = SubscriptionFilter::default().resource_subscriptions(["text://motd".to_owned()]);
    let mut changes = client.listen(filter).await?;
    server.resource_updated("text://motd");
    if let Some(Change::Resource(uri)) = changes.next().await {
        let news = client.read_resource(&uri).await?;
        writeln!(std::io::stdout(), "{} parts changed", news.contents.len())?;
    }
    Ok(())
}
