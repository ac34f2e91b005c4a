//! Files over the protocol: read by a client, and refused without a word about what is there.

use std::fs;
use std::os::unix::fs::symlink;

use interlock_sdk::files::FileResources;
use interlock_sdk::server::{Arrival, Handled, Outbound, Session, SessionKind};
use interlock_sdk::{Principal, Server};
use interlock_wire::{Limits, parse};
use serde_json::{Value, json};

fn world() -> (tempfile::TempDir, Server, String) {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("My File.md"), "# hello").unwrap();
    fs::write(root.join("b.png"), [0x89, 0x50, 0xff]).unwrap();
    fs::write(root.join("long"), "x".repeat(100)).unwrap();
    fs::write(place.path().join("secret"), "secret").unwrap();
    symlink("../secret", root.join("link")).unwrap();
    let files = FileResources::beneath(root.to_str().unwrap())
        .unwrap()
        .max_size(50);
    let uri = files.root_uri();
    let server = files.offer_on(Server::builder("files", "1.0.0")).build();
    (place, server, uri)
}

/// A session after its handshake.
async fn session(server: &Server) -> Session {
    let session = server.session(SessionKind::Duplex, Principal::anonymous());
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    ask(&session, json!(0), "initialize", params).await;
    ask(
        &session,
        Value::Null,
        "notifications/initialized",
        json!({}),
    )
    .await;
    session
}

/// The answer to a message; null to a notification, which has no id.
async fn ask(session: &Session, id: Value, method: &str, params: Value) -> Value {
    let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    message
        .as_object_mut()
        .unwrap()
        .retain(|_, member| !member.is_null());
    let text = message.to_string();
    let message = parse(text.as_bytes(), &Limits::default()).unwrap();
    let mut reply = Vec::new();
    match session.handle(&message, Arrival::default(), &Outbound::new(8), &mut reply) {
        Handled::Silent => return Value::Null,
        Handled::Replied(_) => {}
        Handled::Later(pending) => reply = pending.await.unwrap().bytes,
    }
    serde_json::from_slice(&reply).unwrap()
}

async fn read(peer: &Session, uri: &str) -> Value {
    let mut answer = ask(peer, json!(1), "resources/read", json!({"uri": uri})).await;
    answer
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name == "result" || name == "error");
    answer
}

// SPEC: 2026-07-28/server/resources/security-considerations:3 2025-11-25/server/resources/security-considerations:3
// SPEC: 2026-07-28/server/resources/security-considerations:4 2025-11-25/server/resources/security-considerations:4
// SPEC: 2025-11-25/server/resources/error-handling:1
#[tokio::test]
async fn files_are_read_and_nothing_else() {
    let (_place, server, root) = world();
    let peer = session(&server).await;
    let templates = ask(&peer, json!(1), "resources/templates/list", json!({})).await;
    assert_eq!(
        templates["result"]["resourceTemplates"][0]["uriTemplate"],
        format!("{root}{{+path}}")
    );
    let text = read(&peer, &format!("{root}My%20File.md")).await;
    assert_eq!(
        text["result"]["contents"],
        json!([{"uri": format!("{root}My%20File.md"), "mimeType": "text/markdown", "text": "# hello"}])
    );
    let blob = read(&peer, &format!("{root}b.png")).await;
    assert_eq!(blob["result"]["contents"][0]["blob"], "iVD/");
    let long = read(&peer, &format!("{root}long")).await;
    assert_eq!(long["error"]["message"], "the file is longer than 50 bytes");
    for path in [
        "link",
        "missing",
        "../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "link/x",
        "",
        "a%00b",
        "{+path}",
    ] {
        let uri = format!("{root}{path}");
        let refused = read(&peer, &uri).await;
        assert_eq!(refused["error"]["code"], -32002, "{uri}: {refused}");
        assert!(!refused.to_string().contains("symbolic"), "{refused}");
    }
    for uri in [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "file://server/share",
        "http://169.254.169.254/",
    ] {
        assert_eq!(read(&peer, uri).await["error"]["code"], -32002, "{uri}");
    }
}
