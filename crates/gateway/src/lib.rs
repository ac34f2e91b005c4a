//! The relay: judge, record, forward.
