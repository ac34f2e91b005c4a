//! Manifests made concrete.

use super::*;
use serde_json::json;

fn manifest(server: Value, settings: Value) -> Value {
    json!({"manifest_version": "0.3", "name": "x", "version": "1.0.0", "description": "x", "author": {"name": "a"},
        "server": server, "user_config": settings})
}

/// `runs entry | options | args | env | secrets`, or a part of the message.
fn check(manifest: &Value, words: &[&str], expected: Result<&str, &str>) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let found = read(&manifest.to_string())
        .and_then(|manifest| ready(&manifest, &words, Path::new("/s/bundle"), Path::new("/h")));
    match (found, expected) {
        (Ok(ready), Ok(expected)) => {
            let pairs: Vec<String> = ready
                .words
                .env
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let secrets: Vec<&str> = ready.secrets.keys().map(String::as_str).collect();
            let found = format!(
                "{:?} {} | {} | {} | {} | {}",
                ready.runs,
                ready.entry,
                ready.words.options.join(" "),
                ready.words.args.join(" "),
                pairs.join(" "),
                secrets.join(" ")
            );
            assert_eq!(found, expected);
        }
        (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
        (found, expected) => panic!("{found:?} / {expected:?}"),
    }
}

fn node(args: Value, env: Value) -> Value {
    json!({"type": "node", "entry_point": "server/index.js",
        "mcp_config": {"command": "node", "args": args, "env": env}})
}

#[test]
fn every_kind_of_server_starts_its_entry() {
    let settings = json!({
        "dirs": {"type": "directory", "multiple": true, "required": true},
        "note": {"type": "string"},
        "key": {"type": "string", "sensitive": true, "required": true}});
    check(
        &manifest(
            node(
                json!([
                    "${__dirname}/server/index.js",
                    "--home",
                    "${HOME}/x",
                    "${user_config.dirs}",
                    "${user_config.note}",
                    "n=${user_config.note}"
                ]),
                json!({"API_KEY": "${user_config.key}", "NOTE": "${user_config.note}", "PLACE": "${__dirname}/data", "A": "b"}),
            ),
            settings.clone(),
        ),
        &["dirs=/a", "dirs=/b c"],
        Ok("Node server/index.js |  | --home /h/x /a /b c n= | A=b PLACE=/s/bundle/data | API_KEY"),
    );
    check(
        &manifest(
            json!({"type": "python", "entry_point": "server/main.py", "mcp_config": {"command": "python3",
                "args": ["-u", "${__dirname}/server/main.py"], "env": {"PYTHONPATH": "${__dirname}/server/lib"}}}),
            json!({}),
        ),
        &[],
        Ok("IsolatedPython server/main.py | -u |  | PYTHONPATH=/s/bundle/server/lib | "),
    );
    check(
        &manifest(
            json!({"type": "binary", "entry_point": "bin/tool", "mcp_config": {"command": "${__dirname}/bin/tool", "args": ["serve"],
                "platform_overrides": {"win32": {"command": "${__dirname}/bin/tool.exe"}, "linux": {"args": ["serve", "linux"]}}}}),
            json!({}),
        ),
        &[],
        Ok("Itself bin/tool |  | serve linux |  | "),
    );
}

#[test]
fn separators_of_paths_are_filled_in() {
    let python = json!({"type": "python", "entry_point": "server/main.py", "mcp_config": {"command": "python3",
        "args": ["${__dirname}${/}server${pathSeparator}main.py", "${HOME}${/}x", "${user_config.place}${/}y"],
        "env": {"PYTHONPATH": "${__dirname}${pathSeparator}server${/}lib"}}});
    let settings = json!({"place": {"type": "directory", "default": "${HOME}${/}z"}});
    let expected =
        "IsolatedPython server/main.py |  | /h/x /h/z/y | PYTHONPATH=/s/bundle/server/lib | ";
    check(&manifest(python, settings), &[], Ok(expected));
    let binary = json!({"type": "binary", "entry_point": "bin/tool", "mcp_config": {"command": "${__dirname}${/}bin${/}tool"}});
    check(
        &manifest(binary, json!({})),
        &[],
        Ok("Itself bin/tool |  |  |  | "),
    );
    let outside = node(json!(["${__dirname}${/}..${/}x.js"]), json!({}));
    check(&manifest(outside, json!({})), &[], Err("refused"));
}

#[test]
fn what_is_given_is_never_read_as_a_placeholder() {
    check(
        &manifest(
            node(
                json!([
                    "${__dirname}/server/index.js",
                    "x${user_config.note}${__dirname}"
                ]),
                json!({}),
            ),
            json!({"note": {"type": "string"}, "other": {"type": "string", "default": "secret"}}),
        ),
        &["note=${__dirname}${user_config.other}"],
        Ok("Node server/index.js |  | x${__dirname}${user_config.other}/s/bundle |  | "),
    );
}

