//! Agreeing on a revision: a modern probe first, and `initialize` when the server turns out to be of the session era.
//!
//! 2026-07-28, "Backward Compatibility": whatever is no recognized modern error means a server of the session era, never one certain
//! code. What is no answer at all but a broken connection means neither.

use interlock_wire::types::{
    Decode, DiscoverResult, Encode, InitializeParams, InitializeResult, SetLevelParams,
    UnsupportedVersionData, codes,
};
use interlock_wire::{Era, Method, Revision};

use super::error::{CallError, ConnectError};
use super::link::{Ask, Link};
use super::options::CallOptions;
use super::server_info::ServerInfo;
use super::transport::TransportError;
use crate::RpcError;

/// What the probe found.
enum Probe {
    Modern(Box<ServerInfo>),
    /// To be initialized in that revision.
    Legacy(Revision),
    /// The same, but only because nothing was said.
    Silent(Revision),
}

/// Makes the handshake.
pub(crate) async fn negotiate(link: &Link) -> Result<ServerInfo, ConnectError> {
    let legacy = link.settings.newest_legacy();
    let modern = link.settings.allows(Revision::V2026_07_28);
    match (modern, legacy) {
        (false, None) => Err(ConnectError::NoRevision),
        (false, Some(revision)) => initialize(link, revision).await,
        (true, _) => match probe(link, true).await? {
            Probe::Modern(info) => Ok(stay_modern(link, *info)),
            Probe::Legacy(revision) => initialize(link, revision).await,
            Probe::Silent(revision) => match initialize(link, revision).await {
                Err(ConnectError::Refused(error)) => late(link, error).await,
                outcome => outcome,
            },
        },
    }
}

/// After the end of an HTTP session: the era of the server is known, and probed for only when it refuses to be of it any more.
pub(crate) async fn renegotiate(link: &Link, before: Revision) -> Result<ServerInfo, ConnectError> {
    if let (Era::Legacy, Some(revision)) = (before.era(), link.settings.newest_legacy()) {
        let outcome = initialize(link, revision).await;
        if !matches!(outcome, Err(ConnectError::Refused(_))) {
            return outcome;
        }
    }
    negotiate(link).await
}

fn stay_modern(link: &Link, info: ServerInfo) -> ServerInfo {
    link.core.machine().agreed(Revision::V2026_07_28);
    link.transport.negotiated(Revision::V2026_07_28);
    info
}

/// A server that was silent to the probe and then refuses `initialize` may only have been slow to start: it is asked once more.
async fn late(link: &Link, refused: RpcError) -> Result<ServerInfo, ConnectError> {
    match probe(link, false).await {
        Ok(Probe::Modern(info)) => Ok(stay_modern(link, *info)),
        _ => Err(ConnectError::Refused(refused)),
    }
}

async fn probe(link: &Link, first: bool) -> Result<Probe, ConnectError> {
    let options = CallOptions::new().timeout(link.settings.probe);
    let ask = Ask::new(Method::Discover, b"{}".to_vec());
    let answer = link
        .once(&ask, &options, Some(Revision::V2026_07_28), None)
        .await;
    match answer {
        Ok(result) => match DiscoverResult::decode(&result) {
            Ok(result) => discovered(link, result),
            Err(error) => fall_back(link).ok_or(ConnectError::Answer(error)),
        },
        Err(CallError::Rpc(error)) => match refused(link, error)? {
            Refused::Probe(found) => Ok(found),
            // A server that names the revision it just refused may mean it: once.
            Refused::Again(_) if first => Box::pin(probe(link, false)).await,
            Refused::Again(error) => Err(ConnectError::Refused(error)),
        },
        Err(CallError::Timeout(after)) => match link.settings.newest_legacy() {
            Some(revision) => Ok(Probe::Silent(revision)),
            None => Err(ConnectError::Timeout(after)),
        },
        Err(CallError::Transport(error)) if !is_answer(&error) => {
            Err(ConnectError::Transport(error))
        }
        Err(error) => fall_back(link).ok_or_else(|| other(error)),
    }
}

/// HTTP: the server did answer, only not with a message.
fn is_answer(error: &TransportError) -> bool {
    matches!(
        error,
        TransportError::Status(_) | TransportError::NoAnswer | TransportError::Protocol(_)
    )
}

fn fall_back(link: &Link) -> Option<Probe> {
    link.settings.newest_legacy().map(Probe::Legacy)
}

fn discovered(link: &Link, result: DiscoverResult) -> Result<Probe, ConnectError> {
    match common(link, &result.supported_versions)? {
        Revision::V2026_07_28 => Ok(Probe::Modern(Box::new(ServerInfo {
            revision: Revision::V2026_07_28,
            capabilities: result.capabilities,
            implementation: result.meta.and_then(|meta| meta.server_info()),
            instructions: result.instructions,
        }))),
        legacy => Ok(Probe::Legacy(legacy)),
    }
}

