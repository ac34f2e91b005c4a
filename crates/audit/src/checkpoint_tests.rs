use super::*;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn sample() -> Checkpoint {
    Checkpoint::sign(42, [0xab; 32], &key())
}

#[test]
fn a_checkpoint_reads_back_and_is_genuine() {
    for seq in [0, 1, 42, u64::MAX] {
        let checkpoint = Checkpoint::sign(seq, [0xab; 32], &key());
        let line = checkpoint.to_line();
        assert_eq!(line.len(), TEXT_LEN + 1);
        assert_eq!(Checkpoint::from_line(&line), Some(checkpoint));
        assert!(checkpoint.is_genuine());
    }
}

#[test]
fn it_fits_a_disk_sector() {
    const { assert!(TEXT_LEN < 512) }
}

#[test]
fn no_changed_byte_goes_unseen() {
    let line = sample().to_line();
    for index in 0..line.len() {
        for bit in 0..8 {
            let mut changed = line.clone();
            changed[index] ^= 1 << bit;
            let read = Checkpoint::from_line(&changed);
            assert!(
                !read.is_some_and(|c| c.is_genuine()),
                "byte {index} bit {bit}"
            );
        }
    }
}

#[test]
fn what_is_no_checkpoint_is_an_error() {
    let good = sample().to_string();
    let cases = [
        String::new(),
        good.replace("interlock-audit-v1", "interlock-audit-v2"),
        good.replacen("000", "+00", 1),
        good.replacen("00000000000000000042", "42", 1),
        good.to_uppercase(),
        format!("{good}:"),
        format!("{good}00"),
        format!(" {good}"),
        good.rsplit_once(':').unwrap().0.to_owned(),
    ];
    for case in cases {
        assert_eq!(case.parse::<Checkpoint>(), Err(CheckpointSyntax), "{case}");
    }
}

#[test]
fn another_record_another_key_is_not_genuine() {
    let Checkpoint {
        seq,
        hash,
        key,
        sig,
    } = sample();
    let other = SigningKey::from_bytes(&[4; 32]).verifying_key().to_bytes();
    assert!(!Checkpoint::from_parts(seq + 1, hash, key, sig).is_genuine());
    assert!(!Checkpoint::from_parts(seq, [0xac; 32], key, sig).is_genuine());
    assert!(!Checkpoint::from_parts(seq, hash, other, sig).is_genuine());
    // A key of small order would accept signatures over anything.
    assert!(!Checkpoint::from_parts(seq, hash, [0; 32], [0; 64]).is_genuine());
}
