//! Fetching, verifying, unpacking and storing; and the same again for what a lock names.

use super::{Beside, SourceFetchError, bundle, place, program};
use crate::{
    digest::Integrity,
    http::Client,
    locked::{Ecosystem, Entry, ExactVersion, Interpreter, LockedPackage, LockedTree, TreePath},
    mcpb,
    npm::PackageName,
    progress::Progress,
    provenance::{Bundle, VerifyError, detached},
    store::{InstallError, Layout, Placed, Store, Stored, Unpacked},
    unpack::{Packed, Signature, UnpackLimits, unpack_bundle, unpack_release},
};
use interlock_launch::{Interpreter as Runs, SourceKind, SourceWord, excerpt};
use std::{
    fs,
    io::{self, Read},
    path::Path,
};

/// What an address led to; it is in the store.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The tree.
    pub tree: LockedTree,
    /// The same source with the digest that was found.
    pub word: SourceWord,
    /// What a person should know about it, safe to show.
    pub remarks: Vec<String>,
    /// What lies beside it at its address; none where it was not asked for.
    pub beside: Option<Beside>,
}

/// Fetches by address.
pub struct Fetcher<'a> {
    /// How to get out.
    pub client: &'a Client,
    /// Where trees go.
    pub store: &'a Store,
    /// Who is told about progress.
    pub progress: &'a dyn Progress,
    /// What a bundle's `${HOME}` stands for.
    pub home: &'a Path,
}

/// What unpacking found.
enum Found {
    Release(Packed),
    Bundle(Option<Signature>),
}

