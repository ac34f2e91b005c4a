//! Builds by backends of every kind, each of which is a few lines of Python in the sources themselves.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

/// What every backend here has: a way to leave a wheel.
const WHEEL: &str = "
def wheel(directory, name, content='x'):
    import zipfile
    with zipfile.ZipFile(directory + '/' + name, 'w') as archive:
        archive.writestr('a.py', content)
    return name
";

/// Sources whose backend is `own.py`.
struct Project {
    root: TempDir,
}

impl Project {
    fn new(program: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        for part in ["source", "tools/python/site", "outside"] {
            fs::create_dir_all(root.path().join(part)).unwrap();
        }
        fs::write(root.path().join("source/data.txt"), "data").unwrap();
        fs::write(
            root.path().join("source/own.py"),
            format!("{WHEEL}\n{program}"),
        )
        .unwrap();
        Self { root }
    }

    /// What comes of it, or how it ended and what it said.
    fn build(&self, builder: &ContainedBuild) -> Result<Vec<(String, Vec<u8>)>, String> {
        let made = builder.wheel(&self.task(&[".".to_owned()]));
        made.map_err(|broken| text(&broken))
    }

    fn task<'a>(&self, backend_path: &'a [String]) -> Task<'a> {
        let path = |part: &str| -> &'static Path {
            Box::leak(self.root.path().join(part).into_boxed_path())
        };
        Task {
            source: path("source"),
            tools: path("tools"),
            backend: "own",
            backend_path,
            version: None,
        }
    }
}

fn text(broken: &Broken) -> String {
    let lines: Vec<String> = said(broken).collect();
    format!("{}; {}", broken.why, lines.join("; "))
}

/// Who builds shows that the build is on record.
fn recorded() -> Receipt {
    let root = tempfile::tempdir().unwrap();
    let now = std::time::UNIX_EPOCH;
    let mut log =
        interlock_audit::Log::open(&root.path().join("log"), Default::default(), now).unwrap();
    let event = interlock_audit::Event::DangerUsed {
        session: None,
        option: "--danger-build-sdists",
        value: None,
    };
    log.append(now, &event).unwrap()
}

fn builder() -> ContainedBuild {
    let python = Path::new("/usr/bin/python3").canonicalize().unwrap();
    ContainedBuild::new(python, recorded())
}

/// What a backend's `build_wheel` comes to: the names of what it left, or a part of the reason.
#[track_caller]
fn check(body: &str, builder: &ContainedBuild, expected: Result<&[&str], &str>) {
    let sources = Project::new(&format!(
        "import os, sys\ndef build_wheel(out, settings, metadata):\n{body}"
    ));
    let before = all(sources.root.path());
    let found = sources.build(builder);
    match (&found, expected) {
        (Ok(made), Ok(expected)) => {
            let names: Vec<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, expected, "{body}");
        }
        (Err(why), Err(part)) => assert!(why.contains(part), "{body}: {why}"),
        (found, _) => panic!("{body}: {found:?}"),
    }
    assert_eq!(
        all(sources.root.path()),
        before,
        "nothing is written: {body}"
    );
}

