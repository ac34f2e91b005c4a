//! Proofs: what holds, and one defect at a time.
