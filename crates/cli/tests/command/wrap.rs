//! `wrap`, `approve --pending` and `unwrap` on a home with files of twenty clients.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::approval::shown_until;
use crate::client::LIST;
use crate::world::{PASSPHRASE, World, has};

/// What the name of each file of the home is, and what is in it; `SERVER` stands for the test server.
const FILES: &[(&str, &str)] = &[
    (
        ".claude.json",
        "{\"numStartups\": 3, \"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"], \"env\": {\"TOKEN\": \"hush-hush-1\"}}}}",
    ),
    (
        ".cursor/mcp.json",
        "{\r\n\t\"mcpServers\": {\r\n\t\t\"a\": {\r\n\t\t\t\"command\": \"SERVER\",\r\n\t\t\t\"args\": [\"plain\"]\r\n\t\t},\r\n\t\t\"far\": { \"url\": \"wss://mcp.example.com/mcp\" }\r\n\t}\r\n}\r\n",
    ),
    (
        ".codex/config.toml",
        "model = \"x\" # mine\n\n[mcp_servers.a]\ncommand = 'SERVER' # the server\nargs = [\n  \"plain\",\n]\nenv_vars = [\"EXTRA\"]\n",
    ),
    (
        ".config/goose/config.yaml",
        "extensions:\n  a:\n    type: stdio\n    cmd: SERVER   # not command\n    args: [plain]\n    enabled: true\n",
    ),
    (
        ".config/opencode/opencode.json",
        "{\"mcp\": {\"a\": {\"type\": \"local\", \"command\": [\"SERVER\", \"plain\"], \"enabled\": true}}}\n",
    ),
    (
        ".config/zed/settings.json",
        "{\n  // mine\n  \"context_servers\": { \"a\": { \"source\": \"custom\", \"command\": \"SERVER\", \"args\": [\"plain\"], }, },\n}\n",
    ),
    (
        ".config/Code/User/mcp.json",
        "{\"servers\": {\"a\": {\"type\": \"stdio\", \"command\": \"SERVER\", \"args\": [\"plain\"]}}, \"inputs\": []}",
    ),
    (
        ".copilot/mcp-config.json",
        "{\"mcpServers\": {\"a\": {\"type\": \"local\", \"tools\": [\"*\"], \"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".gemini/settings.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"], \"trust\": false}}}",
    ),
    (
        ".cline/data/settings/cline_mcp_settings.json",
        "{\"mcpServers\": {\"a\": {\"transport\": {\"type\": \"stdio\", \"command\": \"SERVER\", \"args\": [\"plain\"]}, \"disabled\": false}}}",
    ),
    (
        ".continue/config.yaml",
        "name: x\nmcpServers:\n  - name: a\n    command: SERVER\n    args:\n      - plain\n",
    ),
    (
        ".codeium/windsurf/mcp_config.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".kilocode/cli/global/settings/mcp_settings.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".junie/mcp/mcp.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".aws/amazonq/mcp.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".lmstudio/mcp.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".kiro/settings/mcp.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".kimi/mcp.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".factory/mcp.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
    (
        ".qoder/mcp.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"SERVER\", \"args\": [\"plain\"]}}}",
    ),
];

