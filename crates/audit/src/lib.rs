//! Interlock's hash-chained, signed audit log.
