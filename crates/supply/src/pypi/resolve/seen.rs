//! What a person should know about a stored tree of Python's packages, read from the packages themselves: the same whether the tree was
//! fetched just now, found in the store, or named by a lock.

use super::{
    tree::of_package,
    wheel::{self, Command, PLACE},
};
use crate::{
    locked::{LockedPackage, LockedTree},
    pypi::{Name, Requirement},
    store::{Store, Stored, manifest::FileRecord},
    unpack::{SITE, placed_by},
};
use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io::Read,
};

/// What is worth a person's look in a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Packages (`name@version`) with machine code in them, by their tags or by their files.
    pub native: Vec<String>,
    /// Files that an installer would run at every start of Python, and Interlock never does.
    pub startup: Vec<String>,
    /// The package (`name@version`) whose command is started, where it is none that was asked for but one that those need.
    pub lender: Option<String>,
}

/// Looks at a tree in the store. `beside` is what was asked for besides the tree's own package. A tree without packages of Python has
/// nothing of this.
#[must_use]
pub fn seen(store: &Store, tree: &LockedTree, beside: &[Requirement]) -> Seen {
    let Some(whole) = store.package_in_tree(&tree.digest, PLACE) else {
        return Seen::default();
    };
    let files = whole.files.iter();
    let files: HashMap<&str, &FileRecord> = files.map(|file| (file.path.as_str(), file)).collect();
    let here = tree.packages.iter();
    let here = here.filter(|package| package.path.as_str() == PLACE);
    let all: Vec<Own> = here
        .filter_map(|package| Own::of(&whole, &files, package))
        .collect();
    let native = all.iter().filter(|own| own.is_native());
    let own_name = tree.own().map(|own| own.name.as_str());
    let asked = |own: &&Own| {
        Some(own.name.as_str()) == own_name || beside.iter().any(|it| it.name == own.name)
    };
    Seen {
        native: native.map(|own| own.shown.clone()).collect(),
        startup: all.iter().flat_map(Own::startup).collect(),
        lender: lender(&all, &tree.entry.command, &asked),
    }
}

/// The package whose command a tree starts, where it is none that was asked for.
fn lender(all: &[Own], command: &str, asked: &dyn Fn(&&Own) -> bool) -> Option<String> {
    let has = |own: &&Own| {
        let commands = Command::of(&own.stored);
        commands.iter().any(|found| found.name() == command)
    };
    if all.iter().filter(asked).any(|own| has(&own)) {
        return None;
    }
    let mut needed = all.iter().filter(|own| !asked(own));
    needed.find(has).map(|own| own.shown.clone())
}

/// One package of the tree with all of its files.
struct Own {
    name: Name,
    /// `name@version`.
    shown: String,
    stored: Stored,
    /// Its `WHEEL` files. Another package may have put one more where this one's are looked for: it is believed as well, so that it
    /// hides nothing.
    wheels: Vec<String>,
}

impl Own {
    fn of(
        whole: &Stored,
        files: &HashMap<&str, &FileRecord>,
        package: &LockedPackage,
    ) -> Option<Self> {
        let name = Name::new(package.name.as_str()).ok()?;
        let about = of_package(whole, &name);
        let (mut paths, mut wheels) = (BTreeSet::new(), Vec::new());
        for file in &about.files {
            let mut parts = file.path.as_str().split('/').skip(1);
            match (parts.next(), parts.next(), parts.next()) {
                (Some(info), Some("RECORD"), None) => {
                    let record = wheel::read(whole, file.path.as_str());
                    paths.extend(placed_by(&record, info));
                }
                (Some(_), Some("WHEEL"), None) => {
                    wheels.push(wheel::read(whole, file.path.as_str()));
                }
                _ => {}
            }
        }
        let own = paths.iter().filter_map(|path| files.get(path.as_str()));
        Some(Self {
            name,
            shown: format!("{}@{}", package.name, package.version),
            stored: Stored {
                directory: whole.directory.clone(),
                files: own.map(|file| (*file).clone()).collect(),
            },
            wheels,
        })
    }

    fn is_native(&self) -> bool {
        let lines = self.wheels.iter().flat_map(|text| text.lines());
        let mut tags = lines.filter_map(|line| line.strip_prefix("Tag:"));
        let is_for_one = |tag: &str| tag.trim().rsplit('-').next() != Some("any");
        tags.any(is_for_one) || self.stored.files.iter().any(|file| self.is_program(file))
    }

    /// Whether a file is a program or a library of Linux.
    fn is_program(&self, file: &FileRecord) -> bool {
        let mut head = [0; 4];
        let opened = File::open(self.stored.directory.join(file.path.as_str()));
        opened.is_ok_and(|mut file| file.read_exact(&mut head).is_ok()) && head == *b"\x7fELF"
    }

    fn startup(&self) -> Vec<String> {
        let is_startup = |path: &str| {
            let top = path
                .strip_prefix(SITE)
                .and_then(|rest| rest.strip_prefix('/'));
            top.is_some_and(|top| {
                !top.contains('/')
                    && (top.ends_with(".pth")
                        || matches!(top, "sitecustomize.py" | "usercustomize.py"))
            })
        };
        let files = self.stored.files.iter().map(|file| file.path.as_str());
        let found = files.filter(|path| is_startup(path));
        found
            .map(|path| format!("{path} of {}", self.shown))
            .collect()
    }
}
