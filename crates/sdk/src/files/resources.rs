//! Reading files beneath a root.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;

use interlock_wire::resource_uri::{Allowed, RootFault, Target, UriFault, file_uri};
use rustix::fs::OFlags;
use rustix::io::Errno;

use super::{FileError, Listing, RootError, list, mime, open};

/// The files beneath one directory, as resources. Cheap to clone.
///
/// The module's head has an example.
#[derive(Debug, Clone)]
pub struct FileResources {
    root: Arc<OwnedFd>,
    path: String,
    allowed: Allowed,
    max_size: u64,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContents {
    uri: String,
    mime_type: Option<&'static str>,
    body: FileBody,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileBody {
    /// UTF-8 without a NUL.
    Text(String),
    /// Anything else.
    Blob(Vec<u8>),
}

impl FileContents {
    /// The file's URI, in the one spelling that [`FileResources`] uses.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The media type that its name suggests.
    pub fn mime_type(&self) -> Option<&'static str> {
        self.mime_type
    }

    /// What is in it.
    pub fn body(&self) -> &FileBody {
        &self.body
    }

    /// What is in it, by value.
    pub fn into_body(self) -> FileBody {
        self.body
    }
}

impl FileResources {
    /// The longest file that is served, unless told otherwise: 4 MiB.
    pub const MAX_SIZE: u64 = 4 << 20;

    /// The files beneath a directory, an absolute path. It is opened now: renaming it later changes nothing.
    ///
    /// # Errors
    /// When it cannot be opened, when the kernel is too old, and for places that nobody means to hand out as a
    /// whole: `/`, a home directory, a directory of the system or of credentials.
    pub fn beneath(directory: &str) -> Result<Self, RootError> {
        Self::open(directory, Allowed::root)
    }

    /// The files beneath any directory, whatever lies in it.
    ///
    /// # Errors
    /// When it cannot be opened, or when the kernel is too old.
    pub fn danger_beneath(directory: &str) -> Result<Self, RootError> {
        Self::open(directory, Allowed::danger_root)
    }

    fn open(
        directory: &str,
        allow: impl FnOnce(Allowed, &str) -> Result<Allowed, RootFault>,
    ) -> Result<Self, RootError> {
        let path = directory.to_owned();
        let refused = |source| RootError::Refused {
            path: path.clone(),
            source,
        };
        if !directory.starts_with('/') {
            return Err(refused(RootFault::NotAPath));
        }
        let allowed = allow(Allowed::new(), directory).map_err(refused)?;
        let failed = |source| RootError::Open {
            path: path.clone(),
            source,
        };
        let root = open::root(directory).map_err(failed)?;
        match open::beneath(root.as_fd(), "", OFlags::DIRECTORY) {
            Ok(_probe) => {}
            Err(Errno::NOSYS) => return Err(RootError::Kernel),
            Err(errno) => return Err(failed(errno.into())),
        }
        Ok(Self {
            root: Arc::new(root),
            path: directory.trim_end_matches('/').to_owned(),
            allowed,
            max_size: Self::MAX_SIZE,
        })
    }

    /// With another limit on the length of a file, in bytes.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = bytes;
        self
    }

    /// The `file` URI of the root, with a slash at its end: what a template of all files begins with.
    pub fn root_uri(&self) -> String {
        // The root was checked to be absolute.
        self.uri("")
    }

    /// Reads a file, on a thread where waiting for a disk holds up nobody.
    ///
    /// # Errors
    /// When the URI is refused, when there is no such regular file beneath the root, and when it is too long.
    pub async fn read(&self, uri: &str) -> Result<FileContents, FileError> {
        let (files, uri) = (self.clone(), uri.to_owned());
        let reading = tokio::task::spawn_blocking(move || files.read_blocking(&uri));
        reading.await.map_err(|error| FileError::Io(error.into()))?
    }

    /// Reads a file, and waits for the disk.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_blocking(&self, uri: &str) -> Result<FileContents, FileError> {
        let relative = self.relative(uri)?;
        let (file, size) = open::regular(self.root.as_fd(), &relative)?;
        let limit = self.max_size;
        if size > limit {
            return Err(FileError::TooLarge { limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        // It may have grown since it was measured.
        let mut bounded = File::from(file).take(limit.saturating_add(1));
        bounded.read_to_end(&mut bytes).map_err(FileError::Io)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > limit) {
            return Err(FileError::TooLarge { limit });
        }
        Ok(FileContents {
            uri: self.uri(&relative),
            mime_type: mime::of_name(&relative),
            body: body(bytes),
        })
    }

    /// The regular files beneath the root, on a thread of its own: at most `max`, sorted within each directory.
    ///
    /// # Errors
    /// When the root cannot be read.
    pub async fn list(&self, max: usize) -> Result<Listing, FileError> {
        let files = self.clone();
        let listing = tokio::task::spawn_blocking(move || files.list_blocking(max));
        listing.await.map_err(|error| FileError::Io(error.into()))?
    }

    /// The same, waiting for the disk. What cannot be asked for by URI is left out: links, odd names, other types.
    ///
    /// # Errors
    /// When the root cannot be read.
    pub fn list_blocking(&self, max: usize) -> Result<Listing, FileError> {
        list::walk(self, self.root.as_fd(), max)
    }

    /// The path below the root that a URI names.
    fn relative(&self, uri: &str) -> Result<String, FileError> {
        match self.allowed.judge(uri).map_err(FileError::Uri)? {
            Target::File(file) => Ok(file.relative().to_owned()),
            _ => Err(FileError::Uri(UriFault::OutsideRoots)),
        }
    }

    /// The URI of a path below the root, if it can be asked for.
    pub(super) fn askable(&self, relative: &str) -> Option<String> {
        let uri = self.uri(relative);
        let same = self.relative(&uri).is_ok_and(|again| again == relative);
        same.then_some(uri)
    }

    fn uri(&self, relative: &str) -> String {
        file_uri(&format!("{}/{relative}", self.path)).unwrap_or_default()
    }
}

fn body(bytes: Vec<u8>) -> FileBody {
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => FileBody::Text(text),
        Ok(text) => FileBody::Blob(text.into_bytes()),
        Err(error) => FileBody::Blob(error.into_bytes()),
    }
}