/// What follows from an error.
enum Refused {
    Probe(Probe),
    /// The revision of the probe is refused, and the one that both have.
    Again(RpcError),
}

fn refused(link: &Link, error: RpcError) -> Result<Refused, ConnectError> {
    match error.code() {
        codes::UNSUPPORTED_VERSION => {
            let data = error.data().map(UnsupportedVersionData::decode);
            let theirs = match data {
                Some(Ok(data)) => data.supported,
                _ => Vec::new(),
            };
            Ok(match common(link, &theirs)? {
                Revision::V2026_07_28 => Refused::Again(error),
                legacy => Refused::Probe(Probe::Legacy(legacy)),
            })
        }
        codes::HEADER_MISMATCH | codes::MISSING_CAPABILITY => Err(ConnectError::Refused(error)),
        _ => fall_back(link)
            .map(Refused::Probe)
            .ok_or(ConnectError::Refused(error)),
    }
}

/// The newest revision that both sides have.
fn common(link: &Link, theirs: &[String]) -> Result<Revision, ConnectError> {
    let known = theirs.iter().filter_map(|name| Revision::from_name(name));
    let common = known
        .filter(|revision| link.settings.allows(*revision))
        .max();
    common.ok_or_else(|| ConnectError::NoCommonRevision {
        theirs: theirs.to_vec(),
    })
}

async fn initialize(link: &Link, revision: Revision) -> Result<ServerInfo, ConnectError> {
    let result = match request(link, revision).await {
        Err(CallError::Rpc(error)) => match supported(link, &error, revision) {
            Some(another) => request(link, another).await.map_err(other)?,
            None => return Err(ConnectError::Refused(error)),
        },
        outcome => outcome.map_err(other)?,
    };
    let result = InitializeResult::decode(&result).map_err(ConnectError::Answer)?;
    let agreed = Revision::from_name(&result.protocol_version)
        .filter(|agreed| agreed.era() == Era::Legacy && link.settings.allows(*agreed));
    let Some(revision) = agreed else {
        return Err(ConnectError::NoCommonRevision {
            theirs: vec![result.protocol_version],
        });
    };
    link.core.machine().agreed(revision);
    link.transport.negotiated(revision);
    let info = ServerInfo {
        revision,
        capabilities: result.capabilities,
        implementation: Some(result.server_info),
        instructions: result.instructions,
    };
    confirm(link, &info).await?;
    Ok(info)
}

async fn request(link: &Link, revision: Revision) -> Result<Vec<u8>, CallError> {
    let params = InitializeParams {
        protocol_version: revision.name().to_owned(),
        capabilities: link.settings.capabilities.clone(),
        client_info: link.settings.client.clone(),
        ..InitializeParams::default()
    };
    let mut raw = Vec::new();
    params.encode_for(revision, &mut raw);
    let ask = Ask::new(Method::Initialize, raw);
    let options = CallOptions::new().timeout(link.settings.handshake);
    link.once(&ask, &options, None, None).await
}

/// A server may refuse a revision instead of naming another, and say which ones it has.
fn supported(link: &Link, error: &RpcError, refused: Revision) -> Option<Revision> {
    let data = UnsupportedVersionData::decode(error.data()?).ok()?;
    let another = common(link, &data.supported).ok()?;
    (another != refused && another.era() == Era::Legacy).then_some(another)
}

async fn confirm(link: &Link, info: &ServerInfo) -> Result<(), ConnectError> {
    let revision = Some(info.revision());
    link.notify(
        Method::Initialized,
        "notifications/initialized",
        None,
        revision,
    )
    .await
    .map_err(ConnectError::Transport)?;
    if let (Some(level), true) = (link.log_level(), info.offers(Method::SetLevel)) {
        let extra = interlock_wire::types::Extra::default();
        let params = SetLevelParams {
            level,
            meta: None,
            extra,
        };
        let ask = Ask::new(Method::SetLevel, params.to_json());
        // Its logs are not worth a connection.
        drop(link.once(&ask, &CallOptions::new(), revision, None).await);
    }
    Ok(())
}

fn other(error: CallError) -> ConnectError {
    match error {
        CallError::Rpc(error) => ConnectError::Refused(error),
        CallError::Transport(error) => ConnectError::Transport(error),
        CallError::Timeout(after) => ConnectError::Timeout(after),
        CallError::Result(error) => ConnectError::Answer(error),
        _ => ConnectError::Transport(TransportError::Protocol("an answer that cannot be read")),
    }
}
