//! Package references to verified bytes: registries and a content-addressed store.
