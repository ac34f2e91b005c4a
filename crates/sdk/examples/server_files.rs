//! The files of one directory as resources, on standard streams: `cargo run -p interlock-sdk --example server_files /srv/data`.

use interlock_sdk::Server;
use interlock_sdk::files::FileResources;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1);
    let directory = directory.ok_or("name the directory to serve, by an absolute path")?;
    // No link leads out of it, and nothing but regular files of at most 1 MiB is read.
    let files = FileResources::beneath(&directory)?.max_size(1 << 20);
    files
        .offer_on(Server::builder("files", "1.0.0"))
        .build()
        .run_stdio()?;
    Ok(())
}
