//! The manifest in an MCPB bundle (`.mcpb`, formerly `.dxt`), which is a zip archive. Nothing else of the archive is unpacked.

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder};

use super::problem::ProblemKind;

/// Most bytes of a manifest.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// Most entries of an archive that are looked through.
const MOST_ENTRIES: usize = 100_000;

/// What is wrong with an archive.
pub(super) type Fault = (ProblemKind, &'static str);

/// The bytes of the manifest, and what is wrong although it was found.
pub(super) fn manifest(archive: &[u8]) -> Result<(Vec<u8>, Option<Fault>), Fault> {
    let broken = (ProblemKind::Syntax, "this is no zip archive");
    let archive = ZipArchive::from_slice(archive).map_err(|_| broken)?;
    let mut entries = archive.entries();
    let mut found: Vec<(ZipArchiveEntryWayfinder, CompressionMethod)> = Vec::new();
    let mut looked = 0;
    while let Some(entry) = entries.next_entry().map_err(|_| broken)? {
        looked += 1;
        if looked > MOST_ENTRIES {
            let many = "the archive holds more entries than are looked through";
            return Err((ProblemKind::TooMany, many));
        }
        if is_manifest(entry.file_path().as_ref()) {
            found.push((entry.wayfinder(), entry.compression_method()));
        }
    }
    // Readers differ on which of two entries of one name they take; most take the last.
    let twice = "the archive has two manifests; readers differ on which counts";
    let twice = (found.len() > 1).then_some((ProblemKind::DuplicateKey, twice));
    let Some((place, method)) = found.pop() else {
        let missing = "the archive has no manifest.json";
        return Err((ProblemKind::NoTransport, missing));
    };
    let entry = archive.get_entry(place).map_err(|_| broken)?;
    let bytes = if method == CompressionMethod::STORE {
        bounded(entry.verifying_reader(entry.data()))
    } else if method == CompressionMethod::DEFLATE {
        bounded(entry.verifying_reader(DeflateDecoder::new(entry.data())))
    } else {
        let unknown = "the manifest is compressed in a way that is not read";
        return Err((ProblemKind::Syntax, unknown));
    };
    Ok((bytes?, twice))
}

fn is_manifest(path: &[u8]) -> bool {
    matches!(path, b"manifest.json" | b"./manifest.json")
}

fn bounded(reader: impl Read) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = reader.take(LARGEST_MANIFEST + 1).read_to_end(&mut bytes);
    if read.is_err() {
        return Err((
            ProblemKind::Syntax,
            "the manifest in the archive is damaged",
        ));
    }
    if bytes.len() as u64 > LARGEST_MANIFEST {
        return Err((
            ProblemKind::TooLarge,
            "the manifest in the archive is larger than 1 MiB",
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use rawzip::ZipArchiveWriter;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut archive = ZipArchiveWriter::new(&mut out);
        for (name, bytes) in files {
            let (mut entry, config) = archive
                .new_file(name)
                .compression_method(CompressionMethod::DEFLATE)
                .start()
                .unwrap();
            let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
            writer.write_all(bytes).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        archive.finish().unwrap();
        out
    }

    #[test]
    fn the_manifest_alone_is_unpacked() {
        let bytes = archive(&[("server/index.js", b"x"), ("manifest.json", b"{}")]);
        assert_eq!(manifest(&bytes), Ok((b"{}".to_vec(), None)));
        let nested = archive(&[("inner/manifest.json", b"{}")]);
        assert_eq!(
            manifest(&nested).map_err(|(kind, _)| kind),
            Err(ProblemKind::NoTransport)
        );
    }

    #[test]
    fn bombs_damage_and_what_is_no_archive_are_refused() {
        let bomb = archive(&[("manifest.json", &vec![b' '; 3 << 20])]);
        assert!(bomb.len() < 10_000);
        let mut damaged = archive(&[("manifest.json", b"{\"a\": \"some text to damage\"}")]);
        damaged[50] ^= 0x55;
        for (bytes, kind) in [
            (&bomb[..], ProblemKind::TooLarge),
            (&damaged[..], ProblemKind::Syntax),
            (b"not a zip".as_slice(), ProblemKind::Syntax),
            (b"", ProblemKind::Syntax),
        ] {
            assert_eq!(manifest(bytes).map_err(|(kind, _)| kind), Err(kind));
        }
    }

    #[test]
    fn of_two_manifests_the_last_is_read_and_both_are_told() {
        let bytes = archive(&[("manifest.json", b"1"), ("manifest.json", b"2")]);
        let (read, fault) = manifest(&bytes).unwrap();
        assert_eq!(read, b"2");
        assert_eq!(fault.map(|(kind, _)| kind), Some(ProblemKind::DuplicateKey));
    }
}
