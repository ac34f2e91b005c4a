//! Filters are run in a small machine of our own, over every number.