impl Fetcher<'_> {
    /// Fetches what a word names, verifies the digest that it names, unpacks and stores it. `words` are a bundle's settings. Off line,
    /// a tree of these bytes that is in the store already.
    ///
    /// # Errors
    /// When it cannot be had, is not what was named, or nothing in it can be started.
    pub fn lock(&self, word: &SourceWord, words: &[String]) -> Result<Fetched, SourceFetchError> {
        let _adding = self.store.adding()?;
        if self.client.is_offline() && !word.is_path() {
            return self.stored_before(word, words);
        }
        let beside = self.beside(word);
        let (layout, tree, word, remarks) = self.assembled(word, words, beside.as_ref())?;
        self.progress.assembling(layout.count());
        self.store
            .add_tree(&layout.layout, &tree)
            .map_err(|source| refused(&word, source))?;
        Ok(Fetched {
            tree,
            word,
            remarks,
            beside,
        })
    }

    /// Puts a tree that was locked before, maybe elsewhere and by somebody else, into the store: the same bytes or none. What a
    /// person should know about it.
    ///
    /// # Errors
    /// When it cannot be had, or anything is not as locked.
    pub fn install(
        &self,
        word: &SourceWord,
        words: &[String],
        locked: &LockedTree,
    ) -> Result<Vec<String>, SourceFetchError> {
        let _adding = self.store.adding()?;
        let known = self.store.recorded(&locked.digest).as_ref() == Some(locked);
        if known && self.store.tree_is_whole(&locked.digest) {
            return self.described(word, words, locked);
        }
        if self.client.is_offline() && !word.is_path() {
            return Err(SourceFetchError::NotStored(excerpt(&word.to_string())));
        }
        let beside = self.beside(word);
        let (layout, tree, word, remarks) = self.assembled(word, words, beside.as_ref())?;
        let differs = |what| SourceFetchError::Locked {
            name: tree.name.to_string(),
            what,
        };
        if tree.digest != locked.digest {
            return Err(differs("the files"));
        }
        if tree.entry != locked.entry {
            return Err(differs("what starts"));
        }
        if tree != *locked {
            return Err(differs("its description"));
        }
        self.store
            .add_tree(&layout.layout, &tree)
            .map_err(|source| refused(&word, source))?;
        Ok(remarks)
    }

    fn beside(&self, word: &SourceWord) -> Option<Beside> {
        (!word.is_path()).then(|| Beside::of(self.client, word.address()))
    }

    fn assembled(
        &self,
        word: &SourceWord,
        words: &[String],
        beside: Option<&Beside>,
    ) -> Result<(Assembled, LockedTree, SourceWord, Vec<String>), SourceFetchError> {
        let mut unpacked = self.unpacked(word, beside)?;
        let word = word
            .pinned(&unpacked.integrity.hex())
            .map_err(|_| SourceFetchError::Kind(excerpt(&word.to_string())))?;
        let (entry, version, mut remarks) = self.started(&word, words, &unpacked)?;
        if entry.interpreter == Interpreter::Native || word.kind() == SourceKind::Binary {
            let inner = entry.file.as_str().split_once('/');
            unpacked.make_executable(inner.map_or("", |(_, inner)| inner))?;
        }
        let root = tree_path(&word, place(word.kind()))?;
        let placed = Placed {
            path: &root,
            package: &unpacked.stored,
        };
        let layout = Layout::of(&[placed]).map_err(|source| refused(&word, source))?;
        let name = PackageName::new(word.name())
            .map_err(|_| SourceFetchError::Kind(excerpt(&word.to_string())))?;
        let tree = LockedTree {
            format: 1,
            ecosystem: ecosystem(word.kind()),
            name: name.clone(),
            version: version.clone(),
            entry,
            target: None,
            sources: None,
            digest: layout.digest,
            files: layout.count(),
            bytes: layout.bytes(),
            packages: vec![LockedPackage {
                path: root,
                name,
                version,
                integrity: unpacked.integrity.clone(),
                archive: (!word.is_path()).then(|| word.address().to_owned()),
                install_script: false,
                built: None,
            }],
        };
        remarks.insert(0, from(&word, &unpacked.integrity));
        Ok((
            Assembled {
                layout,
                _files: unpacked,
            },
            tree,
            word,
            remarks,
        ))
    }

    /// A signature over the file itself is verified while the file is at hand: later only its digest is.
    fn unpacked(
        &self,
        word: &SourceWord,
        beside: Option<&Beside>,
    ) -> Result<Unpacked<Found>, SourceFetchError> {
        let signed = beside
            .and_then(|beside| Bundle::parse(beside.bundle.as_deref()?).ok())
            .filter(Bundle::is_over_bytes);
        let limits = UnpackLimits::default();
        let shown = excerpt(word.address());
        let archive: Box<dyn Read> = if word.is_path() {
            let file = open(Path::new(word.address()));
            Box::new(file.map_err(|source| SourceFetchError::Read {
                path: shown.clone(),
                source,
            })?)
        } else {
            let answer = self.client.download(word.address(), limits.archive);
            let answer = answer.map_err(|source| SourceFetchError::Fetch {
                address: shown.clone(),
                source,
            })?;
            answer.reader
        };
        let expected = word.pin().and_then(|pin| Integrity::parse_sha256(pin).ok());
        let name = word.name();
        self.progress.archive_expected(&name, None);
        let on_bytes = |bytes| self.progress.archive_bytes(bytes);
        let mut archive = Kept {
            inner: archive,
            bytes: signed.as_ref().map(|_| Vec::new()),
        };
        let alone = tree_path(word, &name)?;
        let kind = word.kind();
        let unpacked = self.store.unpacked(
            expected.as_ref(),
            &mut archive,
            &limits,
            &on_bytes,
            |file, into| match kind {
                SourceKind::Mcpb => {
                    let (signature, files) = unpack_bundle(file, into, &limits)?;
                    Ok((Found::Bundle(signature), files))
                }
                SourceKind::Binary | SourceKind::Git => {
                    let (packed, files) = unpack_release(file, &alone, into, &limits)?;
                    Ok((Found::Release(packed), files))
                }
            },
        );
        self.progress.archive_done(&name, false);
        let unpacked = unpacked.map_err(|source| refused(word, source))?;
        match signed
            .zip(archive.bytes)
            .map(|(it, bytes)| it.signs(&bytes))
        {
            // Nobody here knows the key: that is as if there were no signature.
            None | Some(Ok(()) | Err(VerifyError::UnknownKey)) => Ok(unpacked),
            Some(Err(source)) => Err(SourceFetchError::Signature {
                name: word.name(),
                source,
            }),
        }
    }

    /// What starts, which version it is, and what to tell.
    fn started(
        &self,
        word: &SourceWord,
        words: &[String],
        unpacked: &Unpacked<Found>,
    ) -> Result<(Entry, ExactVersion, Vec<String>), SourceFetchError> {
        match &unpacked.found {
            Found::Release(packed) => {
                let (entry, line) = released(word, &unpacked.stored, *packed)?;
                Ok((entry, version_of(word), vec![line]))
            }
            Found::Bundle(signature) => {
                let (entry, version, mut lines) = self.bundled(word, words, &unpacked.stored)?;
                lines.push(signed(word, signature.as_ref())?);
                Ok((entry, version, lines))
            }
        }
    }

    fn bundled(
        &self,
        word: &SourceWord,
        words: &[String],
        stored: &Stored,
    ) -> Result<(Entry, ExactVersion, Vec<String>), SourceFetchError> {
        let failed = |source| SourceFetchError::Bundle {
            name: word.name(),
            source,
        };
        let manifest = bundle::manifest(stored).map_err(failed)?;
        let ready = bundle::start(stored, words, self.home);
        let lines = mcpb::about(&manifest, ready.as_ref());
        let ready = ready.map_err(failed)?;
        let file = tree_path(word, place(word.kind()))?.join(ready.entry.as_str());
        let file = file.map_err(|_| SourceFetchError::Kind(word.name()))?;
        let command = ready.entry.as_str().rsplit('/').next().unwrap_or_default();
        let entry = Entry {
            command: command.to_owned(),
            file,
            interpreter: match ready.runs {
                Runs::Node => Interpreter::Node,
                Runs::Itself => Interpreter::Native,
                Runs::Python | Runs::IsolatedPython => Interpreter::IsolatedPython,
            },
            interpreter_args: Vec::new(),
        };
        let version = manifest.get("version").and_then(|version| version.as_str());
        let version = version.and_then(|version| ExactVersion::new(version).ok());
        Ok((entry, version.unwrap_or_else(|| by_digest(word)), lines))
    }

    fn stored_before(
        &self,
        word: &SourceWord,
        words: &[String],
    ) -> Result<Fetched, SourceFetchError> {
        let none = || SourceFetchError::NotStored(excerpt(&word.to_string()));
        let pin = word.pin().ok_or_else(none)?;
        let fits = |tree: &LockedTree| {
            let integrity = tree.integrity().map(Integrity::hex);
            tree.ecosystem == ecosystem(word.kind())
                && tree.name.as_str() == word.name()
                && integrity.as_deref() == Some(pin)
                && self.starts_the_same(word, tree)
        };
        let trees = self.store.list()?.into_iter();
        let tree = trees.filter_map(|tree| tree.locked).find(fits);
        let tree = tree.ok_or_else(none)?;
        Ok(Fetched {
            remarks: self.described(word, words, &tree)?,
            tree,
            word: word.clone(),
            beside: None,
        })
    }

    /// Whether a stored tree starts what the word asks for: an archive may have several programs.
    fn starts_the_same(&self, word: &SourceWord, tree: &LockedTree) -> bool {
        if word.kind() != SourceKind::Binary {
            return true;
        }
        let stored = self.store.package_in_tree(&tree.digest, place(word.kind()));
        let entry = stored.and_then(|stored| released(word, &stored, Packed::Alone).ok());
        entry.is_some_and(|(entry, _)| entry == tree.entry)
    }

    /// What is told of a tree that is in the store already.
    fn described(
        &self,
        word: &SourceWord,
        words: &[String],
        tree: &LockedTree,
    ) -> Result<Vec<String>, SourceFetchError> {
        self.store.lease(&tree.digest)?;
        let root = tree_path(word, place(word.kind()))?;
        let stored = self.store.package_in_tree(&tree.digest, root.as_str());
        let stored =
            stored.ok_or_else(|| SourceFetchError::NotStored(excerpt(&word.to_string())))?;
        let mut lines: Vec<String> = tree
            .integrity()
            .map(|it| from(word, it))
            .into_iter()
            .collect();
        match word.kind() {
            SourceKind::Mcpb => lines.extend(self.bundled(word, words, &stored)?.2),
            _ => lines.push(released(word, &stored, Packed::Alone)?.1),
        }
        Ok(lines)
    }
}

