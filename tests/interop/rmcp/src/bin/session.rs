//! One client session with rmcp: list the tools, call one, print what came.

use rmcp::ServiceExt as _;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::TokioChildProcess;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let (Some(tool), Some(arguments), Some(program)) = (words.next(), words.next(), words.next())
    else {
        return Err("usage: interop-rmcp TOOL ARGUMENTS COMMAND [ARGS]".into());
    };
    let mut command = tokio::process::Command::new(program);
    command.args(words);
    let client = ().serve(TokioChildProcess::new(command)?).await?;
    let tools = client.list_all_tools().await?;
    let arguments = serde_json::from_str(&arguments)?;
    let request = CallToolRequestParams::new(tool).with_arguments(arguments);
    let result = client.call_tool(request).await?;
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    println!("{}", serde_json::json!({ "tools": names, "result": result }));
    client.cancel().await?;
    Ok(())
}
