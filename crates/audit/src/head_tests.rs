use super::*;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn samples() -> [Memory; 3] {
    let memory = |ledger, approver| Memory { ledger, approver };
    [
        Memory::default(),
        memory(7, Some([0xab; 32])),
        // The spellings that the key of nobody must not be taken for.
        memory(u64::MAX, Some([0; 32])),
    ]
}

#[test]
fn a_head_reads_back_and_is_genuine() {
    for memory in samples() {
        let head = Head::sign(42, [0xab; 32], memory, &key());
        let content = head.to_bytes();
        assert_eq!(content.len(), HEAD_LEN);
        assert_eq!(Head::parse(&content), Some(head));
        match Found::judge(&content) {
            Found::Genuine {
                checkpoint,
                memory: Some(read),
            } => assert_eq!((checkpoint.seq(), read), (42, memory)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn it_fits_a_disk_sector() {
    const { assert!(HEAD_LEN < 512) }
}

/// How a changed head is judged; `None` when it passes.
fn judged(content: &[u8]) -> Option<&'static str> {
    match Found::judge(content) {
        Found::Empty => Some("empty"),
        Found::Damaged => Some("damaged"),
        Found::Genuine { memory: None, .. } => Some("no memory"),
        Found::Genuine { .. } => None,
    }
}

#[test]
fn no_changed_byte_and_no_cut_goes_unseen() {
    let content = Head::sign(42, [0xab; 32], samples()[1], &key()).to_bytes();
    for index in 0..content.len() {
        let expected = ["damaged", "no memory"][usize::from(index > TEXT_LEN)];
        for bit in 0..8 {
            let mut changed = content.clone();
            changed[index] ^= 1 << bit;
            assert_eq!(judged(&changed), Some(expected), "byte {index} bit {bit}");
        }
        let cut = judged(&content[..index]);
        let expected = if index == 0 { "empty" } else { expected };
        assert_eq!(cut, Some(expected), "cut to {index}");
    }
    let longer = [content.as_slice(), b"x"].concat();
    assert_eq!(judged(&longer), Some("no memory"));
}

#[test]
fn the_memory_of_another_head_is_not_genuine() {
    let content =
        |seq, hash, key: &SigningKey| Head::sign(seq, [hash; 32], samples()[1], key).to_bytes();
    let ours = content(42, 1, &key());
    let with_memory_of = |other: &[u8]| [&ours[..=TEXT_LEN], &other[TEXT_LEN + 1..]].concat();
    let other = SigningKey::from_bytes(&[4; 32]);
    assert_eq!(judged(&with_memory_of(&ours)), None);
    for other in [
        content(41, 1, &key()),
        content(42, 2, &key()),
        content(42, 1, &other),
    ] {
        assert_eq!(judged(&with_memory_of(&other)), Some("no memory"));
    }
}
