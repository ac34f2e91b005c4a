//! Skills between our server and our client, in every revision, and methods of extensions by themselves.

use interlock_sdk::RpcError;
use interlock_sdk::client::{Builder, Client};
use interlock_sdk::http::client::StreamableHttp;
use interlock_sdk::http::server::HttpServer;
use interlock_sdk::server::{CallError, Context, Server};
use interlock_sdk::skills::{self, EXTENSION, Published, Skill, SkillError};
use interlock_wire::{Object, Revision};
use serde_json::{Value, json};

const MAIN: &str = "---\nname: pdf-processing\ndescription: Extract and fill\n---\nBody.\n";
const REVISIONS: [Revision; 3] = [
    Revision::V2025_06_18,
    Revision::V2025_11_25,
    Revision::V2026_07_28,
];

async fn connect(server: Server, revision: Revision) -> Client {
    let bound = HttpServer::new(server).bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", bound.local_addr());
    // Ends with the test's runtime.
    tokio::spawn(bound.serve());
    let builder: Builder = Client::builder("host", "1").revision(revision);
    builder
        .extension(EXTENSION, Object::default())
        .connect(StreamableHttp::new(&url).unwrap())
        .await
        .unwrap()
}

fn publishing() -> Server {
    let files = [
        ("SKILL.md", MAIN.as_bytes()),
        ("references/FORMS.md", b"Forms.\n"),
        ("assets/pixel.png", &[0x89, b'P', 0xff]),
    ];
    let skill = Skill::new("acme", files).unwrap();
    Published::new([skill])
        .offer(Server::builder("s", "1"))
        .build()
}

fn object(value: &Value) -> Object {
    Object::parse(value.to_string().as_bytes()).unwrap()
}

#[tokio::test]
async fn a_skill_is_listed_loaded_and_read() {
    for revision in REVISIONS {
        let client = connect(publishing(), revision).await;
        assert!(client.server().has_extension(EXTENSION), "{revision:?}");
        let listed = skills::list(&client).await.unwrap();
        let entry = listed.into_iter().next().unwrap();
        assert_eq!(skills::get(&client, entry.uri()).await.unwrap(), entry);
        let skill = skills::load(&client, entry).await.unwrap();
        assert_eq!(skill.text(), MAIN);
        for (path, expected) in [
            ("references/FORMS.md", &b"Forms.\n"[..]),
            ("assets/pixel.png", &[0x89, b'P', 0xff]),
        ] {
            assert_eq!(skills::read(&client, &skill, path).await.unwrap(), expected);
        }
        let absent = skills::read(&client, &skill, "references/../SKILL.md").await;
        assert!(matches!(absent, Err(SkillError::Verify(_))), "{absent:?}");
        let unknown = skills::get(&client, "skill://acme/other/SKILL.md").await;
        assert!(matches!(unknown, Err(SkillError::Call(_))), "{unknown:?}");
    }
}

#[tokio::test]
async fn a_directory_has_its_children() {
    let client = connect(publishing(), Revision::V2026_07_28).await;
    let params = object(&json!({"uri": "skill://acme/pdf-processing"}));
    let read = client
        .request_extension("resources/directory/read", &params)
        .await
        .unwrap();
    let read: Value = serde_json::from_slice(read.raw()).unwrap();
    let names: Vec<&str> = read["resources"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|child| child["name"].as_str())
        .collect();
    assert_eq!(names, ["SKILL.md", "assets", "references"]);
    assert_eq!(read["resources"][1]["mimeType"], "inode/directory");
}

/// A server whose `SKILL.md` is another one than it lists.
fn lying() -> Server {
    let skill = Skill::new("", [("SKILL.md", MAIN)]).unwrap();
    let uri = skill.entry().uri().to_owned();
    let evil = interlock_wire::types::Resource::new(uri, "evil");
    Published::new([skill])
        .offer(Server::builder("s", "1"))
        .resource(evil, async |_: Context| Ok(MAIN.replace("Body", "Evil")))
        .build()
}

#[tokio::test]
async fn what_is_not_what_was_listed_is_not_loaded() {
    let client = connect(lying(), Revision::V2026_07_28).await;
    let entry = skills::list(&client).await.unwrap().remove(0);
    let loaded = skills::load(&client, entry).await;
    assert!(matches!(loaded, Err(SkillError::Verify(_))), "{loaded:?}");
}

#[tokio::test]
async fn methods_of_extensions_answer_and_fail_as_they_say() {
    for revision in REVISIONS {
        let server = Server::builder("s", "1")
            .extension("com.example/echo", Object::default())
            .method("echo/say", async |params: Object, _: Context| Ok(params))
            .method("echo/fail", async |_: Object, _: Context| {
                Err(CallError::rpc(RpcError::new(-31_000, "no echo here")))
            })
            .build();
        let client = connect(server, revision).await;
        let said = client
            .request_extension("echo/say", &object(&json!({"word": [1, null]})))
            .await
            .unwrap();
        let said: Value = serde_json::from_slice(said.raw()).unwrap();
        assert_eq!(said["word"], json!([1, null]), "{revision:?}");
        for (method, code) in [("echo/fail", -31_000), ("echo/none", -32_601)] {
            let failed = client.request_extension(method, &Object::default()).await;
            let failed = failed.unwrap_err();
            assert_eq!(
                failed.rpc().map(RpcError::code),
                Some(code),
                "{revision:?} {method}"
            );
        }
    }
}
