//! How much a schema may ask for.

/// What a schema may cost. `Default` is several times what tools in use need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of its text (256 KiB).
    pub max_bytes: usize,
    /// Values inside each other (48). The JSON reader's own limit comes first where it is lower.
    pub max_depth: usize,
    /// JSON values in all (20,000).
    pub max_values: usize,
    /// Subschemas that one value is held against, references followed (10,000): what `allOf`, `anyOf` and `$ref` multiply.
    pub max_applied: u64,
    /// Bytes of a regular expression (2,048).
    pub max_pattern: usize,
    /// Whether patterns that a backtracking engine needs exponential time for are refused (they are).
    pub refuse_slow_patterns: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 10,
            max_depth: 48,
            max_values: 20_000,
            max_applied: 10_000,
            max_pattern: 2_048,
            refuse_slow_patterns: true,
        }
    }
}
