//! The world of a test: one MCP server, any number of authorization servers, and a browser that always consents.

mod authorization;
mod resource;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use http::{Method, Request, StatusCode, request, response};
use interlock_sdk::BoxFuture;
use interlock_sdk::auth::client::{
    AuthError, Authorize, BoxError, Builder, ConsentRequest, OAuth, Retry, UserAgent, Visit,
};
use interlock_sdk::clock::{Clock, Hand};
use interlock_sdk::net::{Fetcher, Question, danger};
use serde_json::Value;
use tokio::net::TcpListener;

/// When the world begins.
pub(super) const BEGIN: u64 = 1_800_000_000;

/// How the servers behave, and what they saw.
pub(super) struct Knobs {
    /// Members of the authorization server's metadata in place of the usual ones; `null` leaves one out.
    pub(super) metadata: Vec<(&'static str, Value)>,
    /// Where the authorization servers publish it.
    pub(super) metadata_path: &'static str,
    /// The path of their issuer identifiers.
    pub(super) issuer_path: &'static str,
    /// Members of the resource's metadata, likewise.
    pub(super) resource: Vec<(&'static str, Value)>,
    /// Where that is.
    pub(super) resource_path: &'static str,
    /// The parameters of the challenge to a request without a good token. `META` is the metadata's URL.
    pub(super) challenge: &'static str,
    /// Which authorization server the resource names.
    pub(super) issuer: usize,
    /// `iss` of the authorization response; `ISSUER` is the right one.
    pub(super) iss: Option<&'static str>,
    /// The scope that requests need.
    pub(super) needs: &'static str,
    /// What the token endpoint answers instead.
    pub(super) token_error: Option<(u16, &'static str)>,
    /// Seconds that tokens live.
    pub(super) lifetime: Option<u64>,
    /// Whether refresh tokens are given.
    pub(super) refreshes: bool,
    /// What the person answers.
    pub(super) denies: bool,
    /// Methods that dynamic registration settles.
    pub(super) registers: Value,
    /// What dynamic registration answers instead.
    pub(super) registration_error: Option<&'static str>,
    /// The nonces that proofs have to carry: at the token endpoint, at the MCP server.
    pub(super) nonces: [Option<&'static str>; 2],
    /// Whether tokens are bound to the key of a proof.
    pub(super) binds: bool,
    /// Tokens that count, with scope and key.
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) refresh_tokens: BTreeMap<String, String>,
    pub(super) codes: BTreeMap<String, Code>,
    /// Proofs that were seen.
    pub(super) proofs: Vec<String>,
    /// Everything that the authorization servers were asked.
    pub(super) log: Vec<String>,
    pub(super) serial: u32,
}

#[derive(Clone, Default)]
pub(super) struct Token {
    pub(super) scope: String,
    pub(super) thumbprint: Option<String>,
}

#[derive(Clone)]
pub(super) struct Code {
    pub(super) challenge: String,
    pub(super) scope: String,
    pub(super) resource: String,
    pub(super) redirect: String,
    pub(super) client: String,
}

pub(super) struct World {
    pub(super) server: String,
    pub(super) issuers: Vec<String>,
    pub(super) knobs: Arc<Mutex<Knobs>>,
    pub(super) clock: Clock,
    pub(super) hand: Hand,
}

/// What a handler needs to know of where it is.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) own: String,
    pub(super) issuers: Vec<String>,
    pub(super) index: usize,
    pub(super) knobs: Arc<Mutex<Knobs>>,
    pub(super) clock: Clock,
}

impl Site {
    pub(super) fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.knobs.lock().unwrap()
    }

    /// The identifier of this authorization server.
    pub(super) fn issuer(&self) -> String {
        format!("{}{}", self.own, self.knobs().issuer_path)
    }
}

impl World {
    /// A server and two authorization servers that do everything right.
    pub(super) async fn new() -> Self {
        let (clock, hand) = Clock::fake(BEGIN);
        let knobs = Arc::new(Mutex::new(usual()));
        let mut listeners = Vec::new();
        for _ in 0..3 {
            listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let urls: Vec<_> = listeners
            .iter()
            .map(|listener| format!("http://{}", listener.local_addr().unwrap()))
            .collect();
        let (server, issuers) = (urls[0].clone(), urls[1..].to_vec());
        for (index, listener) in listeners.into_iter().enumerate() {
            let site = Site {
                own: urls[index].clone(),
                issuers: issuers.clone(),
                index: index.saturating_sub(1),
                knobs: Arc::clone(&knobs),
                clock: clock.clone(),
            };
            let app: Router = if index == 0 {
                resource::app(site)
            } else {
                authorization::app(site)
            };
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
        Self {
            server: format!("{server}/mcp"),
            issuers,
            knobs,
            clock,
            hand,
        }
    }

    pub(super) fn knobs(&self) -> MutexGuard<'_, Knobs> {
        self.knobs.lock().unwrap()
    }

    /// A client that a person would use, as it is configured for development.
    pub(super) fn builder(&self) -> Builder {
        OAuth::builder(&self.server, "Test client")
            .unwrap()
            .fetcher(Fetcher::with_policy(danger::allow_loopback()))
            .clock(self.clock.clone())
            .user_agent(Robot::default())
    }

    /// Sends one request to the server, as the HTTP transport does. The status of the last answer.
    pub(super) async fn call(&self, oauth: &OAuth) -> Result<StatusCode, AuthError> {
        let fetcher = Fetcher::with_policy(danger::allow_loopback());
        for attempt in 1..=6 {
            let mut request = parts(&self.server);
            oauth.authorize(&mut request).await?;
            let url = self.server.parse().unwrap();
            let mut question = Question::json(url, "{}");
            for (name, value) in &request.headers {
                question = question.header(name.clone(), value.clone());
            }
            let answer = fetcher.ask(question).await.unwrap();
            let mut response = response();
            (response.status, response.headers) = (answer.status, answer.headers);
            if !matches!(answer.status.as_u16(), 401 | 403) {
                oauth.answered(&response);
                return Ok(answer.status);
            }
            if oauth.challenged(&request, &response, attempt).await? == Retry::GiveUp {
                return Ok(answer.status);
            }
        }
        panic!("it never gives up");
    }

    /// What the authorization servers were asked since the last time.
    pub(super) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.knobs().log)
    }

