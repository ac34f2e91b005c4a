//! The fingerprint: one digest over everything that was approved.
//!
//! The encoding is unambiguous: every text is preceded by its length, every list by its count, every optional value
//! by a byte that says whether it is there. So two different launches never encode to the same bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::address::{Address, HeaderValue};
use crate::digest::{Digest, NotADigest};
use crate::profile::Profile;
use crate::resolve::{EnvRecord, FileRecord, LaunchRecord, LockedPackage, TreeRecord};

/// The version of the encoding. Another encoding is another tag, so fingerprints of two versions never meet.
const TAG: &[u8] = b"interlock launch fingerprint v1\0";

/// No text is so long: where a text would begin, something else does.
const NO_LENGTH: u64 = u64::MAX;

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
        remote,
    } = launch;
    if let Some(address) = remote {
        number(NO_LENGTH, out);
        self::address(address, out);
    }
    text(&request.command, out);
    list(&request.args, out, |arg, out| text(arg, out));
    list(&request.env, out, variable);
    optional(request.cwd.as_ref(), out, |cwd, out| text(cwd, out));
    match program {
        Some(program) => file(program, out),
        None => number(NO_LENGTH, out),
    }
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

fn address(address: &Address, out: Sink<'_>) {
    text(&address.url, out);
    list(&address.headers, out, |header, out| {
        text(&header.name, out);
        match &header.value {
            HeaderValue::Secret { scheme, name } => {
                number(0, out);
                optional(scheme.as_ref(), out, |scheme, out| text(scheme, out));
                text(name.as_str(), out);
            }
            HeaderValue::Variable { scheme, name } => {
                number(1, out);
                optional(scheme.as_ref(), out, |scheme, out| text(scheme, out));
                text(name.as_str(), out);
            }
            HeaderValue::Text(plain) => {
                number(2, out);
                text(plain, out);
            }
        }
    });
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::Header;
    use crate::difference::Difference;
    use crate::places::Places;
    use crate::profile::{BaseProfile, Danger, GrantPath, Grants};
    use crate::resolve::{RequestRecord, TreeRole};

    fn encoded(launch: &LaunchRecord, profile: &Profile) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(launch, profile, &mut |piece| bytes.extend_from_slice(piece));
        bytes
    }

    /// Short texts over few letters, so that different places often hold equal ones.
    fn word() -> impl Strategy<Value = String> {
        "[ab\0=]{0,3}"
    }

    fn words() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(word(), 0..4)
    }

    fn digest() -> impl Strategy<Value = Digest> {
        prop::array::uniform32(0..2_u8).prop_map(Digest::from_bytes)
    }

    fn file_record() -> impl Strategy<Value = FileRecord> {
        (word(), digest()).prop_map(|(path, sha256)| FileRecord { path, sha256 })
    }

    fn variables() -> impl Strategy<Value = Vec<EnvRecord>> {
        let one = (word(), prop::option::of(word()));
        prop::collection::vec(
            one.prop_map(|(name, value)| EnvRecord { name, value }),
            0..3,
        )
    }

    fn role() -> impl Strategy<Value = TreeRole> {
        prop::sample::select(vec![
            TreeRole::Project,
            TreeRole::Venv,
            TreeRole::Interpreter,
            TreeRole::Package,
            TreeRole::Image,
        ])
    }

    fn tree_record() -> impl Strategy<Value = TreeRecord> {
        (word(), role(), words(), words(), digest(), 0..3_u64).prop_map(
            |(root, role, hidden, writable, digest, files)| TreeRecord {
                root,
                role,
                hidden,
                writable,
                digest,
                files,
            },
        )
    }

    fn locked_package() -> impl Strategy<Value = LockedPackage> {
        (word(), word(), word(), word(), word()).prop_map(
            |(ecosystem, name, version, integrity, tree)| LockedPackage {
                ecosystem,
                name,
                version,
                integrity,
                tree,
            },
        )
    }

    fn header() -> impl Strategy<Value = Header> {
        let scheme = || prop::option::of("[ab]");
        let value = prop_oneof![
            (scheme(), "[AB]{1,2}").prop_map(|(scheme, name)| HeaderValue::Secret {
                scheme,
                name: name.parse().unwrap(),
            }),
            (scheme(), "[AB]{1,2}").prop_map(|(scheme, name)| HeaderValue::Variable {
                scheme,
                name: name.parse().unwrap(),
            }),
            word().prop_map(HeaderValue::Text),
        ];
        (word(), value).prop_map(|(name, value)| Header { name, value })
    }

    fn address() -> impl Strategy<Value = Address> {
        (word(), prop::collection::vec(header(), 0..3))
            .prop_map(|(url, headers)| Address { url, headers })
    }

    fn launch() -> impl Strategy<Value = LaunchRecord> {
        let request = (word(), words(), variables(), prop::option::of(word()));
        let request = request.prop_map(|(command, args, env, cwd)| RequestRecord {
            command,
            args,
            env,
            cwd,
        });
        let first = (
            request,
            prop::option::of(file_record()),
            words(),
            variables(),
        );
        let second = (
            prop::option::of(word()),
            prop::collection::vec(file_record(), 0..3),
            prop::collection::vec(tree_record(), 0..2),
            prop::option::of(locked_package()),
            prop::option::of(address()),
        );
        (first, second).prop_map(
            |((request, program, argv, env), (cwd, chain, trees, package, remote))| LaunchRecord {
                request,
                program,
                argv,
                env,
                cwd,
                chain,
                trees,
                package,
                remote,
            },
        )
    }

    fn paths() -> impl Strategy<Value = Vec<GrantPath>> {
        prop::collection::vec("/[ab]{1,2}".prop_map(|path| path.parse().unwrap()), 0..3)
    }

    fn profile() -> impl Strategy<Value = Profile> {
        let danger = prop::sample::subsequence(Danger::all().collect::<Vec<_>>(), 0..7);
        let net = prop::collection::vec("[ab]{1,2}[.]com:[1-9]", 0..3);
        let names = prop::collection::vec("[AB]{1,2}", 0..3);
        let rest = (
            net,
            names.clone(),
            names,
            danger,
            any::<bool>(),
            100..102_u64,
        );
        (paths(), paths(), prop::option::of("/[ab]{1,2}"), rest).prop_map(
            |(reads, writes, cwd, (net, env, secrets, danger, browser, processes))| {
                let mut grants = Grants {
                    reads,
                    writes,
                    net: net.iter().map(|host| host.parse().unwrap()).collect(),
                    env: env.iter().map(|name| name.parse().unwrap()).collect(),
                    secrets: secrets.iter().map(|name| name.parse().unwrap()).collect(),
                    cwd: cwd.map(|path| path.parse().unwrap()),
                    danger: danger.into_iter().map(|(danger, _)| danger).collect(),
                    ..Grants::default()
                };
                grants.limits.processes = processes;
                if browser {
                    grants.base = BaseProfile::Browser;
                }
                let own = |name: &str| std::path::PathBuf::from(format!("/home/u/{name}"));
                let home = std::path::Path::new("/home/u");
                let places = Places::new(home, &own("c"), &own("d"), &own("s"), 0);
                Profile::new(grants, &places).unwrap()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// Injective: only equal launches with equal profiles encode alike. The difference lists agree.
        #[test]
        fn encoding_is_injective(a in launch(), b in launch(), p in profile(), q in profile()) {
            prop_assert_eq!(encoded(&a, &p) == encoded(&b, &q), a == b && p == q);
            let same = Fingerprint::of(&a, &p) == Fingerprint::of(&b, &q);
            prop_assert_eq!(same, a == b && p == q);
            prop_assert!(Difference::between((&a, &p), (&a, &p)).is_empty());
        }

        /// No encoding is the beginning of another, so nothing can hide behind one.
        #[test]
        fn encoding_is_prefix_free(a in launch(), b in launch(), p in profile()) {
            prop_assert!(a == b || !encoded(&a, &p).starts_with(&encoded(&b, &p)));
        }

        /// Any argument added anywhere changes the fingerprint.
        #[test]
        fn an_added_argument_changes_it(a in launch(), p in profile(), arg in word(), at in 0..4_usize) {
            let mut more = a.clone();
            more.argv.insert(at.min(a.argv.len()), arg.clone());
            prop_assert_ne!(Fingerprint::of(&a, &p), Fingerprint::of(&more, &p));
            let mut more = a.clone();
            more.request.args.insert(at.min(a.request.args.len()), arg);
            prop_assert_ne!(Fingerprint::of(&a, &p), Fingerprint::of(&more, &p));
        }

        /// Any variable added anywhere changes the fingerprint.
        #[test]
        fn an_added_variable_changes_it(a in launch(), p in profile(), name in word(), value in prop::option::of(word())) {
            let variable = EnvRecord { name, value };
            let mut more = a.clone();
            more.env.push(variable.clone());
            prop_assert_ne!(Fingerprint::of(&a, &p), Fingerprint::of(&more, &p));
            let mut more = a.clone();
            more.request.env.insert(0, variable);
            prop_assert_ne!(Fingerprint::of(&a, &p), Fingerprint::of(&more, &p));
        }

        /// What is stored and read again has the same fingerprint.
        #[test]
        fn storing_keeps_it(a in launch(), p in profile()) {
            let text = serde_json::to_string(&(&a, &p)).unwrap();
            let (b, q): (LaunchRecord, Profile) = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(Fingerprint::of(&a, &p), Fingerprint::of(&b, &q));
        }
    }

    #[test]
    fn moving_a_byte_between_arguments_changes_it() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let tree = launch().new_tree(&mut runner).unwrap();
        let mut a = proptest::strategy::ValueTree::current(&tree);
        let p = proptest::strategy::ValueTree::current(&profile().new_tree(&mut runner).unwrap());
        let mut b = a.clone();
        a.argv = vec!["ab".into(), "c".into()];
        b.argv = vec!["a".into(), "bc".into()];
        assert_ne!(Fingerprint::of(&a, &p), Fingerprint::of(&b, &p));
        b.argv = vec!["ab".into()];
        b.env.insert(
            0,
            EnvRecord {
                name: "c".into(),
                value: None,
            },
        );
        assert_ne!(Fingerprint::of(&a, &p), Fingerprint::of(&b, &p));
    }
}
