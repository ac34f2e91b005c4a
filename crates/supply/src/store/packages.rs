//! Packages in the store: unpacked archives under the digest of the archive.

use super::{
    Damage, Scratch, Store, StoreError, check,
    install::{InstallError, Mismatch, Stored},
    manifest,
};
use crate::{
    digest::Integrity,
    http::{FetchError, interrupted},
    pypi::WheelName,
    store::manifest::FileRecord,
    unpack::{self, Outer, UnpackLimits},
};
use sha2::Digest;
use std::{
    fs::{self, File},
    io::{self, BufReader, Cursor, Read, Seek, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Archives up to this size are kept in memory until their digest is known; larger ones on disk.
const IN_MEMORY: usize = 8 << 20;

impl Store {
    /// The same bytes unpacked in two ways are two things.
    fn package_path(&self, integrity: &Integrity, unpacked: &str) -> PathBuf {
        let key = integrity.key();
        let shard = key.get(..2).unwrap_or_default();
        let place = self.join("packages").join(shard);
        place.join(format!("{key}{unpacked}"))
    }

    /// A stored package, if it is there and whole. One that is damaged is removed, so that it is
    /// fetched again.
    pub(crate) fn package(&self, integrity: &Integrity, format: &Format<'_>) -> Option<Stored> {
        self.whole(&self.package_path(integrity, format.mark()))
    }

    fn whole(&self, path: &Path) -> Option<Stored> {
        // Looked for first: a package gets its place whole, so from then on its list is there or was lost.
        let seen = fs::symlink_metadata(path).ok()?;
        let files = path.join("files");
        let is_lost = match fs::read_to_string(path.join("manifest")) {
            Ok(text) => match manifest::parse(&text) {
                Some(records) => match check::full(&files, &records, self.reading()) {
                    Ok(_) => {
                        return Some(Stored {
                            directory: files,
                            files: records,
                        });
                    }
                    Err(damages) => !damages.iter().any(Damage::is_unread),
                },
                None => true,
            },
            Err(error) => check::is_lost(&error),
        };
        if is_lost {
            self.put_away_if(path, &seen);
        }
        None
    }

    /// At once: nobody may take what is left of it for the whole. Another process may have put it away meanwhile, and a whole one in its
    /// place: that one stays.
    fn put_away_if(&self, path: &Path, seen: &fs::Metadata) {
        let identity = |it: &fs::Metadata| (it.dev(), it.ino());
        let now = fs::symlink_metadata(path);
        if now.is_ok_and(|now| identity(&now) == identity(seen)) {
            let _ = self.put_away(path);
        }
    }

    fn seal_records(&self, files: &Path, records: &[FileRecord]) -> Result<(), StoreError> {
        let paths: Vec<&str> = records.iter().map(|record| record.path.as_str()).collect();
        self.sealing.seal(files, &paths)
    }

    /// Reads an archive to its end, verifies its digest, and only then unpacks and stores it.
    pub(crate) fn add_package(
        &self,
        integrity: &Integrity,
        format: &Format<'_>,
        archive: impl Read,
        limits: &UnpackLimits,
        on_bytes: &dyn Fn(u64),
    ) -> Result<Stored, InstallError> {
        let scratch = self.scratch()?;
        let (spool, found) = Spool::fill(archive, &scratch, integrity, limits.archive, on_bytes)?;
        if found != *integrity {
            let expected = integrity.clone();
            return Err(InstallError::Integrity(Box::new(Mismatch {
                expected,
                found,
            })));
        }
        let work = scratch.path.join("package");
        let files = work.join("files");
        fs::create_dir_all(&files).map_err(StoreError::at("create", &files))?;
        let records = match format {
            Format::Tarball => {
                let reader = BufReader::with_capacity(64 << 10, spool.reader()?);
                let mut records = unpack::unpack(reader, Outer::Dropped, &files, limits)?;
                make_commands_executable(&files, &mut records)?;
                records
            }
            Format::Source => {
                let reader = BufReader::with_capacity(64 << 10, spool.reader()?);
                unpack::unpack(reader, Outer::Dropped, &files, limits)?
            }
            Format::Wheel(name) => unpack::unpack_wheel(spool.reader()?, name, &files, limits)?,
        };
        let text = manifest::render(&records);
        fs::write(work.join("manifest"), text).map_err(StoreError::at("write", &work))?;
        self.seal_records(&files, &records)?;
        make_read_only(&files, &records)?;
        let place = self.package_path(integrity, format.mark());
        // When it is there already, another process was faster; the bytes are the same.
        scratch.publish("package", &place)?;
        Ok(Stored {
            directory: place.join("files"),
            files: records,
        })
    }
}

/// What is stored is named by the list of its files where no archive has a name for it.
impl Store {
    /// Stores the files that `make` writes into an empty directory, which is its second one; the first is for its own work and is
    /// removed. `make` says what it wrote, sorted by path. What `accept` refuses by its digest is not kept.
    pub(crate) fn add_files<E: From<StoreError>>(
        &self,
        make: impl FnOnce(&Path, &Path) -> Result<Vec<FileRecord>, E>,
        accept: impl FnOnce(&Integrity) -> Result<(), E>,
    ) -> Result<(Integrity, Stored), E> {
        let scratch = self.scratch()?;
        let (aside, work) = (scratch.path.join("aside"), scratch.path.join("package"));
        let files = work.join("files");
        for directory in [&aside, &files] {
            fs::create_dir_all(directory).map_err(StoreError::at("create", directory))?;
        }
        let records = make(&aside, &files)?;
        let text = manifest::render(&records);
        let integrity = Integrity::from_sha256(*manifest::digest(&text).as_bytes());
        accept(&integrity)?;
        // What is there already is looked at first, and put away when it is damaged.
        let place = self.package_path(&integrity, "");
        if let Some(stored) = self.whole(&place) {
            return Ok((integrity, stored));
        }
        fs::write(work.join("manifest"), text).map_err(StoreError::at("write", &work))?;
        self.seal_records(&files, &records)?;
        make_read_only(&files, &records)?;
        scratch.publish("package", &place)?;
        let directory = place.join("files");
        Ok((
            integrity,
            Stored {
                directory,
                files: records,
            },
        ))
    }
}

/// As npm does: what a package lists as a command can be executed, whatever its archive says.
fn make_commands_executable(files: &Path, records: &mut [FileRecord]) -> Result<(), InstallError> {
    let Ok(text) = fs::read(files.join("package.json")) else {
        return Ok(());
    };
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(&text) else {
        return Ok(());
    };
    let targets: Vec<&str> = match value.get("bin") {
        Some(serde_json::Value::String(one)) => vec![one],
        Some(serde_json::Value::Object(many)) => many.values().filter_map(|v| v.as_str()).collect(),
        _ => return Ok(()),
    };
    for target in targets {
        let plain = target.trim_start_matches("./");
        let record = records
            .iter_mut()
            .find(|record| record.path.as_str() == plain);
        if let Some(record) = record.filter(|record| !record.executable) {
            record.executable = true;
            let path = files.join(plain);
            let mode = fs::Permissions::from_mode(record.mode());
            fs::set_permissions(&path, mode).map_err(StoreError::at("change", &path))?;
        }
    }
    Ok(())
}

/// Takes the permission to write from every directory.
pub(super) fn make_read_only(root: &Path, records: &[FileRecord]) -> Result<(), StoreError> {
    let paths = check::directories_of(records);
    let directories = paths.iter().map(|path| root.join(path.as_str()));
    for path in directories.chain([root.to_path_buf()]) {
        let mode = fs::Permissions::from_mode(check::DIRECTORY_MODE);
        fs::set_permissions(&path, mode).map_err(StoreError::at("change", &path))?;
    }
    Ok(())
}

/// Computes the kind of digest that is expected.
enum Hasher {
    Sha512(sha2::Sha512),
    Sha256(sha2::Sha256),
}

impl Hasher {
    fn like(expected: &Integrity) -> Self {
        if expected.is_sha256() {
            Self::Sha256(sha2::Sha256::new())
        } else {
            Self::Sha512(sha2::Sha512::new())
        }
    }

    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha512(hasher) => hasher.update(data),
            Self::Sha256(hasher) => hasher.update(data),
        }
    }

    fn finish(self) -> Integrity {
        match self {
            Self::Sha512(hasher) => Integrity::from_bytes(hasher.finalize().into()),
            Self::Sha256(hasher) => Integrity::from_sha256(hasher.finalize().into()),
        }
    }
}

