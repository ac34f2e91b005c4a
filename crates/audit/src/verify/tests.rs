use std::fs;
use std::path::Path;

use super::*;
use crate::testing::{at, call, file, findings, fresh, notes, open, report, write_some};
use crate::{Batch, Log, Options};

/// A log of a few files, flushed and closed.
fn sample() -> (tempfile::TempDir, std::path::PathBuf) {
    let (dir, path) = fresh();
    let options = Options {
        max_segment: 420,
        ..Options::default()
    };
    let mut log = Log::open(&path, options, at(0)).unwrap();
    write_some(&mut log, 2);
    log.checkpoint(at(99)).unwrap();
    drop(log);
    assert!(file(&path, 3).exists());
    assert_eq!(findings(&path), [""; 0]);
    (dir, path)
}

fn lines(path: &Path) -> Vec<Vec<u8>> {
    fs::read(path)
        .unwrap()
        .split_inclusive(|b| *b == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// Puts `content` in the place of a file of the log, and expects findings; then puts it back.
#[track_caller]
fn check_found(path: &Path, name: &Path, content: &[u8], what: &str) -> Vec<String> {
    let original = fs::read(name).unwrap();
    if content == original {
        return vec!["unchanged".into()];
    }
    fs::write(name, content).unwrap();
    let found = findings(path);
    fs::write(name, original).unwrap();
    assert!(
        !found.is_empty(),
        "{}: {what}: nothing found",
        name.display()
    );
    found
}

#[test]
fn an_untouched_log_is_intact_and_signed_to_the_end() {
    let (_dir, path) = sample();
    let report = report(&path);
    assert!(report.is_intact() && report.notes.is_empty(), "{report:?}");
    assert_eq!(report.records, report.last_seq);
    assert_eq!(report.signed_seq, report.last_seq);
    assert_eq!(report.checkpoint.unwrap().seq(), report.last_seq);
    assert_eq!(
        report.files,
        fs::read_dir(&path).unwrap().count() as u64 - 3
    );
}

#[test]
fn every_edited_byte_is_found() {
    let (_dir, path) = sample();
    for entry in fs::read_dir(&path).unwrap() {
        let name = entry.unwrap().path();
        let original = fs::read(&name).unwrap();
        for index in 0..original.len() {
            let mut edited = original.clone();
            edited[index] ^= 1 << (index % 8);
            check_found(&path, &name, &edited, &format!("byte {index}"));
        }
    }
    assert_eq!(findings(&path), [""; 0]);
}

/// The lines that are sealed together with one.
fn group_of(lines: &[Vec<u8>], index: usize) -> std::ops::Range<usize> {
    let is_end = |line: &Vec<u8>| crate::line::is_sealed(line);
    let start = lines[..index].iter().rposition(is_end);
    let end = lines[index..].iter().position(is_end).unwrap();
    start.map_or(0, |before| before + 1)..index + end + 1
}

#[test]
fn an_edited_byte_is_found_in_its_line() {
    let (_dir, path) = sample();
    for number in [1, 2] {
        let name = file(&path, number);
        let lines = lines(&name);
        for (index, line) in lines.iter().enumerate() {
            // The tool, the session, or what else stands in the middle.
            let (before, middle) = (lines[..index].concat().len(), line.len() / 2);
            let mut edited = lines.concat();
            edited[before + middle] ^= 1;
            let found = check_found(&path, &name, &edited, "middle");
            let group = group_of(&lines, index);
            let here = match group.len() {
                1 => format!("log-{number:08}.jsonl:{}: ", index + 1),
                _ => format!(
                    "log-{number:08}.jsonl:{0}: a record in lines {0} to {1} ",
                    group.start + 1,
                    group.end
                ),
            };
            assert!(found[0].starts_with(&here), "{here} {found:?}");
        }
    }
}

#[test]
fn every_deleted_inserted_and_repeated_byte_is_found() {
    let (_dir, path) = sample();
    for entry in fs::read_dir(&path).unwrap() {
        let name = entry.unwrap().path();
        let original = fs::read(&name).unwrap();
        for index in 0..original.len() {
            let (before, after) = original.split_at(index);
            let changed = match index % 3 {
                0 => [before, &after[1..]].concat(),
                1 => [before, &after[..1], after].concat(),
                _ => [before, b" ", after].concat(),
            };
            check_found(&path, &name, &changed, &format!("byte {index}"));
        }
        if !name.ends_with("lock") {
            check_found(
                &path,
                &name,
                &[original.as_slice(), b"\n"].concat(),
                "empty line",
            );
        }
    }
}

#[test]
fn every_deleted_swapped_and_repeated_line_is_found() {
    let (_dir, path) = sample();
    for number in [1, 2] {
        let name = file(&path, number);
        let original = lines(&name);
        for index in 0..original.len() {
            let mut deleted = original.clone();
            deleted.remove(index);
            check_found(
                &path,
                &name,
                &deleted.concat(),
                &format!("line {index} deleted"),
            );
            let mut repeated = original.clone();
            repeated.insert(index, original[index].clone());
            check_found(
                &path,
                &name,
                &repeated.concat(),
                &format!("line {index} repeated"),
            );
            for other in 0..index {
                let mut swapped = original.clone();
                swapped.swap(index, other);
                check_found(
                    &path,
                    &name,
                    &swapped.concat(),
                    &format!("{index} for {other}"),
                );
            }
        }
    }
}

#[test]
fn truncation_at_every_byte_is_found() {
    let (_dir, path) = sample();
    for entry in fs::read_dir(&path).unwrap() {
        let name = entry.unwrap().path();
        if name.ends_with("lock") {
            continue;
        }
        let original = fs::read(&name).unwrap();
        for len in 0..original.len() {
            check_found(&path, &name, &original[..len], &format!("cut to {len}"));
        }
    }
}

#[test]
fn findings_say_what_happened() {
    let (_dir, path) = fresh();
    write_some(&mut open(&path), 2);
    let name = file(&path, 1);
    let l = lines(&name);
    let edited = String::from_utf8(l[2].clone())
        .unwrap()
        .replace("tool-outcome", "tool-0utcome");
    let first = "log-00000001.jsonl";
    let check = |content: Vec<Vec<u8>>, expected: &[&str]| {
        let found = check_found(&path, &name, &content.concat(), "");
        let expected: Vec<_> = expected
            .iter()
            .map(|text| format!("{first}:{text}"))
            .collect();
        assert_eq!(found, expected);
    };
    assert_eq!(l.len(), 7);
    let all = |range: std::ops::Range<usize>| l[range].to_vec();
    check(
        [all(0..2), vec![edited.into_bytes()], all(3..7)].concat(),
        &[
            "3: a record in lines 3 to 4 was edited, or replaced: their hash does not follow from the one before",
        ],
    );
    check(
        [all(0..2), all(4..7)].concat(),
        &["3: records 3 to 4 are missing before this line"],
    );
    check(
        [all(0..4), all(3..7)].concat(),
        &["5: record 4 is out of place here, where 5 belongs"],
    );
    check(
        [all(0..2), all(3..4), all(2..3), all(4..7)].concat(),
        &[
            "3: records 3 to 3 are missing before this line",
            "4: record 3 is out of place here, where 5 belongs",
        ],
    );
    check(
        all(0..5),
        &["6: records 6 to 7 were signed for and are missing from the end"],
    );
    check(
        [all(0..3), vec![b"hello\n".to_vec()], all(4..7)].concat(),
        &["4: not a record"],
    );
}

#[test]
fn missing_files_are_found() {
    let (_dir, path) = sample();
    let original: Vec<_> = [1, 2, 3].map(|n| fs::read(file(&path, n)).unwrap()).into();
    for number in [1, 2] {
        fs::remove_file(file(&path, number)).unwrap();
        let found = findings(&path).join("\n");
        assert!(
            found.contains(&format!("log-0000000{number}.jsonl: the file is missing")),
            "{found}"
        );
        fs::write(file(&path, number), &original[number as usize - 1]).unwrap();
    }
    fs::write(file(&path, 1), &original[1]).unwrap();
    fs::write(file(&path, 2), &original[0]).unwrap();
    assert!(
        findings(&path)
            .iter()
            .any(|f| f.contains("does not begin as file 1"))
    );
}

#[test]
fn a_removed_head_is_found() {
    let (_dir, path) = sample();
    fs::remove_file(path.join("head")).unwrap();
    let found = findings(&path).join("\n");
    assert!(
        found.contains("head: the signed head is missing"),
        "{found}"
    );
}

#[test]
fn a_copy_verifies_without_lock_and_key() {
    let (dir, path) = sample();
    let copy = dir.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(&path).unwrap() {
        let name = entry.unwrap().file_name();
        if name != "lock" && name != "key" {
            fs::copy(path.join(&name), copy.join(&name)).unwrap();
        }
    }
    assert_eq!(report(&copy), report(&path));
}

/// What an attacker without the key can do: rewrite the chain from some record on, hashes and all.
#[test]
fn a_chain_rewritten_without_the_key_is_found() {
    let (_dir, path) = fresh();
    write_some(&mut open(&path), 2);
    let name = file(&path, 1);
    let mut prev = crate::line::GENESIS;
    let mut forged = Vec::new();
    for line in lines(&name) {
        let record = crate::line::Line::parse(&line).unwrap();
        let content = String::from_utf8(record.content.to_vec()).unwrap();
        let content = content.replace("echo", "Echo");
        let body = content.split_once(',').unwrap().1;
        // Every record in a group of its own: that is no different to a reader.
        let start = forged.len();
        crate::line::begin(record.seq, body.as_bytes(), &mut forged);
        prev = crate::line::seal(&prev, start, &mut forged);
    }
    let found = check_found(&path, &name, &forged, "forged");
    assert_eq!(
        found,
        ["log-00000001.jsonl:7: record 7 is not the one that was signed"]
    );
}

#[test]
fn a_log_replaced_as_a_whole_is_found_by_what_was_kept_elsewhere() {
    let (_dir, path) = fresh();
    let kept = {
        let mut log = open(&path);
        write_some(&mut log, 2);
        log.checkpoint(at(50)).unwrap()
    };
    let with = |expect: Vec<_>, key| {
        verify(&path, &VerifyOptions { key, expect })
            .unwrap()
            .findings
            .len()
    };
    assert_eq!(with(vec![kept], Some(*kept.key())), 0);
    fs::remove_dir_all(&path).unwrap();
    write_some(&mut open(&path), 9);
    assert_eq!(findings(&path), [""; 0]);
    assert!(with(vec![kept], None) > 0);
    assert!(with(vec![], Some(*kept.key())) > 0);
}

/// With the key and the head rolled back together, only a checkpoint kept elsewhere tells.
#[test]
fn a_log_rolled_back_with_its_head_is_found_by_what_was_kept_elsewhere() {
    let (_dir, path) = fresh();
    write_some(&mut open(&path), 1);
    let old = [file(&path, 1), path.join("head")].map(|name| (fs::read(&name).unwrap(), name));
    let mut log = open(&path);
    write_some(&mut log, 1);
    let kept = log.checkpoint(at(50)).unwrap();
    drop(log);
    for (content, name) in old {
        fs::write(name, content).unwrap();
    }
    assert_eq!(findings(&path), [""; 0]);
    let options = VerifyOptions {
        expect: vec![kept],
        ..VerifyOptions::default()
    };
    let found = verify(&path, &options).unwrap().findings;
    assert!(
        matches!(found[0].what, What::Truncated { last, .. } if last == kept.seq()),
        "{found:?}"
    );
}

#[test]
fn an_unsigned_end_is_noted() {
    let (_dir, path) = fresh();
    let mut log = open(&path);
    let mut batch = Batch::new();
    batch.push(at(1), &call("1"));
    drop(log.commit(at(1), &mut batch).unwrap());
    assert_eq!(findings(&path), [""; 0]);
    assert_eq!(
        notes(&path),
        ["1 records at the end are chained but not yet signed"]
    );
}

#[test]
fn no_log_is_an_error() {
    let (dir, path) = fresh();
    for path in [&path, &dir.path().to_owned()] {
        let error = verify(path, &VerifyOptions::default()).unwrap_err();
        assert!(matches!(error, VerifyError::NoLog { .. }), "{error}");
    }
}

#[test]
fn a_ruined_log_has_bounded_findings() {
    let (_dir, path) = sample();
    fs::write(file(&path, 1), "x\n".repeat(5000)).unwrap();
    let report = report(&path);
    assert!(
        report.findings.len() == 1000 && report.more_findings >= 4000,
        "{report:?}"
    );
}
