//! The transparency log (Rekor, versions 1 and 2): promise, inclusion proof and checkpoint of an entry.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::VerifyError;
use super::bundle::{LogEntry, Proof, Version};
use super::root::LogKey;

/// What the log proves of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Logged {
    /// When the log took it in, when the log itself signed that.
    pub(super) time: Option<i64>,
}

/// Proves that a known log has the entry.
pub(super) fn verify(
    entry: &LogEntry,
    version: Version,
    logs: &[LogKey],
) -> Result<Logged, VerifyError> {
    let log = logs.iter().find(|log| log.id == entry.log_id);
    let log = log.ok_or(VerifyError::Log("it is no log that is known"))?;
    let time = match (&entry.promise, entry.integrated) {
        (Some(promise), Some(time)) => {
            promised(entry, promise, time, log)?;
            Some(time)
        }
        (Some(_), None) => return Err(VerifyError::Log("a promise without a time")),
        (None, _) => None,
    };
    if let Some(time) = time
        && !log.period.contains(time)
    {
        return Err(VerifyError::Log("it did not count at that time"));
    }
    match &entry.proof {
        Some(proof) => included(entry, proof, log)?,
        None if version == Version::One && time.is_some() => {}
        None => return Err(VerifyError::Log("no proof of inclusion")),
    }
    Ok(Logged { time })
}

/// The log's signature over entry, time and index, in canonical JSON (all texts are of plain characters).
fn promised(entry: &LogEntry, promise: &[u8], time: i64, log: &LogKey) -> Result<(), VerifyError> {
    let message = format!(
        r#"{{"body":{},"integratedTime":{time},"logID":"{}","logIndex":{}}}"#,
        json!(STANDARD.encode(&entry.body)),
        hex(&entry.log_id),
        entry.index
    );
    if log.key.verifies_own(message.as_bytes(), promise) {
        Ok(())
    } else {
        Err(VerifyError::Log("its promise is not signed by it"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn included(entry: &LogEntry, proof: &Proof, log: &LogKey) -> Result<(), VerifyError> {
    let checkpoint = proof
        .checkpoint
        .as_deref()
        .ok_or(VerifyError::Log("no checkpoint"))?;
    let (size, root) = signed_head(checkpoint, log)?;
    if size != proof.size || root != proof.root {
        return Err(VerifyError::Log("its checkpoint is of another state"));
    }
    let leaf = Sha256::new_with_prefix([0])
        .chain_update(&entry.body)
        .finalize();
    let computed =
        root_of(proof, leaf.into()).ok_or(VerifyError::Log("a proof of the wrong length"))?;
    if computed.as_slice() == proof.root {
        Ok(())
    } else {
        Err(VerifyError::Log("the proof leads to another state"))
    }
}

/// The root that a proof leads to (RFC 9162, 2.1.3.2).
fn root_of(proof: &Proof, leaf: [u8; 32]) -> Option<[u8; 32]> {
    if proof.index >= proof.size {
        return None;
    }
    let (mut node, mut last) = (proof.index, proof.size - 1);
    let mut hash = leaf;
    for sibling in &proof.hashes {
        if last == 0 || sibling.len() != 32 {
            return None;
        }
        if node & 1 == 1 || node == last {
            hash = parent(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = parent(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

fn parent(left: &[u8], right: &[u8]) -> [u8; 32] {
    Sha256::new_with_prefix([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// Size and root that the log signed, in a signed note: origin, size and root on a line each, an empty line, signatures.
fn signed_head(note: &str, log: &LogKey) -> Result<(u64, Vec<u8>), VerifyError> {
    let bad = VerifyError::Log("its checkpoint cannot be read");
    let (body, signatures) = note.split_once("\n\n").ok_or(bad)?;
    let mut lines = body.lines();
    let origin = lines
        .next()
        .filter(|origin| !origin.is_empty())
        .ok_or(bad)?;
    let size = lines
        .next()
        .filter(|size| size.bytes().all(|b| b.is_ascii_digit()))
        .ok_or(bad)?;
    let root = STANDARD.decode(lines.next().ok_or(bad)?).map_err(|_| bad)?;
    let signed = format!("{body}\n");
    let name = origin.split(" - ").next().unwrap_or(origin);
    let fits = |line: &str| {
        let (signer, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let raw = STANDARD.decode(signature).ok()?;
        let (hint, signature) = raw.split_at_checked(4)?;
        (signer == name && log.id.starts_with(hint)).then_some(())?;
        log.key
            .verifies_own(signed.as_bytes(), signature)
            .then_some(())
    };
    if !signatures.lines().any(|line| fits(line).is_some()) {
        return Err(VerifyError::Log("its checkpoint is not signed by it"));
    }
    Ok((size.parse().map_err(|_| bad)?, root))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(bytes: &[u8]) -> [u8; 32] {
        Sha256::new_with_prefix([0])
            .chain_update(bytes)
            .finalize()
            .into()
    }

    /// The root of a tree, and the proof of each leaf, the slow way round.
    fn tree(leaves: &[[u8; 32]]) -> ([u8; 32], Vec<Vec<Vec<u8>>>) {
        if let [leaf] = leaves {
            return (*leaf, vec![Vec::new()]);
        }
        let split = 1 << (leaves.len() - 1).ilog2();
        let (left, right) = leaves.split_at(split);
        let ((left, left_proofs), (right, right_proofs)) = (tree(left), tree(right));
        let with = |proofs: Vec<Vec<Vec<u8>>>, other: [u8; 32]| {
            proofs.into_iter().map(move |mut proof| {
                proof.push(other.to_vec());
                proof
            })
        };
        let proofs = with(left_proofs, right)
            .chain(with(right_proofs, left))
            .collect();
        (parent(&left, &right), proofs)
    }

    #[test]
    fn proofs_of_every_leaf_of_small_trees_lead_to_the_root() {
        for size in 1..20_u8 {
            let leaves: Vec<[u8; 32]> = (0..size).map(|leaf| hash(&[leaf])).collect();
            let (root, proofs) = tree(&leaves);
            for (index, hashes) in proofs.into_iter().enumerate() {
                let mut proof = Proof {
                    index: index as u64,
                    size: size.into(),
                    root: root.to_vec(),
                    hashes,
                    checkpoint: None,
                };
                assert_eq!(
                    root_of(&proof, leaves[index]),
                    Some(root),
                    "{index} of {size}"
                );
                assert_ne!(root_of(&proof, hash(b"other")), Some(root));
                proof.hashes.push(vec![0; 32]);
                assert_ne!(root_of(&proof, leaves[index]), Some(root));
                proof.index = size.into();
                assert_eq!(root_of(&proof, leaves[index]), None);
            }
        }
    }
}
