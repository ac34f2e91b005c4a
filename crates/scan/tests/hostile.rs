//! Files that are no configuration, or are made to harm who reads them: each is reported as what it is.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use interlock_scan::{
    ConfigFile, Content, Document, Format, LARGEST_FILE, Limits, Machine, Os, ProblemKind,
    Unreadable, discover,
};

/// What is found where Cursor keeps its file, after `make` put something there.
fn check(make: impl FnOnce(&Path)) -> ConfigFile {
    let top = tempfile::tempdir().unwrap();
    fs::create_dir(top.path().join(".cursor")).unwrap();
    make(&top.path().join(".cursor/mcp.json"));
    let machine = Machine::home_only(top.path().to_owned(), Os::Linux);
    let mut discovery = discover(&machine, &Limits::default(), &mut |_| {});
    assert_eq!(discovery.files.len(), 1, "{:?}", discovery.skipped);
    discovery.files.remove(0)
}

fn reason(file: &ConfigFile) -> Option<&Unreadable> {
    match &file.content {
        Content::Unreadable(reason) => Some(reason),
        Content::Read(_) => None,
    }
}

#[test]
fn what_is_no_file_is_never_opened() {
    let pipe = check(|path| {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    });
    assert_eq!(reason(&pipe), Some(&Unreadable::NotAFile("a pipe")));
    let socket = check(|path| drop(std::os::unix::net::UnixListener::bind(path).unwrap()));
    assert_eq!(reason(&socket), Some(&Unreadable::NotAFile("a socket")));
    let directory = check(|path| fs::create_dir(path).unwrap());
    assert_eq!(
        reason(&directory),
        Some(&Unreadable::NotAFile("a directory"))
    );
    let device = check(|path| symlink("/dev/zero", path).unwrap());
    assert_eq!(reason(&device), Some(&Unreadable::NotAFile("a device")));
    assert_eq!(device.meta.link.as_deref(), Some(Path::new("/dev/zero")));
}

#[test]
fn links_that_lead_nowhere_or_in_circles_are_said_to() {
    let circle = check(|path| symlink("mcp.json", path).unwrap());
    assert_eq!(reason(&circle), Some(&Unreadable::Loop));
    let nowhere = check(|path| symlink("../gone", path).unwrap());
    assert_eq!(reason(&nowhere), Some(&Unreadable::Dangling));
    let elsewhere = check(|path| {
        let real = path.with_file_name("real.json");
        fs::write(&real, "{}").unwrap();
        symlink("real.json", path).unwrap();
    });
    assert_eq!(reason(&elsewhere), None);
    assert_eq!(elsewhere.meta.link.as_deref(), Some(Path::new("real.json")));
    assert!(elsewhere.meta.real.unwrap().ends_with(".cursor/real.json"));
}

#[test]
fn a_link_to_a_directory_above_is_not_walked_in_circles() {
    let top = tempfile::tempdir().unwrap();
    let plugins = top.path().join(".claude/plugins/cache/a");
    fs::create_dir_all(&plugins).unwrap();
    symlink("..", plugins.join("up")).unwrap();
    fs::write(plugins.join(".mcp.json"), r#"{"s":{"command":"c"}}"#).unwrap();
    let mut machine = Machine::home_only(top.path().to_owned(), Os::Linux);
    machine.projects.push(top.path().to_owned());
    let discovery = discover(&machine, &Limits::default(), &mut |_| {});
    assert_eq!(discovery.files.len(), 1);
    assert_eq!(discovery.files[0].servers.len(), 1);
}

#[test]
fn permissions_are_told() {
    let open = check(|path| {
        fs::write(path, "{}").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
        let directory = path.parent().unwrap();
        fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).unwrap();
    });
    assert_eq!(open.meta.mode, Some(0o666));
    assert_eq!(open.meta.owner, Some(rustix::process::getuid().as_raw()));
    assert!(open.meta.directory_shared);
    let closed = check(|path| {
        fs::write(path, "{}").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    });
    // Root reads it all the same.
    let root = rustix::process::getuid().is_root();
    assert_eq!(reason(&closed), (!root).then_some(&Unreadable::Denied));
}

#[test]
fn a_file_larger_than_is_read_is_left_alone() {
    let large = check(|path| {
        let file = fs::File::create(path).unwrap();
        file.set_len(LARGEST_FILE as u64 + 1).unwrap();
    });
    assert_eq!(
        reason(&large),
        Some(&Unreadable::TooLarge(LARGEST_FILE as u64 + 1))
    );
}

#[test]
fn more_entries_or_files_than_are_looked_at_are_said_to_be() {
    let top = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "d"] {
        fs::create_dir_all(top.path().join(name)).unwrap();
        fs::write(top.path().join(name).join(".mcp.json"), "{}").unwrap();
    }
    let machine = Machine::project_only(top.path().to_owned(), Os::Linux);
    for limits in [
        Limits {
            entries: 5,
            ..Limits::default()
        },
        Limits {
            files: 2,
            ..Limits::default()
        },
    ] {
        let discovery = discover(&machine, &limits, &mut |_| {});
        assert!(discovery.files.len() < 4);
        assert_eq!(discovery.skipped.len(), 1);
        assert_eq!(discovery.skipped[0].reason, Unreadable::TooMany);
    }
}

/// Texts that are made to use up memory, stack or time, by format.
#[test]
fn bombs_are_bounded() {
    let deep_json = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_objects = "{\"a\":".repeat(200_000);
    let wide_json = format!("[{}0]", "0,".repeat(3_000_000));
    let deep_toml = format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let dotted_toml = format!("{}x = 1", "a.".repeat(50_000));
    let deep_yaml = "- ".repeat(100_000);
    let flow_yaml = "[".repeat(100_000);
    let laughs: String = (0..30)
        .map(|n| {
            let before = format!("*a{}", n - 1);
            match n {
                0 => "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
                _ => format!("a{n}: &a{n} [{}]\n", vec![before; 9].join(", ")),
            }
        })
        .collect();
    for (text, format, kind) in [
        (&deep_json, Format::Json, ProblemKind::TooDeep),
        (&deep_objects, Format::Jsonc, ProblemKind::TooDeep),
        (&wide_json, Format::Json, ProblemKind::TooMany),
        (&deep_toml, Format::Toml, ProblemKind::TooDeep),
        (&dotted_toml, Format::Toml, ProblemKind::TooDeep),
        (&deep_yaml, Format::Yaml, ProblemKind::TooDeep),
        (&flow_yaml, Format::Yaml, ProblemKind::TooDeep),
        (&laughs, Format::Yaml, ProblemKind::TooMany),
    ] {
        let document = Document::read(text.as_bytes(), format);
        let kinds: Vec<_> = document
            .problems()
            .iter()
            .map(|problem| problem.kind)
            .collect();
        let start: String = text.chars().take(20).collect();
        assert!(kinds.contains(&kind), "{start} {kinds:?}");
        assert_eq!(document.root(), None, "{start}");
    }
}
