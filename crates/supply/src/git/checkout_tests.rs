use super::{
    super::{
        ObjectFormat, ObjectId,
        pack::{Objects, PackLimits},
        sample::Sample,
    },
    *,
};

/// What a commit made by `make` leads to: `path mode` of each file, then what was left out; or the error.
fn check_out(part: Option<&str>, make: impl FnOnce(&mut Sample) -> ObjectId) -> String {
    let mut sample = Sample::new(ObjectFormat::Sha1);
    let tree = make(&mut sample);
    let commit = sample.commit(&tree);
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (directory.path().join("from"), directory.path().join("to"));
    fs::create_dir(&from).unwrap();
    fs::create_dir(&to).unwrap();
    let limits = PackLimits {
        objects: 1000,
        bytes: 4 << 20,
        in_memory: 4 << 20,
    };
    let objects =
        Objects::unpack(sample.pack().as_slice(), ObjectFormat::Sha1, &from, limits).unwrap();
    let limits = UnpackLimits {
        archive: 1 << 20,
        files: 100,
        bytes: 1 << 16,
    };
    let part = part.map(|part| TreePath::new(part).unwrap());
    match checkout(&objects, &commit, part.as_ref(), &to, &limits) {
        Err(error) => error.to_string(),
        Ok(found) => {
            let mut shown = Vec::new();
            for file in &found.files {
                let content = fs::read(to.join(file.path.as_str())).unwrap();
                assert_eq!(file.sha256, Sha256::of(&content));
                let mark = if file.executable { "*" } else { "" };
                shown.push(format!(
                    "{}{mark}={}",
                    file.path,
                    String::from_utf8_lossy(&content)
                ));
            }
            shown.extend(found.left_out);
            shown.extend(found.above.iter().map(|text| format!("above: {text}")));
            shown.join(" | ")
        }
    }
}

#[test]
fn files_links_and_what_is_left_out() {
    let found = check_out(None, |it| {
        let (a, b) = (it.blob(b"a"), it.blob(b"b"));
        let (near, up) = (it.blob(b"a.js"), it.blob(b"../d/./x"));
        let (folder, nothing) = (it.blob(b"d"), it.blob(b"no/where"));
        let turn = it.blob(b"turn");
        let lfs = it.blob(b"version https://git-lfs.github.com/spec/v1\noid x\n");
        let d = it.tree(&[("120000", "up", &up), ("100755", "x", &b)]);
        it.tree(&[
            ("100644", "a.js", &a),
            ("40000", "d", &d),
            ("120000", "folder", &folder),
            ("100644", "lfs", &lfs),
            ("120000", "near", &near),
            ("120000", "nothing", &nothing),
            ("160000", "sub", &a),
            ("120000", "turn", &turn),
        ])
    });
    let lfs = "version https://git-lfs.github.com/spec/v1\noid x\n";
    let expected = [
        "a.js=a".to_owned(),
        "d/up*=b".to_owned(),
        "d/x*=b".to_owned(),
        format!("lfs={lfs}"),
        "near=a".to_owned(),
        "sub is another repository (a submodule), which was not fetched".to_owned(),
        "folder is a link to a directory or to nothing, and is not there".to_owned(),
        "nothing is a link to a directory or to nothing, and is not there".to_owned(),
        "turn is a link to a directory or to nothing, and is not there".to_owned(),
        "lfs stands for a large file (LFS), which was not fetched".to_owned(),
    ];
    assert_eq!(found, expected.join(" | "));
}

#[test]
fn a_part_is_all_that_is_kept_and_a_file_keeps_all() {
    let make = |it: &mut Sample| {
        let a = it.blob(b"a");
        let d = it.tree(&[("100644", "x", &a)]);
        it.tree(&[("100644", "a", &a), ("40000", "d", &d), ("40000", "dd", &d)])
    };
    for (part, expected) in [
        ("d", "x=a"),
        ("a", "a=a | d/x=a | dd/x=a"),
        ("d/x", "a=a | d/x=a | dd/x=a"),
        ("e", "the commit has no `e`"),
        ("d/y", "the commit has no `d/y`"),
    ] {
        assert_eq!(check_out(Some(part), make), expected, "{part}");
    }
}

