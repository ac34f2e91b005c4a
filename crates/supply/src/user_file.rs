//! A user's own configuration file, read whole and bounded.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

/// Larger than any configuration.
const MOST: u64 = 1 << 20;

/// Why it was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It has more than a MiB.
    Large,
    /// The system.
    Read(io::Error),
}

/// Its text; none where there is no such file.
pub(crate) fn text(path: &Path) -> Result<Option<String>, Unread> {
    let absent = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        )
    };
    match fs::metadata(path) {
        // A pipe would keep us waiting.
        Ok(meta) if !meta.is_file() => return Ok(None),
        Ok(_) => {}
        Err(error) if absent(&error) => return Ok(None),
        Err(error) => return Err(Unread::Read(error)),
    }
    let mut raw = Vec::new();
    let file = fs::File::open(path).map_err(Unread::Read)?;
    file.take(MOST + 1)
        .read_to_end(&mut raw)
        .map_err(Unread::Read)?;
    if raw.len() as u64 > MOST {
        return Err(Unread::Large);
    }
    Ok(Some(String::from_utf8_lossy(&raw).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("plain"), b"a=\xff1").unwrap();
        fs::write(at("full"), vec![b'x'; 1 << 20]).unwrap();
        fs::write(at("large"), vec![b'x'; (1 << 20) + 1]).unwrap();
        assert_eq!(text(&at("plain")).unwrap().unwrap(), "a=\u{fffd}1");
        assert_eq!(text(&at("full")).unwrap().unwrap().len(), 1 << 20);
        assert!(matches!(text(&at("large")), Err(Unread::Large)));
        for none in ["missing", "plain/below", "."] {
            assert!(text(&at(none)).unwrap().is_none(), "{none}");
        }
        assert!(matches!(text(&at(&"x".repeat(300))), Err(Unread::Read(_))));
    }
}
