//! What is asked to run and what was approved: grammars, resolution, fingerprints, approvals.
