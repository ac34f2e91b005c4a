//! The server that the official conformance suite is run against: `conformance-server --port N`, endpoint `/mcp`.

use std::io::Write as _;
use std::process::ExitCode;

use interlock_sdk::http::server::HttpServer;
use interlock_testkit::conformance::{complain, server::server};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match arguments.as_slice() {
        [flag, port] if flag == "--port" => port.parse().ok(),
        [] => Some(0),
        _ => None,
    };
    let Some(port) = port else {
        complain(&"usage: conformance-server [--port N]");
        return ExitCode::from(2);
    };
    match run(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(&problem);
            ExitCode::FAILURE
        }
    }
}

fn run(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let bound = HttpServer::new(server()?).bind(("127.0.0.1", port)).await?;
        let port = bound.local_addr().port();
        let mut stdout = std::io::stdout();
        writeln!(stdout, "listening on http://localhost:{port}/mcp")?;
        stdout.flush()?;
        bound.serve().await;
        Ok(())
    })
}
