//! Kernels and their modules as Debian installs them: which is the newest, what is loaded before what, and what is packed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// How a module may be packed, and what unpacks it.
const PACKED: [(&str, &str); 3] = [(".xz", "xz"), (".zst", "zstd"), (".gz", "gzip")];

/// The newest of these versions: numbers in them count as numbers, so `6.1.0-10` comes after `6.1.0-9`.
pub(super) fn newest(versions: Vec<String>) -> Option<String> {
    versions.into_iter().max_by_key(|version| parts(version))
}

/// What stands before each number, and the number.
fn parts(version: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = version;
    while !rest.is_empty() {
        let (text, after) = split(rest, |c| c.is_ascii_digit());
        let (digits, after) = split(after, |c| !c.is_ascii_digit());
        parts.push((text.to_owned(), digits.parse().unwrap_or(0)));
        rest = after;
    }
    parts
}

/// What stands before the first such character, and what comes from there on.
fn split(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

/// The files of these modules by the text of `modules.dep`, those first that others need. One that is not there is built in.
pub(super) fn load_order(list: &str, names: &[&str]) -> Vec<String> {
    let needs = |file: &str| {
        let lines = list.lines().filter_map(|line| line.split_once(':'));
        let mut same = lines.filter(|(name, _)| *name == file);
        let needs = same.next().map_or("", |(_, needs)| needs);
        needs.split_whitespace().map(str::to_owned)
    };
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        let files = list.lines().filter_map(|line| line.split(':').next());
        let end = format!("/{name}.ko");
        let Some(file) = files.into_iter().find(|file| plain(file).ends_with(&end)) else {
            continue;
        };
        let mut open = vec![(file.to_owned(), false)];
        while let Some((file, is_after)) = open.pop() {
            if is_after {
                order.push(file);
            } else if seen.insert(file.clone()) {
                open.push((file.clone(), true));
                open.extend(needs(&file).map(|file| (file, false)));
            }
        }
    }
    order
}

/// The name of a module's file without that of how it is packed.
pub(super) fn plain(file: &str) -> &str {
    let plain = PACKED.iter().find_map(|(end, _)| file.strip_suffix(end));
    plain.unwrap_or(file)
}

/// The bytes of a module, unpacked.
pub(super) fn unpacked(file: &Path) -> Result<Vec<u8>, String> {
    let shown = file.display().to_string();
    let Some((_, program)) = PACKED.iter().find(|(end, _)| shown.ends_with(end)) else {
        return fs::read(file).map_err(|e| format!("{shown}: {e}"));
    };
    let output = Command::new(program).arg("-dc").arg(file).output();
    let output = output.map_err(|e| format!("`{program}` did not start: {e}; is it installed?"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("`{program} -dc {shown}` failed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_by_number() {
        for (versions, expected) in [
            (&["6.1.0-9-amd64", "6.1.0-10-amd64"][..], "6.1.0-10-amd64"),
            (&["6.10.2-amd64", "6.9.12-amd64"], "6.10.2-amd64"),
            (&["6.12.1+deb13-amd64", "6.12-amd64"], "6.12.1+deb13-amd64"),
            (&["5.10.0-30-amd64", "6.1.0-9-amd64"], "6.1.0-9-amd64"),
        ] {
            for turn in 0..versions.len() {
                let mut versions: Vec<String> = versions.iter().map(|&it| it.into()).collect();
                versions.rotate_left(turn);
                assert_eq!(newest(versions).as_deref(), Some(expected));
            }
        }
        assert_eq!(newest(Vec::new()), None);
    }

    #[test]
    fn what_others_need_is_loaded_first_packed_or_not() {
        for end in ["", ".xz", ".zst", ".gz"] {
            let list = format!(
                "kernel/fs/ext4/ext4.ko{end}: kernel/fs/jbd2/jbd2.ko{end} kernel/lib/crc16.ko{end}\n\
                 kernel/fs/notext4.ko{end}:\n\
                 kernel/fs/jbd2/jbd2.ko{end}: kernel/lib/crc16.ko{end}\n\
                 kernel/lib/crc16.ko{end}:\n"
            );
            let order = load_order(&list, &["built_in", "ext4", "jbd2"]);
            let names = ["lib/crc16", "fs/jbd2/jbd2", "fs/ext4/ext4"];
            let expected = names.map(|name| format!("kernel/{name}.ko{end}"));
            assert_eq!(order, expected);
            assert_eq!(plain(&order[2]), "kernel/fs/ext4/ext4.ko");
        }
    }

    #[test]
    fn a_packed_module_is_unpacked() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("m.ko");
        fs::write(&file, "code").unwrap();
        assert_eq!(unpacked(&file).unwrap(), b"code");
        let packed = Command::new("gzip").arg(&file).status();
        assert!(packed.unwrap().success());
        let packed = place.path().join("m.ko.gz");
        assert_eq!(unpacked(&packed).unwrap(), b"code");
        fs::write(&packed, "no archive").unwrap();
        unpacked(&packed).unwrap_err();
        unpacked(&file).unwrap_err();
    }
}