/// Keeps what is read, where somebody wants it whole.
struct Kept<R> {
    inner: R,
    bytes: Option<Vec<u8>>,
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(bytes) = &mut self.bytes {
            bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        }
        Ok(count)
    }
}

/// A tree that was laid out, and the unpacked files that it is made of.
struct Assembled {
    layout: Layout,
    _files: Unpacked<Found>,
}

impl Assembled {
    fn count(&self) -> u64 {
        self.layout.count()
    }
}

fn released(
    word: &SourceWord,
    stored: &Stored,
    packed: Packed,
) -> Result<(Entry, String), SourceFetchError> {
    let failed = |problem| SourceFetchError::Program {
        name: word.name(),
        problem,
    };
    let root = tree_path(word, place(word.kind()))?;
    let (entry, kind) = program::entry(stored, &root, word.entry()).map_err(failed)?;
    let inner = entry.file.as_str().split_once('/');
    let inner = inner.map_or("", |(_, inner)| inner);
    let within = match packed {
        Packed::Alone => String::new(),
        Packed::Tarball | Packed::Zip => {
            let count = stored.files.len();
            format!(
                " in an archive of {count} file{}",
                if count == 1 { "" } else { "s" }
            )
        }
    };
    let line = format!("starts {}, {}{within}", excerpt(inner), kind.describe());
    Ok((entry, line))
}

