//! The formats of configuration files.

/// How a file is written, which is how its client reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON as RFC 8259 has it: the client's reader knows no comments.
    Json,
    /// JSON with comments and trailing commas.
    Jsonc,
    /// TOML 1.
    Toml,
    /// YAML 1.2, the core schema.
    Yaml,
    /// YAML between two lines of `---` at the start of a Markdown file.
    FrontMatter,
    /// JSON in the `manifest.json` of a zip archive. The text is the manifest's, so the file must not be edited.
    Bundle,
}

impl Format {
    /// The format's name in output: `json`, `jsonc`, `toml`, `yaml`, `front-matter`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Jsonc => "jsonc",
            Format::Toml => "toml",
            Format::Yaml => "yaml",
            Format::FrontMatter => "front-matter",
            Format::Bundle => "bundle",
        }
    }
}
