use super::{
    super::{sample::Sample, *},
    Objects, PackLimits,
};
use crate::git::id::Kind;

const LIMITS: PackLimits = PackLimits {
    objects: 100,
    bytes: 100_000,
    in_memory: 10_000,
};

fn unpack(pack: &[u8], limits: PackLimits) -> (tempfile::TempDir, Result<Objects, ObjectError>) {
    let directory = tempfile::tempdir().unwrap();
    let objects = Objects::unpack(pack, ObjectFormat::Sha1, directory.path(), limits);
    (directory, objects)
}

#[test]
fn whole_objects_and_changes() {
    for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
        let mut sample = Sample::new(format);
        let first = sample.at();
        let hello = sample.blob(b"hello world");
        let second = sample.at();
        sample.change_at(first, b"\x0b\x05\x91\x06\x05");
        sample.change_at(second, b"\x05\x06\x90\x05\x01!");
        let directory = tempfile::tempdir().unwrap();
        let objects =
            Objects::unpack(sample.pack().as_slice(), format, directory.path(), LIMITS).unwrap();
        assert_eq!(objects.bytes(&hello, Kind::Blob).unwrap(), b"hello world");
        for text in ["world", "world!"] {
            let id = Sample::new(format).blob(text.as_bytes());
            assert_eq!(objects.bytes(&id, Kind::Blob).unwrap(), text.as_bytes());
            assert!(objects.bytes(&id, Kind::Tree).is_err());
        }
    }
}

#[test]
fn changes_may_come_before_what_they_change() {
    let world = Sample::new(ObjectFormat::Sha1).blob(b"world");
    let hello = Sample::new(ObjectFormat::Sha1).blob(b"hello world");
    let mut sample = Sample::new(ObjectFormat::Sha1);
    sample.change_of(&world, b"\x05\x06\x90\x05\x01!");
    sample.change_of(&hello, b"\x0b\x05\x91\x06\x05");
    sample.blob(b"hello world");
    let (_directory, objects) = unpack(&sample.pack(), LIMITS);
    let end = Sample::new(ObjectFormat::Sha1).blob(b"world!");
    assert_eq!(objects.unwrap().bytes(&end, Kind::Blob).unwrap(), b"world!");
}

#[test]
fn refused() {
    let limits = |change: fn(&mut PackLimits)| {
        let mut limits = LIMITS;
        change(&mut limits);
        limits
    };
    let with = |make: fn(&mut Sample)| {
        let mut sample = Sample::new(ObjectFormat::Sha1);
        make(&mut sample);
        sample.pack()
    };
    let base = |sample: &mut Sample| sample.blob(b"hello world");
    for (what, pack, limits) in [
        ("no pack", b"JUNKJUNKJUNK".to_vec(), LIMITS),
        ("nothing", Vec::new(), LIMITS),
        ("too short", with(|it| it.raw(3, 9, b"12345678")), LIMITS),
        ("too long", with(|it| it.raw(3, 7, b"12345678")), LIMITS),
        ("a kind of no object", with(|it| it.raw(5, 1, b"1")), LIMITS),
        (
            "a change of nothing",
            with(|it| it.change_at(it.at() - 5, b"\0\0")),
            LIMITS,
        ),
        (
            "a change that is not as long as it says",
            with(|it| {
                it.blob(b"hello world");
                it.raw(6, 3, b"");
            }),
            LIMITS,
        ),
        (
            "a change that does not fit",
            with(|it| {
                let at = it.at();
                it.blob(b"hello world");
                it.change_at(at, b"\x0a\x05\x91\x06\x05");
            }),
            LIMITS,
        ),
        (
            "too many",
            with(|it| {
                it.blob(b"a");
                it.blob(b"b");
            }),
            limits(|it| it.objects = 1),
        ),
        (
            "a bomb",
            with(|it| {
                it.blob(&[0; 60_000]);
                it.blob(&[1; 60_000]);
            }),
            LIMITS,
        ),
        (
            "one large thing read again and again",
            with(|it| {
                let at = it.at();
                it.blob(&[0; 9000]);
                for _ in 0..72 {
                    // Its first byte, out of 9000.
                    it.change_at(at, b"\xa8\x46\x01\x90\x01");
                }
            }),
            limits(|it| it.bytes = 10_000),
        ),
        (
            "small changes of what never comes",
            with(|it| {
                let nothing = Sample::new(ObjectFormat::Sha1).blob(b"nothing");
                for _ in 0..20 {
                    it.change_of(&nothing, b"\x01\x01");
                }
            }),
            limits(|it| it.in_memory = 1000),
        ),
        (
            "a bomb of changes",
            with(|it| {
                let mut at = it.at();
                it.blob(&[0; 8]);
                let mut size = 8_usize;
                while size < 1 << 20 {
                    // Twice the base.
                    let length = |mut value: usize| {
                        let mut out = Vec::new();
                        while value > 127 {
                            out.push(0x80 | u8::try_from(value & 127).unwrap());
                            value >>= 7;
                        }
                        out.push(u8::try_from(value).unwrap());
                        out
                    };
                    let copy = [
                        &[0xf0][..],
                        &u32::try_from(size).unwrap().to_le_bytes()[..3],
                    ]
                    .concat();
                    let change = [length(size), length(size * 2), copy.clone(), copy].concat();
                    let next = it.at();
                    it.change_at(at, &change);
                    at = next;
                    size *= 2;
                }
            }),
            LIMITS,
        ),
    ] {
        let (_directory, objects) = unpack(&pack, limits);
        assert!(objects.is_err(), "{what}");
    }
    let mut sample = Sample::new(ObjectFormat::Sha1);
    base(&mut sample);
    let whole = sample.pack();
    for cut in 0..whole.len() {
        let (_directory, objects) = unpack(&whole[..cut], LIMITS);
        assert!(objects.is_err(), "cut at {cut}");
    }
}
