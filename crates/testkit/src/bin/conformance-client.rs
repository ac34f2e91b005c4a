//! The client that the official conformance suite runs: `conformance-client URL`. Scenario and context come by environment,
//! as the suite sets them; the revision does too, and is not looked at: the client finds out by itself.

use std::process::ExitCode;

use interlock_testkit::conformance::client::{Context, Failure, play};
use interlock_testkit::conformance::complain;

fn main() -> ExitCode {
    let variable = |name| std::env::var(name).ok();
    let url = std::env::args().skip(1).last();
    let (Some(scenario), Some(url)) = (variable("MCP_CONFORMANCE_SCENARIO"), url) else {
        complain(&"usage: MCP_CONFORMANCE_SCENARIO=NAME conformance-client URL");
        return ExitCode::from(2);
    };
    let context = variable("MCP_CONFORMANCE_CONTEXT");
    match run(&scenario, &url, context.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(&*problem);
            ExitCode::FAILURE
        }
    }
}

fn run(scenario: &str, url: &str, context: Option<&str>) -> Result<(), Failure> {
    let context = Context::new(context)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(play(scenario, url, context))
}