/// How an archive is packed.
pub(crate) enum Format<'a> {
    /// npm's: tar in gzip.
    Tarball,
    /// A wheel of this name.
    Wheel(&'a WheelName),
    /// Sources of a Python package: tar in gzip, one directory around everything.
    Source,
}

impl Format<'_> {
    /// The end of the name of what was unpacked like that.
    fn mark(&self) -> &'static str {
        match self {
            Self::Tarball | Self::Wheel(_) => "",
            Self::Source => ".source",
        }
    }
}

/// What can be read at any place.
pub(crate) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// An archive that arrived whole.
pub(super) enum Spool {
    Memory(Vec<u8>),
    Disk(File),
}

impl Spool {
    /// Reads everything, and hashes it on the way.
    pub(super) fn fill(
        mut from: impl Read,
        scratch: &Scratch,
        expected: &Integrity,
        limit: u64,
        on_bytes: &dyn Fn(u64),
    ) -> Result<(Self, Integrity), InstallError> {
        let mut hasher = Hasher::like(expected);
        let mut spool = Self::Memory(Vec::new());
        let mut buffer = vec![0; 64 << 10];
        let mut total = 0;
        loop {
            let count = match from.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|error| interrupted(error, limit))?,
            };
            let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
                break;
            };
            total += data.len() as u64;
            if total > limit {
                return Err(FetchError::TooLarge(limit).into());
            }
            hasher.update(data);
            spool.push(data, scratch)?;
            on_bytes(data.len() as u64);
        }
        Ok((spool, hasher.finish()))
    }

    fn push(&mut self, data: &[u8], scratch: &Scratch) -> Result<(), StoreError> {
        let path = scratch.path.join("archive");
        let failed = |error| StoreError::at("write", &path)(error);
        match self {
            Self::Memory(bytes) if bytes.len() + data.len() <= IN_MEMORY => {
                bytes.extend_from_slice(data)
            }
            Self::Memory(bytes) => {
                let mut options = fs::OpenOptions::new();
                let mut file = options
                    .read(true)
                    .write(true)
                    .create_new(true)
                    .open(&path)
                    .map_err(failed)?;
                file.write_all(bytes)
                    .and_then(|()| file.write_all(data))
                    .map_err(failed)?;
                *self = Self::Disk(file);
            }
            Self::Disk(file) => file.write_all(data).map_err(failed)?,
        }
        Ok(())
    }

    pub(super) fn reader(self) -> Result<Box<dyn ReadSeek>, InstallError> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Self::Disk(mut file) => {
                let rewound = file.rewind();
                rewound
                    .map_err(|error| InstallError::Unpack(unpack::UnpackError::Damaged(error)))?;
                Box::new(file)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn one(store: &Store) -> (Integrity, PathBuf) {
        let make = |_: &Path, files: &Path| -> Result<Vec<FileRecord>, StoreError> {
            let path = crate::locked::TreePath::new("a").unwrap();
            fs::write(files.join("a"), "a").unwrap();
            fs::set_permissions(files.join("a"), fs::Permissions::from_mode(0o444)).unwrap();
            Ok(vec![FileRecord {
                path,
                sha256: crate::digest::Sha256::of(b"a"),
                size: 1,
                executable: false,
            }])
        };
        let (integrity, _) = store.add_files(make, |_| Ok::<_, StoreError>(())).unwrap();
        let place = store.package_path(&integrity, "");
        (integrity, place)
    }

    #[test]
    fn only_what_is_lost_or_no_manifest_puts_a_package_away() {
        type Change = fn(&Path);
        let changes: [(Change, bool); 6] = [
            (|_| (), true),
            // Reading there is an error of input and output.
            (|it| symlink("/proc/self/mem", it).unwrap(), true),
            (|it| symlink("nowhere", it).unwrap(), false),
            (|it| fs::write(it, b"\xff").unwrap(), false),
            (|it| fs::write(it, "other").unwrap(), false),
            (|it| fs::create_dir(it).unwrap(), false),
        ];
        for (number, (change, stays)) in changes.into_iter().enumerate() {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::open(directory.path()).unwrap();
            let (integrity, place) = one(&store);
            let manifest = place.join("manifest");
            if number > 0 {
                fs::remove_file(&manifest).unwrap();
                change(&manifest);
            }
            let found = store.package(&integrity, &Format::Tarball);
            assert_eq!(found.is_some(), number == 0, "{number}");
            assert_eq!(place.exists(), stays, "{number}");
        }
    }

    #[test]
    fn what_another_process_put_in_its_place_stays() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let (_, place) = one(&store);
        let seen = fs::symlink_metadata(&place).unwrap();
        let aside = directory.path().join("aside");
        fs::rename(&place, &aside).unwrap();
        one(&store);
        store.put_away_if(&place, &seen);
        assert!(place.exists());
        fs::rename(&place, directory.path().join("newer")).unwrap();
        fs::rename(&aside, &place).unwrap();
        store.put_away_if(&place, &seen);
        assert!(!place.exists());
    }
}
