//! What a listener on this machine takes for an authorization response.