/// A home with all of them.
fn home() -> World {
    let world = World::new();
    for (name, text) in FILES {
        let path = world.home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text.replace("SERVER", &world.server())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    world
}

fn contents(world: &World) -> Vec<Vec<u8>> {
    FILES
        .iter()
        .map(|(name, _)| fs::read(world.home.join(name)).unwrap())
        .collect()
}

#[test]
fn a_home_is_wrapped_approved_used_and_given_back() {
    let world = home();
    let before = contents(&world);
    let shown = world.interlock(&["wrap", "--dry-run"]).expect(0);
    assert_eq!(contents(&world), before, "a dry run changes nothing");
    has(
        &shown.out,
        &[
            "~/.cursor/mcp.json (Cursor)",
            "~/.codex/config.toml",
            "web sockets",
            "+ ",
        ],
    );
    assert!(!shown.out.contains("hush-hush-1"), "{}", shown.out);
    has(&shown.err, &["20 servers in 20 files would be wrapped"]);

    let wrapped = world.interlock(&["wrap", "--yes"]).expect(0);
    has(
        &wrapped.out,
        &[
            "20 servers in 20 files now behind Interlock",
            "interlock approve --pending",
        ],
    );
    for (name, _) in FILES {
        let path = world.home.join(name);
        let text = fs::read_to_string(&path).unwrap();
        has(&text, &["interlock", "run", "--", &world.server(), "plain"]);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
            0o640,
            "{name}"
        );
    }
    let after = contents(&world);
    let again = world.interlock(&["wrap", "--yes"]).expect(0);
    has(&again.err, &["nothing to wrap"]);
    assert_eq!(contents(&world), after);

    // All of them start one server: one approval, with the variables that the files set.
    let approved = world
        .with_passphrase(&["approve", "--pending", "--passphrase-fd", "0"])
        .expect(0);
    has(
        &approved.out,
        &["1 of 1: a", "--env EXTRA", "--env TOKEN", "approved as a"],
    );
    let nothing = world.interlock(&["approve", "--pending"]).expect(0);
    has(&nothing.err, &["nothing waits"]);
    let mut client = world.run(&["--", &world.server(), "plain"]);
    client.greet();
    has(&client.ask(LIST), &["adds two numbers"]);
    client.close().expect(0);

    let unwrapped = world.interlock(&["unwrap", "--yes"]).expect(0);
    has(&unwrapped.out, &["byte for byte", "20 files changed back"]);
    assert_eq!(contents(&world), before);
    has(
        &world.interlock(&["unwrap", "--yes"]).expect(0).err,
        &["nothing is wrapped"],
    );
}

#[test]
fn without_its_backups_each_entry_is_unwrapped_from_itself() {
    let world = home();
    let before = contents(&world);
    world.interlock(&["wrap", "--yes"]).expect(0);
    fs::remove_dir_all(world.home.join(".local/state/interlock/wrap")).unwrap();
    let unwrapped = world.interlock(&["unwrap", "--yes"]).expect(0);
    has(&unwrapped.out, &["only these entries change"]);
    for ((name, _), (is, was)) in FILES.iter().zip(contents(&world).iter().zip(&before)) {
        let text = String::from_utf8_lossy(is).replace('"', "'");
        assert_eq!(
            text,
            String::from_utf8_lossy(was).replace('"', "'"),
            "{name}"
        );
    }
}

#[test]
fn only_what_is_asked_for_changes() {
    let world = home();
    let before = contents(&world);
    world
        .interlock(&["wrap", "--yes", "--client", "cursor"])
        .expect(0);
    let changed: Vec<&str> = FILES
        .iter()
        .zip(contents(&world).iter().zip(&before))
        .filter(|(_, (is, was))| is != was)
        .map(|((name, _), _)| *name)
        .collect();
    assert_eq!(changed, [".cursor/mcp.json"]);
    let unknown = world.interlock(&["wrap", "--client", "nobody"]).expect(2);
    has(&unknown.err, &["`nobody` is no client", "claude-code"]);
    let silent = world.interlock(&["unwrap"]).expect(3);
    has(&silent.err, &["no terminal to ask at"]);

    let project = world.home.join("data");
    fs::write(
        project.join(".mcp.json"),
        "{\"mcpServers\": {\"p\": {\"command\": \"npx\"}}}",
    )
    .unwrap();
    world
        .interlock(&["wrap", "--yes", "--project", &world.path("data")])
        .expect(0);
    let text = fs::read_to_string(project.join(".mcp.json")).unwrap();
    assert_eq!(
        text,
        "{\"mcpServers\": {\"p\": {\"command\": \"interlock\", \"args\": [\"run\", \"--\", \"npx\"]}}}"
    );
    // The journal knows the project's file too.
    world.interlock(&["unwrap", "--yes"]).expect(0);
    assert_eq!(
        fs::read_to_string(project.join(".mcp.json")).unwrap(),
        "{\"mcpServers\": {\"p\": {\"command\": \"npx\"}}}"
    );
    assert_eq!(contents(&world), before);
}

