//! An MCP server with a guard, its authorization server, and a client with a browser.

use std::sync::{Arc, Mutex};

use interlock_sdk::auth::client::{BoxError, ConsentRequest, OAuth, UserAgent, Visit};
use interlock_sdk::auth::server::{Guard, JwtValidator};
use interlock_sdk::auth::store::{MemoryStore, Store, StoreError, StoreKey};
use interlock_sdk::http::server::HttpServer;
use interlock_sdk::net::{Fetcher, danger};
use interlock_sdk::server::Context;
use interlock_sdk::{BoxFuture, Server};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::idp::Idp;
use crate::guarded::http::send;

/// Sends a person, who agrees to everything, to the authorization server and back.
#[derive(Clone, Default)]
pub(super) struct Browser {
    /// What the person was asked.
    pub(super) asked: Arc<Mutex<Vec<ConsentRequest>>>,
    /// Where the browser came back to.
    pub(super) callbacks: Arc<Mutex<Vec<String>>>,
    /// Comes back to this URL instead: somebody put it there.
    pub(super) forged: Arc<Mutex<Option<String>>>,
}

impl UserAgent for Browser {
    fn prepare(&self) -> BoxFuture<'_, Result<Box<dyn Visit>, BoxError>> {
        let visit: Box<dyn Visit> = Box::new(self.clone());
        Box::pin(std::future::ready(Ok(visit)))
    }
}

impl Visit for Browser {
    fn redirect_uri(&self) -> &str {
        "http://127.0.0.1:49152/callback"
    }

    fn run(
        self: Box<Self>,
        request: ConsentRequest,
    ) -> BoxFuture<'static, Result<String, BoxError>> {
        Box::pin(async move {
            let url = request.url().as_url().clone();
            self.asked.lock().unwrap().push(request);
            if let Some(forged) = self.forged.lock().unwrap().take() {
                return Ok(forged);
            }
            let address = url.socket_addrs(|| None)?[0];
            let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
            let answer = send(address, "GET", &path, &[], "").await;
            let callback = answer.header("location").ok_or("no way back")?;
            self.callbacks.lock().unwrap().push(callback.clone());
            Ok(callback)
        })
    }
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

/// Starts an MCP server that accepts the tokens of `idp` for itself, and returns its URL.
pub(super) async fn start_server(idp: &Idp) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let guard = Guard::builder(&url)
        .accept(JwtValidator::with_fetcher(idp.url(), &idp.jwks_url(), local()).unwrap())
        .require_scope("mcp:use")
        .scope_for_tool("delete_file", "files:delete")
        .build()
        .unwrap();
    let server = Server::builder("guarded", "1.0.0")
        .tool(
            "whoami",
            "Tells who calls",
            async |_: Nothing, cx: Context| Ok(cx.principal().subject().unwrap_or("-").to_owned()),
        )
        .tool(
            "delete_file",
            "Deletes",
            async |_: Nothing, _cx: Context| Ok("deleted".to_owned()),
        )
        .build();
    let bound = HttpServer::new(server)
        .auth(Arc::new(guard))
        .listen_on(listener)
        .unwrap();
    tokio::spawn(bound.serve());
    url
}

/// What one client kept, found again by the next.
#[derive(Clone, Default)]
pub(super) struct SharedStore(Arc<MemoryStore>);

type Kept<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl Store for SharedStore {
    fn load<'a>(&'a self, key: &'a StoreKey) -> Kept<'a, Option<Zeroizing<Vec<u8>>>> {
        self.0.load(key)
    }

    fn save<'a>(&'a self, key: &'a StoreKey, record: &'a [u8]) -> Kept<'a, ()> {
        self.0.save(key, record)
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> Kept<'a, ()> {
        self.0.remove(key)
    }
}

/// A server that answers nothing but where to get a token, and changes its mind about that.
pub(super) struct Pointer {
    pub(super) url: String,
    target: Arc<Mutex<String>>,
}

impl Pointer {
    pub(super) async fn start(idp: &Idp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let target = Arc::new(Mutex::new(idp.url().to_owned()));
        let (resource, named) = (url.clone(), Arc::clone(&target));
        let app = axum::Router::new().fallback(move || {
            let document =
                json!({"resource": resource, "authorization_servers": [*named.lock().unwrap()]});
            std::future::ready(document.to_string())
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, target }
    }

    pub(super) fn point_at(&self, idp: &Idp) {
        *self.target.lock().unwrap() = idp.url().to_owned();
    }
}

/// A fetcher that goes to this machine, as the default one would not.
pub(super) fn local() -> Fetcher {
    Fetcher::with_policy(danger::allow_loopback())
}

/// A client of the server at `url` that asks a person.
pub(super) fn oauth(url: &str, browser: &Browser) -> OAuth {
    let builder = OAuth::builder(url, "A client").unwrap();
    builder.fetcher(local()).user_agent(browser.clone()).build()
}
