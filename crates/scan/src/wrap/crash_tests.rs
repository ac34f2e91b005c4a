//! Stopped between any two steps, met by another writer at the worst moment, out of room: the file is the old or the new one, whole, and
//! its original bytes can be had.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{XattrFlags, getxattr, setxattr};

use super::{Journal, Links, Original, Plan, ReplaceError, Writing, plan, unplan};
use crate::clients::{Client, Place, client};

const BEFORE: &str = "\u{feff}{\r\n\t\"mcpServers\": { \"a\": { \"command\": \"npx\" } }\r\n}";

struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let home = Self { directory };
        fs::create_dir(home.at("state")).unwrap();
        fs::create_dir(home.at("client")).unwrap();
        fs::write(home.file(), BEFORE).unwrap();
        home
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(name)
    }

    fn file(&self) -> PathBuf {
        self.at("client/mcp.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn journal(&self) -> Journal {
        Journal::open(&self.at("state")).unwrap()
    }

    fn plan(&self) -> Plan {
        let (client, place) = cursor();
        let writing = Writing {
            own: "/opt/interlock".to_owned(),
            shared: "interlock".to_owned(),
            without_headers: true,
        };
        plan(client, place, &self.file(), &writing).unwrap()
    }

    fn unwrap(&self) {
        let journal = self.journal();
        let records = journal.records(&self.file()).unwrap();
        let (client, place) = cursor();
        let back = unplan(client, place, &self.file(), &records).unwrap();
        back.apply(&journal).unwrap();
    }
}

fn cursor() -> (&'static Client, &'static Place) {
    let client = client("cursor").unwrap();
    (client, client.places.first().unwrap())
}

/// The steps of wrapping a file, of which the first `steps` happen before the process is killed.
fn killed_after(home: &Home, steps: usize) {
    let plan = home.plan();
    let journal = home.journal();
    if steps < 1 {
        return;
    }
    let record = plan.record(&journal.records(&home.file()).unwrap());
    journal.keep(&record).unwrap();
    if steps < 2 {
        return;
    }
    let (temporary, _) = plan.original.write_beside(plan.text.as_bytes()).unwrap();
    if steps < 3 {
        return;
    }
    plan.original.exchange(&temporary, || ()).unwrap();
    if steps < 4 {
        return;
    }
    fs::remove_file(&temporary).unwrap();
}

#[test]
fn killed_between_any_two_steps_the_way_back_is_there() {
    for steps in 0..=4 {
        let home = Home::new();
        let after = home.plan().text;
        killed_after(&home, steps);
        let wanted = if steps < 3 { BEFORE } else { &after };
        assert_eq!(home.text(), wanted, "{steps}");
        home.unwrap();
        assert_eq!(home.text(), BEFORE, "{steps}");
        // And forwards again, over whatever was left behind.
        killed_after(&home, steps);
        home.plan().apply(&home.journal()).unwrap();
        assert_eq!(home.text(), after, "{steps}");
        home.unwrap();
        assert_eq!(home.text(), BEFORE, "{steps}");
    }
}

/// What happens to our bytes when something else happens between the last look and the exchange.
fn check_race(meanwhile: impl FnOnce(&Path), theirs: &str) {
    let home = Home::new();
    let original = Original::read(&home.file(), Links::Follow).unwrap();
    let done = original.replace_while(b"ours", || meanwhile(&home.file()));
    assert!(matches!(done, Err(ReplaceError::Changed(_))), "{done:?}");
    assert_eq!(home.text(), theirs);
    assert_eq!(fs::read_dir(home.at("client")).unwrap().count(), 1);
}

#[test]
fn a_client_that_writes_between_the_last_look_and_the_exchange_keeps_its_words() {
    check_race(|file| fs::write(file, "in place").unwrap(), "in place");
    check_race(
        |file| {
            let other = file.with_extension("tmp");
            fs::write(&other, "renamed").unwrap();
            fs::rename(other, file).unwrap();
        },
        "renamed",
    );
    check_race(
        |file| {
            let append = fs::OpenOptions::new().append(true).open(file);
            std::io::Write::write_all(&mut append.unwrap(), b"more").unwrap();
        },
        &format!("{BEFORE}more"),
    );
}

#[test]
fn a_file_that_is_gone_at_the_last_moment_is_not_made_again() {
    let home = Home::new();
    let original = Original::read(&home.file(), Links::Follow).unwrap();
    let done = original.replace_while(b"ours", || fs::remove_file(home.file()).unwrap());
    assert!(done.is_err());
    assert_eq!(fs::read_dir(home.at("client")).unwrap().count(), 0);
}

#[test]
fn a_backup_that_cannot_be_written_leaves_the_file() {
    let home = Home::new();
    let plan = home.plan();
    let journal = home.journal();
    // Where the records of this file belong stands something else.
    let name = interlock_launch::Digest::of(home.file().as_os_str().as_encoded_bytes());
    fs::write(home.at("state/wrap").join(name.to_string()), "").unwrap();
    assert!(plan.apply(&journal).is_err());
    assert_eq!(home.text(), BEFORE);
    assert_eq!(fs::read_dir(home.at("client")).unwrap().count(), 1);
}

#[test]
fn a_linked_config_is_changed_where_it_is_and_stays_a_link() {
    let home = Home::new();
    let real = home.at("dotfiles.json");
    fs::rename(home.file(), &real).unwrap();
    symlink(&real, home.file()).unwrap();
    home.plan().apply(&home.journal()).unwrap();
    assert!(home.file().is_symlink());
    assert_ne!(fs::read_to_string(&real).unwrap(), BEFORE);
    let (client, place) = cursor();
    let journal = home.journal();
    let records = journal.records(&real).unwrap();
    let back = unplan(client, place, &home.file(), &records).unwrap();
    assert!(back.exact);
    back.apply(&journal).unwrap();
    assert_eq!(fs::read_to_string(&real).unwrap(), BEFORE);
}

#[test]
fn attributes_survive_there_and_back() {
    let home = Home::new();
    let needed = "this test needs a temporary directory with extended attributes";
    setxattr(home.file(), "user.note", b"mine", XattrFlags::empty()).expect(needed);
    let note = || {
        let mut value = [0; 16];
        let length = getxattr(home.file(), "user.note", &mut value[..]).unwrap();
        value[..length].to_vec()
    };
    let lost = home.plan().apply(&home.journal()).unwrap();
    assert_eq!(lost, Vec::<String>::new());
    assert_eq!(note(), b"mine");
    home.unwrap();
    assert_eq!(note(), b"mine");
}

#[test]
fn looking_at_a_journal_writes_nothing() {
    let home = Home::new();
    let state = home.at("state");
    let journal = Journal::look(&state).unwrap();
    assert!(journal.paths().unwrap().0.is_empty());
    assert_eq!(fs::read_dir(&state).unwrap().count(), 0);
    drop(journal);
    home.plan().apply(&home.journal()).unwrap();
    let journal = Journal::look(&state).unwrap();
    assert_eq!(journal.paths().unwrap().0, [home.file()]);
}
