//! The fingerprint: one digest over everything that was approved.
//!
//! The encoding is unambiguous: every text is preceded by its length, every list by its count, every optional value
//! by a byte that says whether it is there. So two different launches never encode to the same bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::digest::{Digest, NotADigest};
use crate::profile::Profile;
use crate::resolve::{EnvRecord, FileRecord, LaunchRecord, LockedPackage, TreeRecord};

/// The version of the encoding. Another encoding is another tag, so fingerprints of two versions never meet.
const TAG: &[u8] = b"interlock launch fingerprint v1\0";

/// The digest of a launch and its grants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(Digest);

impl Fingerprint {
    /// The fingerprint of a launch with a profile.
    #[must_use]
    pub fn of(launch: &LaunchRecord, profile: &Profile) -> Self {
        let mut hash = Sha256::new();
        hash.update(TAG);
        encode(launch, profile, &mut |bytes| hash.update(bytes));
        Self(Digest::from_bytes(hash.finalize().into()))
    }

    /// The digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Fingerprint {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        text.parse().map(Self)
    }
}

/// Takes the encoding piece by piece: a hash in production, a buffer in tests.
type Sink<'a> = &'a mut dyn FnMut(&[u8]);

fn encode(launch: &LaunchRecord, profile: &Profile, out: Sink<'_>) {
    let LaunchRecord {
        request,
        program,
        argv,
        env,
        cwd,
        chain,
        trees,
        package,
    } = launch;
    text(&request.command, out);
    list(&request.args, out, |arg, out| text(arg, out));
    list(&request.env, out, variable);
    optional(request.cwd.as_ref(), out, |cwd, out| text(cwd, out));
    file(program, out);
    list(argv, out, |arg, out| text(arg, out));
    list(env, out, variable);
    optional(cwd.as_ref(), out, |cwd, out| text(cwd, out));
    list(chain, out, file);
    list(trees, out, tree);
    optional(package.as_ref(), out, locked);
    encode_profile(profile, out);
}

fn encode_profile(profile: &Profile, out: Sink<'_>) {
    list(profile.reads(), out, |path, out| text(path.as_str(), out));
    list(profile.writes(), out, |path, out| text(path.as_str(), out));
    list(profile.net(), out, |host, out| {
        text(&host.host(), out);
        number(u64::from(host.port()), out);
    });
    list(profile.env(), out, |name, out| text(name.as_str(), out));
    list(profile.secrets(), out, |name, out| text(name.as_str(), out));
    optional(profile.cwd(), out, |path, out| text(path.as_str(), out));
    for (_, value) in profile.limits().named() {
        number(value, out);
    }
    text(profile.base().as_str(), out);
    list(profile.danger(), out, |danger, out| {
        text(danger.as_str(), out)
    });
    list(profile.allow_missing(), out, |layer, out| {
        text(layer.as_str(), out)
    });
}

fn variable(env: &EnvRecord, out: Sink<'_>) {
    text(&env.name, out);
    optional(env.value.as_ref(), out, |value, out| text(value, out));
}

fn file(file: &FileRecord, out: Sink<'_>) {
    text(&file.path, out);
    out(file.sha256.as_bytes());
}

fn tree(tree: &TreeRecord, out: Sink<'_>) {
    text(&tree.root, out);
    text(tree.role.as_str(), out);
    list(&tree.hidden, out, |name, out| text(name, out));
    list(&tree.writable, out, |path, out| text(path, out));
    out(tree.digest.as_bytes());
    number(tree.files, out);
}

fn locked(package: &LockedPackage, out: Sink<'_>) {
    text(&package.ecosystem, out);
    text(&package.name, out);
    text(&package.version, out);
    text(&package.integrity, out);
    text(&package.tree, out);
}

fn text(text: &str, out: Sink<'_>) {
    number(text.len() as u64, out);
    out(text.as_bytes());
}

fn number(number: u64, out: Sink<'_>) {
    out(&number.to_be_bytes());
}

fn list<T>(items: &[T], out: Sink<'_>, item: fn(&T, Sink<'_>)) {
    number(items.len() as u64, out);
    for each in items {
        item(each, out);
    }
}

fn optional<T>(value: Option<&T>, out: Sink<'_>, item: fn(&T, Sink<'_>)) {
    match value {
        None => out(&[0]),
        Some(value) => {
            out(&[1]);
            item(value, out);
        }
    }
}
