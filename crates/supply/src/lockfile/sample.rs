//! A lock with one of everything, for tests.

use crate::digest::Integrity;

pub(crate) fn integrity(byte: u8) -> String {
    Integrity::from_bytes([byte; 64]).to_string()
}

/// In canonical form.
pub(crate) fn text() -> String {
    let (a, b, one, two) = ("a".repeat(64), "b".repeat(64), integrity(1), integrity(2));
    format!(
        r#"# Written by `interlock lock`. This is a proposal: it approves nothing and starts nothing
# until somebody has read it in `interlock approve --lock`.
version = 1

[server.app]
source = "npm:@s/app@^1"
args = ["--all"]

[server.app.content]
interpreter = "node"
platform = "linux-x64-glibc"

[server.app.content.origin]
published = "2026-08-01T12:00:00Z"
publisher = "alice"
attested = "npm-provenance"
repository = "https://github.com/s/app"
commit = "4f2c"
issuer = "https://token.actions.githubusercontent.com"

[server.app.content.tree]
format = 1
ecosystem = "npm"
name = "@s/app"
version = "1.4.2"
entry = {{ command = "app", file = "node_modules/@s/app/index.js", interpreter = "node" }}
digest = "{a}"
files = 12
bytes = 3456
packages = [
    {{ path = "node_modules/@s/app", name = "@s/app", version = "1.4.2", integrity = "{one}" }},
    {{ path = "node_modules/dep", name = "dep", version = "2.0.0", integrity = "{two}" }},
]

[server.app.grants]
read = ["./data"]
net = [
    "api.example.com:443",
    "cdn.example.com:443",
]
memory = 1073741824
danger = ["private-network"]

[server.app.tools]
echo = "{b}"
"get sum/2" = "{a}"

[server.bin]
source = "file:~/bin/\"s\""

[server."my.server"]
source = "pypi:mcp-server-time==2025.9.25"
args = [
    "--zone",
    "Europe/Zürich \\ \"x\"",
]

[server.py]
source = "command:python3"
args = ["./server.py"]

[server.py.content]
interpreter = "python"
files = [
    {{ path = "./server.py", sha256 = "{a}" }},
]
folders = [
    {{ path = ".", digest = "{b}", files = 3 }},
]
"#
    )
}
