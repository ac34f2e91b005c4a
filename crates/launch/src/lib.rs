//! What is asked to run and what was approved: grammars, resolution, fingerprints, approvals.
//!
//! Judging is pure: text in, a judgement out. Resolving reads files and finds what would run; admitting compares that with a signed approval.
//! What it does not do: it starts no process, uses no network and fetches nothing. It knows stored packages through [`PackageStore`] alone.

mod address;
mod approve;
mod config;
mod difference;
mod digest;
mod digest_cache;
mod environment;
mod fingerprint;
mod grammar;
mod guarded;
mod judge;
mod ledger;
mod places;
mod profile;
mod request;
mod resolve;
mod secret;
mod stamp;
mod tree;
mod verity;

pub mod key;
pub mod text;

pub use address::{Address, AddressError, Header, HeaderValue};
pub use approve::{Approved, Authority, Refusal, approve_command, command_line};
pub use config::{
    Config, ConfigReject, Line as CheckLine, Remote, line_id, parse_config, parse_document,
    parse_line,
};
pub use difference::{Difference, Line};
pub use digest::{Digest, NotADigest};
pub use digest_cache::{DigestCache, DigestError, Seal};
pub use environment::{secret_of_argument, secret_of_url, secret_of_variable};
pub use fingerprint::Fingerprint;
pub use grammar::{
    SourceKind, SourceWord, SourceWordError, at_commit, in_own_word, looks_like, skeleton,
};
pub use guarded::GuardError;
pub use judge::{
    BinaryRef, Class, ContainerRef, Decision, Ecosystem, Judgement, MountRef, PackageRef,
    ProjectRef, Reason, ScriptKind, ScriptRef, Severity, Unlock, image_repository, is_sensitive,
    judge, reason_codes,
};
pub use ledger::{
    AdministratorError, Anchor, Approval, ApproveError, CommitError, Distrust, EditError, Entry,
    Known, Ledger, LedgerEdit, LoadError, Revocation, ToolDefinition, ToolPin,
    administrator_document,
};
pub use places::Places;
pub use profile::{
    BaseProfile, Danger, EnvName, GrantError, GrantPath, Grants, HostPort, HostPortError,
    LayerName, LimitError, Limits, NameError, PathError, Profile, SecretName, ServerName,
    UnknownDanger,
};
pub use request::Request;
pub use resolve::{
    ContentMount, EnvRecord, FileRecord, ImageConfig, InImage, Interpreter, Launch, LaunchRecord,
    LocateError, Located, LocatedImage, LockedPackage, NoPackages, PackageStore, Prior,
    RequestRecord, ResolveError, Resolver, Start, TreeRecord, TreeRole,
};
pub use secret::{Secret, SecretError, SecretStore};
pub use stamp::{Changed, Identity};
pub use text::{excerpt, hidden_char, without_logins};
pub use tree::{Manifest, Node, TreeError, manifest_of};
pub use verity::Verity;
