//! What is served beneath a root, and what is not, while others rename and link.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use interlock_wire::resource_uri::{RootFault, UriFault};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use super::{FileBody, FileError, FileResources, RootError};

const SECRET: &str = "the secret of somebody else";

/// `root/` with a few files, and `outside/` beside it with a secret.
fn world() -> (TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("root");
    fs::create_dir_all(root.join("sub/deep")).unwrap();
    fs::create_dir(place.path().join("outside")).unwrap();
    fs::write(place.path().join("outside/secret"), SECRET).unwrap();
    fs::write(root.join("a.txt"), "hello").unwrap();
    fs::write(root.join("My File.md"), "# spaced").unwrap();
    fs::write(root.join("sub/b.bin"), b"\x00\xff").unwrap();
    fs::write(root.join("sub/deep/c"), "").unwrap();
    let root = root.to_str().unwrap().to_owned();
    (place, root)
}

/// What reading `root/<path>` comes to, in a word.
fn outcome(files: &FileResources, path: &str) -> String {
    match files.read_blocking(&(files.root_uri() + path)) {
        Ok(contents) => match contents.into_body() {
            FileBody::Text(text) => text,
            FileBody::Blob(bytes) => format!("{} bytes", bytes.len()),
        },
        Err(FileError::Uri(fault)) => format!("{fault:?}"),
        Err(FileError::NotFound) => "not found".to_owned(),
        Err(FileError::NotRegular) => "not regular".to_owned(),
        Err(FileError::TooLarge { limit }) => format!("over {limit}"),
        Err(FileError::Io(error)) => format!("io {error}"),
    }
}

#[track_caller]
fn check(files: &FileResources, cases: &[(&str, &str)]) {
    for (path, expected) in cases {
        assert_eq!(outcome(files, path), *expected, "{path}");
    }
}

#[test]
fn regular_files_beneath_the_root_are_served() {
    let (_place, root) = world();
    let files = FileResources::beneath(&root).unwrap();
    check(
        &files,
        &[
            ("a.txt", "hello"),
            ("My%20File.md", "# spaced"),
            ("sub/b.bin", "2 bytes"),
            ("sub/deep/c", ""),
            ("sub/deep/c/", ""),
            ("missing", "not found"),
            ("a.txt/x", "not found"),
            ("sub", "not regular"),
            ("", "not regular"),
            ("../outside/secret", "Traversal"),
            ("%2e%2e/outside/secret", "Traversal"),
        ],
    );
    let contents = files
        .read_blocking(&(files.root_uri() + "My%20File.md"))
        .unwrap();
    assert_eq!(contents.mime_type(), Some("text/markdown"));
    assert!(contents.uri().ends_with("/root/My%20File.md"));
}

// SPEC: 2026-07-28/server/resources/security-considerations:5
#[test]
fn links_of_any_kind_lead_nowhere() {
    let (place, root) = world();
    let outside = place.path().join("outside");
    let here = Path::new(&root);
    symlink(outside.join("secret"), here.join("link")).unwrap();
    symlink(&outside, here.join("dir")).unwrap();
    symlink("a.txt", here.join("inner")).unwrap();
    symlink("../outside/secret", here.join("sub/up")).unwrap();
    symlink("/proc/self/environ", here.join("environ")).unwrap();
    symlink("/dev/zero", here.join("zero")).unwrap();
    symlink("loop", here.join("loop")).unwrap();
    let files = FileResources::beneath(&root).unwrap();
    for path in [
        "link",
        "dir/secret",
        "inner",
        "sub/up",
        "environ",
        "zero",
        "loop",
    ] {
        assert_eq!(outcome(&files, path), "not found", "{path}");
    }
}

