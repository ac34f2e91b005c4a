//! What a listener on this machine takes for an authorization response.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use http::header::HOST;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::consent::{Request, UserAgent as _, Visit};
use super::super::metadata::IssuerMetadata;
use super::super::{ConsentRequest, RedirectUri, Scopes};
use super::{Expected, Loopback, judge};
use crate::net::danger;

#[test]
fn one_request_is_the_response() {
    let expected = Expected {
        host: "127.0.0.1:1234".to_owned(),
        state: "s".to_owned(),
    };
    for (method, host, target, answer) in [
        (
            "GET",
            "127.0.0.1:1234",
            "/callback?code=c&state=s",
            Ok("/callback?code=c&state=s"),
        ),
        (
            "GET",
            "127.0.0.1:1234",
            "/callback?error=x&state=s",
            Ok("/callback?error=x&state=s"),
        ),
        (
            "GET",
            "evil.example",
            "/callback?code=c&state=s",
            Err(StatusCode::FORBIDDEN),
        ),
        (
            "GET",
            "localhost:1234",
            "/callback?code=c&state=s",
            Err(StatusCode::FORBIDDEN),
        ),
        (
            "GET",
            "127.0.0.1:1234",
            "/favicon.ico",
            Err(StatusCode::NOT_FOUND),
        ),
        (
            "GET",
            "127.0.0.1:1234",
            "/callback/?state=s",
            Err(StatusCode::NOT_FOUND),
        ),
        (
            "POST",
            "127.0.0.1:1234",
            "/callback?code=c&state=s",
            Err(StatusCode::METHOD_NOT_ALLOWED),
        ),
        (
            "GET",
            "127.0.0.1:1234",
            "/callback?code=c&state=t",
            Err(StatusCode::BAD_REQUEST),
        ),
        (
            "GET",
            "127.0.0.1:1234",
            "/callback?code=c",
            Err(StatusCode::BAD_REQUEST),
        ),
        (
            "GET",
            "127.0.0.1:1234",
            "/callback",
            Err(StatusCode::BAD_REQUEST),
        ),
    ] {
        let request = http::Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, host)
            .body(())
            .unwrap();
        assert_eq!(
            judge(&request, &expected).as_deref(),
            answer.as_ref().copied(),
            "{method} {host} {target}"
        );
    }
    let nameless = http::Request::builder()
        .uri("/callback?state=s")
        .body(())
        .unwrap();
    assert_eq!(judge(&nameless, &expected), Err(StatusCode::FORBIDDEN));
}

fn question(visit: &dyn Visit) -> ConsentRequest {
    let document = json!({
        "issuer": "http://127.0.0.1:9",
        "authorization_endpoint": "http://127.0.0.1:9/authorize",
        "token_endpoint": "http://127.0.0.1:9/token",
        "code_challenge_methods_supported": ["S256"],
    });
    let policy = danger::allow_loopback();
    let issuer = IssuerMetadata::parse(
        document.to_string().as_bytes(),
        "http://127.0.0.1:9",
        &policy,
    )
    .unwrap();
    let request = Request {
        issuer: &issuer,
        client_id: "me",
        redirect: RedirectUri::parse(visit.redirect_uri()).unwrap(),
        resource: "http://127.0.0.1:8/mcp",
        scopes: &Scopes::default(),
        thumbprint: None,
    };
    request.begin().unwrap().0
}

/// Sends one request and gives the head of the answer.
async fn visit(authority: &str, target: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let text = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn stray_and_forged_visits_do_not_end_the_wait() {
    let seen = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&seen);
    let agent = Loopback::new(move |request: &ConsentRequest| {
        *noted.lock().unwrap() = Some(request.url().host().to_owned());
        Ok(())
    });
    let listening = agent.prepare().await.unwrap();
    let redirect = listening.redirect_uri().to_owned();
    let authority = redirect
        .strip_prefix("http://")
        .unwrap()
        .strip_suffix("/callback")
        .unwrap()
        .to_owned();
    assert!(authority.starts_with("127.0.0.1:"));
    let request = question(listening.as_ref());
    let pair = request
        .url()
        .as_url()
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    let running = tokio::spawn(listening.run(request));
    // A browser opens connections ahead and leaves them idle.
    let _idle = TcpStream::connect(&authority).await.unwrap();
    assert!(
        visit(&authority, "/favicon.ico", &authority)
            .await
            .starts_with("HTTP/1.1 404")
    );
    assert!(
        visit(&authority, "/callback?code=evil&state=guess", &authority)
            .await
            .starts_with("HTTP/1.1 400")
    );
    let good = format!("/callback?code=c&state={pair}");
    assert!(
        visit(&authority, &good, "rebind.evil.example")
            .await
            .starts_with("HTTP/1.1 403")
    );
    let answer = visit(&authority, &good, &authority).await;
    assert!(
        answer.starts_with("HTTP/1.1 200")
            && answer.contains("no-store")
            && !answer.contains(&pair),
        "{answer}"
    );
    assert_eq!(
        running.await.unwrap().unwrap(),
        format!("http://{authority}{good}")
    );
    assert_eq!(seen.lock().unwrap().as_deref(), Some("127.0.0.1"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_forever() {
    let agent = Loopback::new(|_: &ConsentRequest| Ok(())).timeout(Duration::from_secs(30));
    let listening = agent.prepare().await.unwrap();
    let request = question(listening.as_ref());
    let error = listening.run(request).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no authorization response within 30 seconds"
    );
}

#[tokio::test]
async fn an_opener_that_fails_ends_the_wait() {
    let agent = Loopback::new(|_: &ConsentRequest| Err("no browser".into()));
    let listening = agent.prepare().await.unwrap();
    let request = question(listening.as_ref());
    assert_eq!(
        listening.run(request).await.unwrap_err().to_string(),
        "no browser"
    );
}