/// What a signature proves. One that is there and does not hold is worse than none.
fn signed(word: &SourceWord, signature: Option<&Signature>) -> Result<String, SourceFetchError> {
    let Some(signature) = signature else {
        return Ok("not signed".to_owned());
    };
    let signatory = detached(&signature.der, &signature.over);
    let signatory = signatory.map_err(|source| SourceFetchError::Signature {
        name: word.name(),
        source,
    })?;
    let name = excerpt(&signatory.name);
    Ok(match &signatory.issuer {
        None => format!(
            "signed with a certificate that says `{name}` and that its maker issued: nobody vouches for the name"
        ),
        Some(issuer) => format!(
            "signed with a certificate that says `{name}`, issued by `{}`, which is not trusted here: nobody vouches for the name",
            excerpt(issuer)
        ),
    })
}

fn from(word: &SourceWord, integrity: &Integrity) -> String {
    let place = match word.host() {
        Some(host) => format!("from {}, of which nothing is known here", excerpt(host)),
        None => format!("from the file {}", excerpt(word.address())),
    };
    format!("{place}; SHA-256 {}", integrity.hex())
}

fn ecosystem(kind: SourceKind) -> Ecosystem {
    match kind {
        SourceKind::Binary => Ecosystem::Binary,
        SourceKind::Mcpb => Ecosystem::Mcpb,
        SourceKind::Git => Ecosystem::Git,
    }
}

/// The version in a release's address (`…/download/v1.2.3/…`), else the digest's first digits. It is a label: the digest decides.
fn version_of(word: &SourceWord) -> ExactVersion {
    let parts = word.address().split('/').rev().skip(1);
    let tags = parts.map(|part| part.strip_prefix('v').unwrap_or(part));
    let is_version = |part: &&str| {
        let mut numbers = part.split(['-', '+']).next().unwrap_or_default().split('.');
        numbers.clone().count() >= 2
            && numbers.all(|it| !it.is_empty() && it.bytes().all(|c| c.is_ascii_digit()))
    };
    let host_ends = word.address().split('/').count().saturating_sub(4);
    tags.take(host_ends)
        .find(is_version)
        .and_then(|tag| ExactVersion::new(tag).ok())
        .unwrap_or_else(|| by_digest(word))
}

fn by_digest(word: &SourceWord) -> ExactVersion {
    let digits = word.pin().and_then(|pin| pin.get(..12)).unwrap_or("0");
    ExactVersion::new(format!("0+sha256.{digits}")).unwrap_or_else(|_| ExactVersion::zero())
}

fn tree_path(word: &SourceWord, path: &str) -> Result<TreePath, SourceFetchError> {
    TreePath::new(path).map_err(|_| SourceFetchError::Kind(excerpt(&word.to_string())))
}

fn refused(word: &SourceWord, source: InstallError) -> SourceFetchError {
    SourceFetchError::Install {
        address: excerpt(word.address()),
        source,
    }
}

/// A plain file; nothing that would wait for a writer.
fn open(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(nonblocking)
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no plain file",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_releases() {
        let pin = "0a".repeat(32);
        for (address, expected) in [
            (
                "https://github.com/o/r/releases/download/v1.2.3/tool_Linux_x86_64",
                "1.2.3",
            ),
            ("https://h.example/tool/1.2.3-rc.1/t.tar.gz", "1.2.3-rc.1"),
            (
                "https://h.example/tool/latest/t-1.2.3",
                "0+sha256.0a0a0a0a0a0a",
            ),
            ("https://10.0.0.1/t", "0+sha256.0a0a0a0a0a0a"),
        ] {
            let word: SourceWord = format!("binary:{address}#sha256={pin}").parse().unwrap();
            assert_eq!(version_of(&word).as_str(), expected, "{address}");
        }
    }
}
