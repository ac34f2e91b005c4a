//! Profile to Plan to Confined child: namespaces, Landlock, seccomp, egress by name.

pub mod egress;
