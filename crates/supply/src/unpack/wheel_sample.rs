//! Wheels of the tests, byte by byte, with whatever is to be wrong about them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, Crc, write::DeflateEncoder};
use sha2::Digest;
use std::io::Write;

/// One entry, with what may be wrong about it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) mode: u32,
    pub(super) flags: u16,
    pub(super) method: u16,
    /// Changes the local and the central header after they are written.
    pub(super) local: fn(&mut Vec<u8>),
    pub(super) central: fn(&mut Vec<u8>),
}

pub(super) fn entry(name: &str, data: &[u8]) -> Entry {
    let same = |_: &mut Vec<u8>| {};
    Entry {
        name: name.into(),
        data: data.to_vec(),
        mode: 0o100_644,
        flags: 0,
        method: 8,
        local: same,
        central: same,
    }
}

/// A whole wheel around these files: with METADATA, WHEEL and a true RECORD.
pub(super) fn wheel(files: &[Entry]) -> Vec<Entry> {
    let info = "p-1.0.dist-info";
    let mut all = files.to_vec();
    all.push(entry(
        &format!("{info}/METADATA"),
        b"Metadata-Version: 2.1\nName: p\nVersion: 1.0\n",
    ));
    all.push(entry(&format!("{info}/WHEEL"), b"Wheel-Version: 1.0\n"));
    let mut record = String::new();
    for one in all.iter().filter(|one| !one.name.ends_with(b"/")) {
        let sum = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(&one.data));
        record += &format!(
            "{},sha256={sum},{}\n",
            String::from_utf8_lossy(&one.name),
            one.data.len()
        );
    }
    record += &format!("{info}/RECORD,,\n");
    all.push(entry(&format!("{info}/RECORD"), record.as_bytes()));
    all
}

pub(super) fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for one in entries {
        let mut crc = Crc::new();
        crc.update(&one.data);
        let packed = if one.method == 8 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&one.data).unwrap();
            encoder.finish().unwrap()
        } else {
            one.data.clone()
        };
        let at = out.len() as u32;
        let sizes = [crc.sum(), packed.len() as u32, one.data.len() as u32];
        let mut shared = Vec::new();
        shared.extend_from_slice(&one.flags.to_le_bytes());
        shared.extend_from_slice(&one.method.to_le_bytes());
        shared.extend_from_slice(&[0; 4]);
        sizes
            .iter()
            .for_each(|number| shared.extend_from_slice(&number.to_le_bytes()));
        shared.extend_from_slice(&(one.name.len() as u16).to_le_bytes());
        shared.extend_from_slice(&[0, 0]);
        let mut local = [
            &0x0403_4b50_u32.to_le_bytes()[..],
            &[20, 0],
            &shared,
            &one.name,
        ]
        .concat();
        (one.local)(&mut local);
        out.extend_from_slice(&local);
        out.extend_from_slice(&packed);
        let mut central = [
            &0x0201_4b50_u32.to_le_bytes()[..],
            &[20, 3, 20, 0],
            &shared,
            &[0; 6],
        ]
        .concat();
        central.extend_from_slice(&(one.mode << 16).to_le_bytes());
        central.extend_from_slice(&at.to_le_bytes());
        central.extend_from_slice(&one.name);
        (one.central)(&mut central);
        directory.extend_from_slice(&central);
    }
    let (count, start, size) = (
        entries.len() as u16,
        out.len() as u32,
        directory.len() as u32,
    );
    out.extend_from_slice(&directory);
    out.extend_from_slice(&0x0605_4b50_u32.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&start.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}
