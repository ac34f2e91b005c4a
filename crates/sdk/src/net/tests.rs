//! Addresses, policies, and a fetcher against servers that misbehave.