    /// The log without the parts that differ from run to run, and without discovery.
    pub(super) fn asked(&self) -> Vec<String> {
        self.log()
            .into_iter()
            .filter(|line| !line.contains("well-known"))
            .collect()
    }
}

pub(super) fn parts(url: &str) -> request::Parts {
    let request = Request::builder()
        .method(Method::POST)
        .uri(url)
        .body(())
        .unwrap();
    request.into_parts().0
}

pub(super) fn response() -> response::Parts {
    http::Response::new(()).into_parts().0
}

fn usual() -> Knobs {
    Knobs {
        metadata: Vec::new(),
        metadata_path: "/.well-known/oauth-authorization-server",
        issuer_path: "",
        resource: Vec::new(),
        resource_path: "/.well-known/oauth-protected-resource/mcp",
        challenge: r#"Bearer resource_metadata="META""#,
        issuer: 0,
        iss: Some("ISSUER"),
        needs: "",
        token_error: None,
        lifetime: Some(3600),
        refreshes: true,
        denies: false,
        registers: serde_json::json!({}),
        registration_error: None,
        nonces: [None, None],
        binds: false,
        tokens: BTreeMap::new(),
        refresh_tokens: BTreeMap::new(),
        codes: BTreeMap::new(),
        proofs: Vec::new(),
        log: Vec::new(),
        serial: 0,
    }
}

/// Puts members into a document, or takes them out.
pub(super) fn adjust(document: &mut Value, members: &[(&'static str, Value)]) {
    for (name, value) in members {
        match value {
            Value::Null => drop(document.as_object_mut().unwrap().shift_remove(*name)),
            value => document[*name] = value.clone(),
        }
    }
}

/// A browser that goes where it is sent and comes back.
#[derive(Default)]
pub(super) struct Robot {
    /// What it shows before it opens a page.
    pub(super) shown: Arc<Mutex<Vec<ConsentRequest>>>,
}

struct RobotVisit(Arc<Mutex<Vec<ConsentRequest>>>);

impl UserAgent for Robot {
    fn prepare(&self) -> BoxFuture<'_, Result<Box<dyn Visit>, BoxError>> {
        let visit = RobotVisit(Arc::clone(&self.shown));
        Box::pin(async move { Ok(Box::new(visit) as Box<dyn Visit>) })
    }
}

impl Visit for RobotVisit {
    fn redirect_uri(&self) -> &str {
        "http://127.0.0.1:9/callback"
    }

    fn run(
        self: Box<Self>,
        request: ConsentRequest,
    ) -> BoxFuture<'static, Result<String, BoxError>> {
        self.0.lock().unwrap().push(request.clone());
        Box::pin(async move {
            let fetcher = Fetcher::with_policy(danger::allow_loopback()).without_redirects();
            let answer = fetcher.get(request.url().as_url()).await?;
            let back = answer.headers.get("location").ok_or("no redirect")?;
            Ok(back.to_str()?.to_owned())
        })
    }
}

/// A JSON answer.
pub(super) struct Json(pub(super) Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        (
            [(header::CONTENT_TYPE, "application/json")],
            self.0.to_string(),
        )
            .into_response()
    }
}
