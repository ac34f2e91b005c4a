//! MCP client and server, secure by default: stdio, Unix sockets, Streamable HTTP, authorization.