#[test]
fn what_is_no_regular_file_is_not_waited_for() {
    let (_place, root) = world();
    let pipe = Path::new(&root).join("pipe");
    rustix::fs::mknodat(
        CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(Path::new(&root).join("socket")).unwrap();
    let files = FileResources::beneath(&root).unwrap();
    check(
        &files,
        &[("pipe", "not regular"), ("socket", "not regular")],
    );
}

#[test]
fn long_files_are_refused() {
    let (_place, root) = world();
    let files = FileResources::beneath(&root).unwrap().max_size(5);
    check(&files, &[("a.txt", "hello"), ("My%20File.md", "over 5")]);
    // A size that nobody can hold in memory costs nothing.
    let sparse = fs::File::create(Path::new(&root).join("sparse")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    let files = FileResources::beneath(&root).unwrap();
    assert_eq!(outcome(&files, "sparse"), "over 4194304");
}

#[test]
fn a_renamed_root_stays_the_directory_that_it_was() {
    let (place, root) = world();
    let files = FileResources::beneath(&root).unwrap();
    fs::rename(&root, place.path().join("moved")).unwrap();
    symlink(place.path().join("outside"), &root).unwrap();
    check(&files, &[("a.txt", "hello"), ("secret", "not found")]);
}

#[test]
fn places_that_hold_too_much_are_refused() {
    for (path, expected) in [
        ("/", RootFault::Everything),
        ("/etc", RootFault::System),
        ("/home/someone/.ssh", RootFault::Credentials),
        ("relative", RootFault::NotAPath),
        ("file:///srv", RootFault::NotAPath),
        ("/srv/../etc", RootFault::NotAPath),
    ] {
        match FileResources::beneath(path) {
            Err(RootError::Refused { source, .. }) => assert_eq!(source, expected, "{path}"),
            other => panic!("{path}: {other:?}"),
        }
    }
    let (_place, root) = world();
    assert!(matches!(
        FileResources::beneath(&format!("{root}/a.txt")),
        Err(RootError::Open { .. })
    ));
    let all = FileResources::danger_beneath("/").unwrap();
    assert_eq!(all.root_uri(), "file:///");
    assert!(matches!(
        all.read_blocking("file:///proc/self/environ"),
        Err(FileError::Uri(UriFault::Device))
    ));
    assert!(all.read_blocking(&format!("file://{root}/a.txt")).is_ok());
}

#[test]
fn listings_hold_what_can_be_asked_for_and_end() {
    let (place, root) = world();
    let here = Path::new(&root);
    symlink(place.path().join("outside"), here.join("dir")).unwrap();
    symlink("a.txt", here.join("inner")).unwrap();
    fs::write(here.join("CON"), "").unwrap();
    fs::write(here.join("back\\slash"), "").unwrap();
    let files = FileResources::beneath(&root).unwrap();
    let listing = files.list_blocking(100).unwrap();
    let names: Vec<&str> = listing
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(names, ["My File.md", "a.txt", "sub/b.bin", "sub/deep/c"]);
    assert!(!listing.truncated);
    for file in &listing.files {
        assert!(files.read_blocking(&file.uri).is_ok(), "{}", file.uri);
    }
    let short = files.list_blocking(1).unwrap();
    assert_eq!((short.files.len(), short.truncated), (1, true));
}

#[tokio::test]
async fn reading_and_listing_work_on_a_runtime() {
    let (_place, root) = world();
    let files = FileResources::beneath(&root).unwrap();
    let contents = files.read(&(files.root_uri() + "a.txt")).await.unwrap();
    assert_eq!(contents.body(), &FileBody::Text("hello".to_owned()));
    assert_eq!(files.list(10).await.unwrap().files.len(), 4);
}

/// Case RU-023 of the corpus: a name that is a file when it is checked and a link when it is opened.
#[test]
fn a_name_that_is_swapped_all_the_time_never_leads_out() {
    let (place, root) = world();
    let here = Path::new(&root);
    fs::write(here.join("racy"), "mine").unwrap();
    symlink(place.path().join("outside/secret"), here.join("racy-link")).unwrap();
    fs::create_dir(here.join("door")).unwrap();
    fs::write(here.join("door/secret"), "mine").unwrap();
    symlink(place.path().join("outside"), here.join("door-link")).unwrap();
    let files = FileResources::beneath(&root).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also when an assertion fails: the scope waits for its threads.
        let _end = OnDrop(&stop);
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for name in ["racy", "door"] {
                    let (left, right) = (here.join(name), here.join(format!("{name}-link")));
                    renameat_with(CWD, &left, CWD, &right, RenameFlags::EXCHANGE).unwrap();
                }
            }
        });
        for _ in 0..2_000 {
            for path in ["racy", "racy-link", "door/secret", "door-link/secret"] {
                let found = outcome(&files, path);
                assert!(
                    matches!(found.as_str(), "mine" | "not found"),
                    "{path}: {found}"
                );
            }
        }
    });
}

struct OnDrop<'a>(&'a AtomicBool);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
