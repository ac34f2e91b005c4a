//! How far looking goes, and how it tells where it is.

/// How far looking goes. What is left out because of a limit is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most files that are read.
    pub files: usize,
    /// Most directory entries that are looked at below one home or project.
    pub entries: usize,
    /// Deepest directory below a project that is looked into.
    pub depth: usize,
    /// Most threads that read.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            files: 100_000,
            entries: 1_000_000,
            depth: 24,
            threads: 4,
        }
    }
}

/// Where looking is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Files that were found so far.
    pub found: usize,
    /// Files of them that were read.
    pub read: usize,
}
