//! Why a request leads to no content.

use thiserror::Error;

use super::package::LocateError;
use crate::digest_cache::DigestError;
use crate::tree::TreeError;

/// Why a request leads to no content. Messages end with what to do.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// No such program on the fixed search path.
    #[error(
        "`{program}` is not installed: install it, or write its whole path (looked in {searched})"
    )]
    NotInstalled {
        /// The program as it was asked for.
        program: String,
        /// Where it was looked for.
        searched: String,
    },
    /// A file that the request names is not there or cannot be reached.
    #[error("`{path}` cannot be found: write the path of a file that is there")]
    NotFound {
        /// The path.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The path names no program: a directory, or a file without the executable bit.
    #[error("`{path}` is no executable file: run `chmod +x {path}` if it should be one")]
    NotExecutable {
        /// The path.
        path: String,
    },
    /// A relative path, and no directory that it could be relative to.
    #[error("`{path}` is relative: write its whole path, or give the request a `cwd`")]
    Relative {
        /// The path.
        path: String,
    },
    /// A path that cannot be shown exactly.
    #[error("`{path}` is not UTF-8: rename it")]
    NotText {
        /// The path, as far as it can be shown.
        path: String,
    },
    /// The package was never fetched, or no version was chosen yet.
    #[error("`{package}` is not installed: run `interlock approve` to fetch it")]
    PackageMissing {
        /// The package.
        package: String,
    },
    /// The store could not give the package.
    #[error("the package is not available")]
    Package(#[from] LocateError),
    /// What was locked is another package than what the request names.
    #[error("the approval is for `{locked}`, the request for `{asked}`: run `interlock approve`")]
    OtherPackage {
        /// What the approval locked.
        locked: String,
        /// What the request names.
        asked: String,
    },
    /// First lines that lead in a circle or too far, or cannot be read.
    #[error("the first line of `{path}` {problem}: start the program itself instead")]
    Shebang {
        /// The script.
        path: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A grant for writing covers the code itself.
    #[error(
        "`{grant}` is granted for writing but covers the server's own code `{code}`: grant a directory under it"
    )]
    WritesCode {
        /// The grant.
        grant: String,
        /// The file or directory of code.
        code: String,
    },
    /// The entry file, its project or its interpreter lies in one of Interlock's own directories.
    #[error("`{path}` lies in one of Interlock's own directories: move it")]
    OwnFiles {
        /// The path.
        path: String,
    },
    /// No digest of content exists for such a launch.
    #[error("{what} cannot be resolved to content: {instead}")]
    Unsupported {
        /// What was asked for.
        what: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// Judging refused the request.
    #[error("the request is refused: run `interlock check -- COMMAND` to see why")]
    Refused,
    /// A file cannot be digested.
    #[error("a program file cannot be digested")]
    Digest(#[from] DigestError),
    /// A directory of code cannot be digested.
    #[error("a directory of code cannot be digested")]
    Tree(#[from] TreeError),
}

impl ResolveError {
    /// Whether the request may become resolvable by installing or fetching something.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            ResolveError::NotInstalled { .. }
                | ResolveError::NotFound { .. }
                | ResolveError::PackageMissing { .. }
                | ResolveError::Package(LocateError::Missing(_))
        )
    }
}
