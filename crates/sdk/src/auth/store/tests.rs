//! Both stores by the same rules, and the files by their own.
