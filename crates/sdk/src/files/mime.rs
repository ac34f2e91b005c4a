//! Media types by the end of a name. A hint for the reader; nothing is decided by it.

/// The media type of a file of this name, if it is a common one.
pub(super) fn of_name(name: &str) -> Option<&'static str> {
    const TYPES: &[(&str, &str)] = &[
        ("bin", "application/octet-stream"),
        ("c", "text/x-c"),
        ("css", "text/css"),
        ("csv", "text/csv"),
        ("gif", "image/gif"),
        ("go", "text/x-go"),
        ("gz", "application/gzip"),
        ("htm", "text/html"),
        ("html", "text/html"),
        ("java", "text/x-java"),
        ("jpeg", "image/jpeg"),
        ("jpg", "image/jpeg"),
        ("js", "text/javascript"),
        ("json", "application/json"),
        ("jsonl", "application/jsonl"),
        ("log", "text/plain"),
        ("md", "text/markdown"),
        ("mp3", "audio/mpeg"),
        ("mp4", "video/mp4"),
        ("ogg", "audio/ogg"),
        ("pdf", "application/pdf"),
        ("png", "image/png"),
        ("py", "text/x-python"),
        ("rs", "text/x-rust"),
        ("sh", "application/x-sh"),
        ("svg", "image/svg+xml"),
        ("toml", "application/toml"),
        ("ts", "text/x-typescript"),
        ("txt", "text/plain"),
        ("wasm", "application/wasm"),
        ("wav", "audio/wav"),
        ("webp", "image/webp"),
        ("xml", "application/xml"),
        ("yaml", "application/yaml"),
        ("yml", "application/yaml"),
        ("zip", "application/zip"),
    ];
    let (stem, end) = name.rsplit_once('.')?;
    if stem.is_empty() || stem.ends_with('/') {
        return None;
    }
    let end = end.to_ascii_lowercase();
    let found = TYPES.binary_search_by(|(known, _)| (*known).cmp(end.as_str()));
    TYPES.get(found.ok()?).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::of_name;

    #[test]
    fn common_ends_are_known() {
        for (name, expected) in [
            ("a.md", Some("text/markdown")),
            ("b/A.JSON", Some("application/json")),
            ("x.tar.gz", Some("application/gzip")),
            ("a.bin", Some("application/octet-stream")),
            ("a.zip", Some("application/zip")),
            (".zip", None),
            ("dir/.md", None),
            ("Makefile", None),
            ("a.unknown", None),
        ] {
            assert_eq!(of_name(name), expected, "{name}");
        }
    }
}