#[test]
fn what_cannot_be_changed_stays_and_is_told() {
    let world = home();
    let read_only = world.home.join(".cursor/mcp.json");
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o440)).unwrap();
    fs::write(
        world.home.join(".gemini/settings.json"),
        "{\"mcpServers\": ",
    )
    .unwrap();
    let before = contents(&world);
    let wrapped = world.interlock(&["wrap", "--yes"]).expect(1);
    has(&wrapped.err, &["is read-only", "chmod u+w"]);
    let after = contents(&world);
    for (at, (name, _)) in FILES.iter().enumerate() {
        let stays = [".cursor/mcp.json", ".gemini/settings.json"].contains(name);
        assert_eq!(before[at] == after[at], stays, "{name}");
    }
}

#[test]
fn a_disk_that_takes_no_more_leaves_every_file_whole() {
    let world = home();
    let before = contents(&world);
    // Files may grow to half a kilobyte, and no signal says so: writes fail as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$INTERLOCK\" wrap --yes";
    let large = world.home.join(".claude.json");
    let rest = String::from_utf8(before[0].clone()).unwrap();
    let history = format!("{{\"history\": \"{}\",", "x".repeat(8192));
    let text = rest.replacen('{', &history, 1);
    fs::write(&large, &text).unwrap();
    let done = world.shell(script).stdin(Stdio::null()).output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    has(
        &String::from_utf8_lossy(&done.stderr),
        &["a file was left as it is"],
    );
    assert_eq!(fs::read_to_string(&large).unwrap(), text);
    assert_eq!(leftovers(&world.home), 0, "no temporary file stays");
    world.interlock(&["wrap", "--yes"]).expect(0);
    world.interlock(&["unwrap", "--yes"]).expect(0);
    assert_eq!(fs::read_to_string(&large).unwrap(), text);
}

#[test]
fn killed_at_any_moment_it_leaves_the_old_or_the_new_file() {
    let world = home();
    let before = contents(&world);
    world.interlock(&["wrap", "--yes"]).expect(0);
    let after = contents(&world);
    world.interlock(&["unwrap", "--yes"]).expect(0);
    for round in 0..24_u32 {
        let mut process = world
            .command(["wrap", "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::park_timeout(std::time::Duration::from_millis(u64::from(round) * 3));
        process.kill().unwrap();
        process.wait().unwrap();
        for (at, found) in contents(&world).iter().enumerate() {
            assert!(
                *found == before[at] || *found == after[at],
                "{}: {found:?}",
                FILES[at].0
            );
        }
        // Whatever was reached, the way back is there.
        world.interlock(&["unwrap", "--yes"]).expect(0);
        assert_eq!(contents(&world), before, "round {round}");
    }
}

fn leftovers(directory: &Path) -> usize {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    entries
        .filter(|name| name.to_string_lossy().contains(".interlock-"))
        .count()
}

#[test]
fn a_person_walks_through_what_waits() {
    let world = World::new();
    let server = world.server();
    let text = format!(
        "{{\"mcpServers\": {{\"one\": {{\"command\": \"{server}\", \"args\": [\"plain\"]}}, \
         \"two\": {{\"command\": \"{server}\", \"args\": [\"other\"]}}, \
         \"three\": {{\"command\": \"{server}\", \"args\": [\"third\"]}}}}}}"
    );
    fs::create_dir(world.home.join(".cursor")).unwrap();
    fs::write(world.home.join(".cursor/mcp.json"), text).unwrap();
    world.interlock(&["wrap", "--yes"]).expect(0);

    let script = "exec script -qec '\"$INTERLOCK\" approve --pending' /dev/null";
    let mut command = world.shell(script);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut shown = String::new();
    let data = format!("--read {}\n", world.path("data"));
    for (prompt, answer) in [
        ("HOST:PORT]", "perhaps\n"),
        ("HOST:PORT]", data.as_str()),
        ("HOST:PORT]", "yes\n"),
        ("approver's passphrase:", PASSPHRASE),
        ("HOST:PORT]", "skip\n"),
        ("HOST:PORT]", "stop\n"),
    ] {
        shown += &shown_until(&mut child, prompt);
        input.write_all(answer.as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    shown += &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    has(
        &shown,
        &[
            "1 of 3: one",
            "2 of 3: two",
            "3 of 3: three",
            "approved as one",
            "1 left",
        ],
    );
    let list = world.interlock(&["list"]).expect(0);
    has(&list.out, &["one", "--read"]);
    assert!(
        !list.out.contains("two") && !list.out.contains("three"),
        "{}",
        list.out
    );
}