#[test]
fn what_is_not_clear_is_refused() {
    let entry = "${__dirname}/server/index.js";
    let secret = json!({"key": {"type": "string", "sensitive": true}});
    for (manifest, part) in [
        (
            manifest(
                json!({"type": "uv", "entry_point": "src/server.py"}),
                json!({}),
            ),
            "fetches packages",
        ),
        (
            manifest(
                json!({"type": "python", "entry_point": "s.py", "mcp_config": {"command": "uv", "args": ["run", "${__dirname}/s.py"]}}),
                json!({}),
            ),
            "fetches packages",
        ),
        (
            manifest(
                node(json!([entry, "--key=${user_config.key}"]), json!({})),
                secret,
            ),
            "every process",
        ),
        (
            manifest(
                node(json!([entry, "${user_config.none}"]), json!({})),
                json!({}),
            ),
            "does not declare",
        ),
        (
            manifest(
                node(json!([entry]), json!({"NODE_OPTIONS": "--require /x.js"})),
                json!({}),
            ),
            "refused",
        ),
        (
            manifest(node(json!(["${__dirname}/../x.js"]), json!({})), json!({})),
            "refused",
        ),
        (
            manifest(node(json!(["-e", "1", entry]), json!({})), json!({})),
            "refused",
        ),
        (
            manifest(
                node(json!([entry]), json!({})),
                json!({"need": {"type": "string", "required": true}}),
            ),
            "`need`",
        ),
        (json!({"manifest_version": "0.3"}), "refused"),
        (json!([]), "refused"),
    ] {
        check(&manifest, &[], Err(part));
    }
    let mut later = manifest(node(json!([entry]), json!({})), json!({}));
    later["manifest_version"] = json!("0.9");
    check(&later, &[], Err("manifests of version `0.9` are not known"));
    let mut other = manifest(node(json!([entry]), json!({})), json!({}));
    other["compatibility"] = json!({"platforms": ["darwin", "win32"]});
    check(&other, &[], Err("not for Linux"));
    assert!(read("{\"a\": 1, \"a\": 2}").is_err());
}

#[test]
fn nothing_but_the_entry_starts() {
    let entry = "${__dirname}/server/index.js";
    let text = |default: Value| json!({"o": {"type": "string", "multiple": true, "default": default}, "t": {"type": "string"}});
    for (args, default, part) in [
        (
            json!(["${HOME}/notes/x.js", entry]),
            json!(""),
            "name its entry",
        ),
        (
            json!(["--title", entry, "/srv/x.js"]),
            json!(""),
            "name its entry",
        ),
        (
            json!(["${user_config.o}", entry]),
            json!(["--require", "/srv/x.js"]),
            "with these settings",
        ),
        (
            json!(["${user_config.o}", entry]),
            json!(["-e", "code"]),
            "with these settings",
        ),
        (
            json!(["${user_config.o}", entry]),
            json!(["--title", "x", "/srv/x.js"]),
            "name its entry",
        ),
        (
            json!(["--title", "${user_config.t}", entry, "/srv/x.js"]),
            json!(""),
            "name its entry",
        ),
        (
            json!(["--title", "${user_config.o}", entry, "/srv/x.js"]),
            json!("a"),
            "",
        ),
    ] {
        let manifest = manifest(node(args, json!({})), text(default));
        match part {
            "" => {
                let found = ready(&manifest, &[], Path::new("/s/bundle"), Path::new("/h")).unwrap();
                assert_eq!(found.words.options, ["--title", "a"]);
                assert_eq!(found.words.args, ["/srv/x.js"]);
            }
            part => check(&manifest, &[], Err(part)),
        }
    }
    let python = json!({"type": "python", "entry_point": "m.py",
        "mcp_config": {"command": "python", "args": ["-m", "mod", "${__dirname}/m.py"]}});
    check(&manifest(python, json!({})), &[], Err("name its entry"));
}

#[test]
fn variables_are_judged_with_their_values() {
    for (name, text, default, good) in [
        (
            "NODE_OPTIONS",
            "${user_config.o}",
            "--require=/srv/x.js",
            false,
        ),
        (
            "NODE_OPTIONS",
            "${user_config.o}",
            "--max-old-space-size=4096",
            true,
        ),
        ("PYTHONPATH", "${user_config.o}", "/srv/lib", false),
        ("NODE_PATH", "${user_config.o}", "/srv/lib", false),
        ("node_path", "${user_config.o}", "lib", false),
        ("LD_PRELOAD", "${__dirname}/a.so /srv/x.so", "", false),
        ("LD_PRELOAD", "${__dirname}/a.so", "", false),
        (
            "LD_LIBRARY_PATH",
            "${__dirname}/${user_config.o}",
            "a.so:/srv/x.so",
            false,
        ),
        (
            "LD_LIBRARY_PATH",
            "${__dirname}/${user_config.o}",
            "../..",
            false,
        ),
        (
            "NODE_PATH",
            "${__dirname}${user_config.o}",
            "-other/x",
            false,
        ),
        (
            "NODE_PATH",
            "${__dirname}/node_modules:${__dirname}/lib/",
            "",
            true,
        ),
        ("PATH", "${__dirname}/bin:/usr/bin", "", true),
        ("PATH", "${__dirname}/bin:${user_config.o}", "/tmp/x", false),
        ("DATA", "${__dirname}/a b:c", "", true),
    ] {
        let manifest = manifest(
            node(json!(["${__dirname}/server/index.js"]), json!({name: text})),
            json!({"o": {"type": "string", "default": default}}),
        );
        let found = read(&manifest.to_string())
            .and_then(|manifest| ready(&manifest, &[], Path::new("/s/bundle"), Path::new("/h")));
        assert_eq!(found.is_ok(), good, "{name}={text} {default}: {found:?}");
    }
}
