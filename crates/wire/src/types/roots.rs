//! Roots: the directories that a client tells a server about.

use super::Meta;

message! {
    /// A directory or file.
    #[derive(Default)]
    pub struct Root {
        /// A `file:` URI.
        must uri: String = "uri";
        /// For people.
        may name: String = "name";
        /// What rides along.
        may meta: Meta = "_meta", since V2025_06_18;
    }

    /// Result of `roots/list`.
    #[derive(Default)]
    pub struct ListRootsResult {
        /// All of them.
        must roots: Vec<Root> = "roots";
        /// What rides along.
        may meta: Meta = "_meta", until V2025_11_25;
    }
}

impl Root {
    /// A root at a URI.
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            ..Self::default()
        }
    }
}