/// Every file below a directory, and what is in it.
fn all(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn what_a_build_leaves_comes_back() {
    for (body, expected) in [
        ("    wheel(out, 'a.whl')", vec!["a.whl"]),
        ("    pass", vec![]),
        (
            "    wheel(out, 'b.whl'); wheel(out, 'a.whl')",
            vec!["a.whl", "b.whl"],
        ),
        (
            "    print('words'); os.system('echo more'); sys.stdout.flush(); wheel(out, 'a.whl')",
            vec!["a.whl"],
        ),
        // The sources are a copy that may be changed.
        (
            "    open('data.txt', 'a').write('!'); os.remove('own.py'); wheel(out, 'a.whl')",
            vec!["a.whl"],
        ),
    ] {
        check(body, &builder(), Ok(&expected));
    }
}

#[test]
fn a_build_reaches_nothing() {
    let reach = "
    import socket
    with socket.socket() as one:
        one.connect(('192.0.2.1', 80))";
    let look_up = "
    import socket
    print(socket.getaddrinfo('example.com', 80))";
    for (body, expected) in [
        (reach, "PermissionError"),
        (look_up, "gaierror"),
        ("    open('/build/source/data.txt', 'w')", "Error"),
        ("    open('/build/tools/python/site/a.py', 'w')", "Error"),
        ("    os.mkdir('/build/other')", "Error"),
        ("    open('/usr/lib/x', 'w')", "Error"),
        ("    os.listdir('/root/.ssh')", "Error"),
        ("    os.kill(os.getppid(), 9); open('/none')", "Error"),
    ] {
        check(body, &builder(), Err(expected));
    }
    // The environment has nothing of whoever builds.
    let body = "
    known = {'PATH', 'HOME', 'TMPDIR', 'LANG', 'USER', 'TZ', 'SOURCE_DATE_EPOCH'}
    more = [name for name in os.environ if name not in known and not name.startswith('PYTHON')]
    assert not more, more
    assert os.environ['SOURCE_DATE_EPOCH'] == '1577836800' and os.environ['PYTHONHASHSEED'] == '0'
    assert not os.path.exists('/etc/passwd') or 'mcp' in open('/etc/passwd').read()
    wheel(out, 'a.whl')";
    check(body, &builder(), Ok(&["a.whl"]));
}

#[test]
fn a_build_that_ends_takes_everything_with_it() {
    // The child holds the streams open; reading them to their ends proves that it is gone.
    let body = "
    wheel(out, 'a.whl')
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time
            while True:
                time.sleep(1000)
        os._exit(0)";
    check(body, &builder(), Ok(&["a.whl"]));
}

#[test]
fn a_build_has_limits() {
    let small = || {
        let mut small = builder();
        small.limits.tmp_bytes = 16 << 20;
        small.limits.memory_bytes = 512 << 20;
        small.limits.tmp_files = 500;
        small
    };
    let fill = "
    with open('big', 'wb') as file:
        for _ in range(64):
            file.write(bytes(1 << 20))";
    check(fill, &small(), Err("No space left"));
    let many = "
    for number in range(1000):
        open(str(number), 'w').close()";
    check(many, &small(), Err("No space left"));
    let eat = "
    kept = [bytes(1 << 20) for _ in range(2048)]";
    check(eat, &small(), Err("emory"));
    let fork = "
    kept = []
    for _ in range(100000):
        if os.fork() == 0:
            import signal
            signal.pause()";
    check(fork, &builder(), Err("BlockingIOError"));
    let mut quick = builder();
    quick.limits.cpu_seconds = Some(1);
    check("    while True: pass", &quick, Err("signal"));
    let parts = "
    for number in range(9):
        wheel(out, '%d.whl' % number)";
    check(
        parts,
        &builder(),
        Err("there is more of it than there can be"),
    );
    let mut late = builder();
    late.time = Duration::from_millis(1);
    let wait = "
    import signal
    signal.pause()";
    check(wait, &late, Err("it took longer than"));
}

#[test]
fn a_failure_is_told_in_its_own_words_escaped() {
    let body = "    sys.exit('\\x1b[2Jfirst\\nlast \\u202e word')";
    check(body, &builder(), Err("\"last \\u{202e} word\""));
    check(body, &builder(), Err("\"\\u{1b}[2Jfirst\""));
    check(
        "    os._exit(7)",
        &builder(),
        Err("it ended with exit code 7"),
    );
    check(
        "    os._exit(0)",
        &builder(),
        Err("it came back incomplete"),
    );
    let sources = Project::new("");
    let other = Task {
        backend: "nobody",
        ..sources.task(&[])
    };
    let why = text(&builder().wheel(&other).unwrap_err());
    assert!(why.contains("No module named 'nobody'"), "{why}");
    let long =
        "    [print('line', number, file=sys.stderr) for number in range(100000)]; sys.exit(1)";
    let sources = Project::new(&format!(
        "import sys\ndef build_wheel(out, settings, metadata):\n{long}"
    ));
    let why = sources.build(&builder()).unwrap_err();
    assert!(why.contains("line 99999") && why.len() < 1000, "{why}");
}

#[test]
fn a_project_without_a_version_is_told_one() {
    let body = "import os\ndef build_wheel(out, settings, metadata):\n    names = [name for name in os.environ if 'VERSION' in name]\n    \
        return wheel(out, f\"{len(names)}-{os.environ.get('PBR_VERSION')}.whl\")";
    let sources = Project::new(body);
    for (version, expected) in [
        (None, "0-None.whl"),
        (Some("0.0.0+git.0a"), "5-0.0.0+git.0a.whl"),
    ] {
        let path = [".".to_owned()];
        let task = Task {
            version,
            ..sources.task(&path)
        };
        let made = builder().wheel(&task).unwrap();
        let names: Vec<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [expected]);
    }
}

#[test]
fn what_a_backend_asks_for() {
    for (body, expected) in [
        ("", Ok(Vec::new())),
        (
            "def get_requires_for_build_wheel(settings): return ['wheel', 'a>1']",
            Ok(vec!["wheel".to_owned(), "a>1".to_owned()]),
        ),
        (
            "def get_requires_for_build_wheel(settings): return ['x' * 1100 for _ in range(1000)]",
            Err("it made more than 1 MiB"),
        ),
        (
            "def get_requires_for_build_wheel(settings): return ['x'] * 1001",
            Err("there is more of it than there can be"),
        ),
        (
            "def get_requires_for_build_wheel(settings): raise ValueError('no')",
            Err("no"),
        ),
    ] {
        let sources = Project::new(body);
        let path = [".".to_owned()];
        match (builder().requires(&sources.task(&path)), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(why), Err(part)) => assert!(text(&why).contains(part), "{why:?}"),
            (found, _) => panic!("{body}: {found:?}"),
        }
    }
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let body = "
    names = {'a', 'b', 'c', 'd', 'e', 'f', 'g'}
    times = [os.stat(name).st_mtime for name in sorted(os.listdir('.'))]
    wheel(out, 'a.whl', repr((names, times, os.getcwd(), sys.path, os.listdir('.'))))";
    let text = format!("import os, sys\ndef build_wheel(out, settings, metadata):\n{body}");
    let made = || {
        let sources = Project::new(&text);
        let made = sources.build(&builder()).unwrap();
        // The archive itself has the time of its making in it; these backends do not care.
        String::from_utf8_lossy(&made[0].1)
            .split_once("a.py")
            .map(|(_, rest)| rest.split_once("PK").unwrap().0.to_owned())
            .unwrap()
    };
    assert_eq!(made(), made());
}
