//! MCP with no IO: strict JSON, framing, session state machines.
