use super::*;
use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::Write as _;

/// A number in groups of seven bits, the last of which come last.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = vec![(number & 0x7f) as u8];
    while number > 0x7f {
        number = (number >> 7) - 1;
        bytes.insert(0, 0x80 | (number & 0x7f) as u8);
    }
    bytes
}

/// A record that takes something away. All of its key but the end is the key before it.
fn gone(kind: u8, shared: usize, end: &[u8]) -> Vec<u8> {
    let lengths = [shared as u64, (end.len() as u64) << 3].map(varint);
    let record = [&lengths.concat(), end].concat();
    // Of a name, its number too; it says that of the table.
    [record, vec![0; usize::from(kind == b'r')]].concat()
}

/// A table of one block: so many keys, each of the same length, which share all but their last four bytes.
fn few_bytes(kind: u8, number: u64, length: usize, count: u32) -> Vec<u8> {
    let numbers = [number, number].map(u64::to_be_bytes).concat();
    let head = [b"REFT\x01\0\0\0", numbers.as_slice()].concat();
    let name = vec![b'a'; length - 9];
    let mut body = gone(kind, 0, &[&name[..], &[0; 9]].concat());
    for end in 1..count {
        body.extend(gone(kind, length - 4, &end.to_be_bytes()));
    }
    let first = head.len() + 4;
    // Where a search begins, and how many such places there are.
    body.extend([0, 0, first as u8, 0, 1]);
    let size = u32::try_from(first + body.len()).unwrap().to_be_bytes();
    if kind == b'g' {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&body).unwrap();
        body = packed.finish().unwrap();
    }
    let foot = [&head[..], &[0; 40]].concat();
    let mut sum = Crc::new();
    sum.update(&foot);
    let sum = sum.sum().to_be_bytes();
    [&head[..], &[kind], &size[1..], &body, &foot, &sum].concat()
}

#[test]
fn few_bytes_do_not_become_many() {
    let check = |kind: u8, (length, count): (usize, u32), tables: u64, most: usize| {
        let directory = tempfile::tempdir().unwrap();
        let mut list = String::new();
        for number in 1..=tables {
            let table = few_bytes(kind, number, length, count);
            std::fs::write(directory.path().join(number.to_string()), table).unwrap();
            list += &format!("{number}\n");
        }
        std::fs::write(directory.path().join("tables.list"), list).unwrap();
        match Stack::within(directory.path(), ObjectFormat::Sha1, most) {
            Ok(_) => "",
            Err(LocalError::Damaged(_)) => "damaged",
            Err(LocalError::Unsupported(_)) => "too many",
            Err(error) => panic!("{error}"),
        }
    };
    for kind in [b'r', b'g'] {
        for (keys, tables, most, expected) in [
            ((30, 10), 3, MOST_UNPACKED, ""),
            ((4096, 10), 3, MOST_UNPACKED, ""),
            ((4097, 1), 1, MOST_UNPACKED, "damaged"),
            // A few kilobytes that were 300 MiB.
            ((1 << 20, 300), 1, MOST_UNPACKED, "damaged"),
            // What is kept counts, also where names are short, and over all tables together.
            ((300, 100), 1, 40_000, ""),
            ((300, 100), 2, 40_000, "too many"),
            ((10, 400), 1, 40_000, ""),
            ((10, 700), 1, 40_000, "too many"),
        ] {
            let found = check(kind, keys, tables, most);
            assert_eq!(found, expected, "{kind} {keys:?} {tables}");
        }
    }
}
