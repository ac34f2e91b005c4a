//! What can go wrong between a commit's name and its files.

use super::ObjectId;
use crate::{http::FetchError, unpack::UnpackError};
use std::io;

/// Why a host's answer could not be had or used.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The host could not be asked.
    #[error("the repository `{url}` cannot be asked")]
    Fetch {
        /// Where.
        url: String,
        /// Why.
        source: FetchError,
    },
    /// The host sent the client elsewhere.
    #[error("the repository has moved from `{from}` to `{to}`; name that address if you trust it")]
    Moved {
        /// Where it was looked for.
        from: String,
        /// Where it is said to be; escaped.
        to: String,
    },
    /// The host speaks something else.
    #[error("the host's answer is refused: {0}")]
    Protocol(&'static str),
    /// The host refuses in words of its own; escaped.
    #[error("the host says: {0}")]
    Said(String),
    /// No branch or tag has the name.
    #[error("the repository has no branch or tag `{0}`")]
    NoSuchName(String),
    /// A branch and a tag have the name, and who reads it takes the one or the other.
    #[error(
        "`{0}` is a branch and a tag, at different commits: name `refs/heads/{0}` or `refs/tags/{0}`"
    )]
    TwoNames(String),
    /// The repository names its objects otherwise than the commit is named.
    #[error("the commit `{0}` is named by another kind of hash than this repository uses")]
    OtherFormat(ObjectId),
}

/// Why the objects of a commit were refused.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The pack is not one, or damaged.
    #[error("the pack is refused: {0}")]
    Pack(&'static str),
    /// The pack ended early or cannot be decompressed, or the host broke off.
    #[error("the pack is damaged or incomplete")]
    Damaged(#[source] io::Error),
    /// More, larger or deeper than any server needs.
    #[error("the repository holds more than {limit} {what}")]
    Excess {
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// Two different contents were made to have one SHA-1.
    #[error("an object was made to collide with another one (SHA-1)")]
    Collision,
    /// Something that the commit leads to was not sent.
    #[error("the host did not send {kind} {id}")]
    Missing {
        /// Of which kind.
        kind: &'static str,
        /// Its name.
        id: ObjectId,
    },
    /// A commit or a tree that Git would refuse as well.
    #[error("object {id} is refused: {what}")]
    Malformed {
        /// Its name.
        id: ObjectId,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A path, a kind of file or a pair of names that is not let into the store.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// A symbolic link that leaves the repository.
    #[error("`{path}` is a link that leaves the repository")]
    Link {
        /// Where it is.
        path: String,
    },
    /// There is nothing at the path that was named.
    #[error("the commit has no `{0}`")]
    NoSuchPath(String),
    /// Our own disk.
    #[error("objects cannot be written")]
    Disk(#[source] io::Error),
}