#[test]
fn what_a_part_inherits_from_is_read_and_not_kept() {
    let make = |it: &mut Sample| {
        let (top, near, own) = (it.blob(b"top"), it.blob(b"near"), it.blob(b"own"));
        let link = it.blob(b"../pyproject.toml");
        let c = it.tree(&[("100644", "pyproject.toml", &own)]);
        let b = it.tree(&[("40000", "c", &c), ("120000", "pyproject.toml", &link)]);
        let a = it.tree(&[("40000", "b", &b), ("100644", "pyproject.toml", &near)]);
        it.tree(&[("40000", "a", &a), ("100644", "pyproject.toml", &top)])
    };
    for (part, expected) in [
        (
            "a/b/c",
            "pyproject.toml=own | above: top | above: near | above: near",
        ),
        (
            "a/b",
            "c/pyproject.toml=own | pyproject.toml=near | above: top | above: near",
        ),
        (
            "a/pyproject.toml",
            "a/b/c/pyproject.toml=own | a/b/pyproject.toml=near | a/pyproject.toml=near | pyproject.toml=top",
        ),
    ] {
        assert_eq!(check_out(Some(part), make), expected, "{part}");
    }
    let large = check_out(Some("d"), |it| {
        let (x, large) = (it.blob(b"x"), it.blob(&vec![b'#'; (1 << 20) + 1]));
        let d = it.tree(&[("100644", "x", &x)]);
        it.tree(&[("40000", "d", &d), ("100644", "pyproject.toml", &large)])
    });
    assert!(large.contains("bytes in a `pyproject.toml`"), "{large}");
}

#[test]
fn hostile_trees() {
    let link = |target: &'static [u8]| {
        check_out(None, move |it| {
            let id = it.blob(target);
            let inner = it.tree(&[("120000", "l", &id)]);
            it.tree(&[("40000", "d", &inner)])
        })
    };
    for target in [&b"/etc/passwd"[..], b"../../x", b"..\\x", b"a\0b", b"\xff"] {
        assert_eq!(link(target), "`d/l` is a link that leaves the repository");
    }
    assert!(link(&[b'x'; 5000]).contains("more than 4096 bytes in a link"));
    let one = |names: [&'static str; 2]| {
        check_out(None, move |it| {
            let id = it.blob(b"");
            it.tree(&[("100644", names[0], &id), ("100644", names[1], &id)])
        })
    };
    assert_eq!(
        one(["README", "readme"]),
        "entries `README` and `readme` collide"
    );
    assert_eq!(
        one(["cafe\u{301}", "caf\u{e9}"]),
        "entries `cafe\u{301}` and `caf\u{e9}` collide"
    );
    assert!(one(["a", "a\nb"]).contains("is refused"));
    assert!(one(["a", "b\u{202e}"]).contains("is refused"));
    let missing = check_out(None, |it| {
        let id = Sample::new(ObjectFormat::Sha1).blob(b"never sent");
        it.tree(&[("100644", "a", &id)])
    });
    assert!(
        missing.starts_with("the host did not send blob "),
        "{missing}"
    );
    let disguised = check_out(None, |it| {
        let id = it.tree(&[]);
        it.tree(&[("100644", "a", &id)])
    });
    assert!(
        disguised.starts_with("the host did not send blob "),
        "{disguised}"
    );
    assert_eq!(
        check_out(None, |it| it.tree(&[])),
        "the archive holds no file"
    );
}

#[test]
fn bombs() {
    // Ten directories that each have the one below twice: a thousand from ten objects.
    let wide = check_out(None, |it| {
        let mut id = it.tree(&[]);
        for _ in 0..20 {
            id = it.tree(&[("40000", "a", &id), ("40000", "b", &id)]);
        }
        id
    });
    assert_eq!(wide, "the repository holds more than 50000 directories");
    let deep = check_out(None, |it| {
        let mut id = it.tree(&[]);
        for _ in 0..200 {
            id = it.tree(&[("40000", "a", &id)]);
        }
        id
    });
    assert!(deep.contains("is refused"), "{deep}");
    let many = check_out(None, |it| {
        let blob = it.blob(b"");
        let names: Vec<String> = (100..210).map(|number| number.to_string()).collect();
        let entries: Vec<(&str, &str, &ObjectId)> = names
            .iter()
            .map(|name| ("100644", name.as_str(), &blob))
            .collect();
        it.tree(&entries)
    });
    assert_eq!(many, "the repository holds more than 100 files");
    let large = check_out(None, |it| {
        let blob = it.blob(&[0; 40_000]);
        it.tree(&[("100644", "a", &blob), ("100644", "b", &blob)])
    });
    assert_eq!(large, "the repository holds more than 65536 bytes");
}
