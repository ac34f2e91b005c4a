//! Addresses, policies, and a fetcher against servers that misbehave.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use super::{Answer, FetchError, Fetcher, Policy, Question, Resolve, danger, is_global};
use crate::BoxFuture;

/// First and last addresses of the blocks, their neighbours, and what hides another address.
#[test]
fn public_addresses_and_the_others() {
    let global = [
        "1.0.0.0",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.114.0",
        "223.255.255.255",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2606:4700::1111",
        "3ffe::1",
    ];
    let other = [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "168.63.129.16",
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "192.175.48.1",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "100::1",
        "1fff:ffff::1",
        "2001::1",
        "2001:2::1",
        "2001:db8::1",
        "2001:1ff:ffff::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "192.0.192.192",
        "2606:4700::5efe:7f00:1",
        "2606:4700::200:5efe:7f00:1",
        "2620:4f:8000::1",
        "3fff::1",
        "3fff:fff:ffff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
    ];
    for text in global {
        assert!(is_global(text.parse().unwrap()), "{text}");
    }
    for text in other {
        assert!(!is_global(text.parse().unwrap()), "{text}");
    }
}

#[track_caller]
fn check(url: &str, policy: &Policy, expected: bool) {
    let checked = Url::parse(url).map(|url| policy.check(&url));
    assert_eq!(matches!(checked, Ok(Ok(()))), expected, "{url} {policy:?}");
}

/// A URL, and whether it passes: by default, in development, for a private host of that name.
#[test]
fn urls_that_are_fetched() {
    let private = danger::allow_private_hosts([
        "10.0.0.5",
        "idp.corp.example",
        "[fd12::1]",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ]);
    for (url, default, development, with_private) in [
        ("https://idp.example/x", true, true, true),
        ("https://8.8.8.8/", true, true, true),
        ("http://idp.example/x", false, false, false),
        ("http://127.0.0.1:9/", false, true, false),
        ("https://127.0.0.1:9/", false, true, false),
        ("http://localhost:9/", false, true, false),
        ("http://[::1]:9/", false, true, false),
        ("http://2130706433/", false, true, false),
        ("http://10.0.0.5/", false, false, false),
        ("https://10.0.0.5/", false, false, true),
        ("https://10.0.0.6/", false, false, false),
        ("https://[fd12::1]/", false, false, true),
        ("https://169.254.169.254/", false, false, false),
        ("https://[fd00:ec2::254]/", false, false, false),
        ("http://2852039166/", false, false, false),
        ("https://0xa9fea9fe/", false, false, false),
        ("https://[64:ff9b::a9fe:a9fe]/", false, false, false),
        ("https://user@idp.example/", false, false, false),
        ("file:///etc/passwd", false, false, false),
        ("ftp://idp.example/", false, false, false),
    ] {
        check(url, &Policy::default(), default);
        check(url, &danger::allow_loopback(), development);
        check(url, &private, with_private);
    }
}

/// Answers a name with addresses, other ones each time.
struct Answers(Vec<Vec<SocketAddr>>, Arc<AtomicUsize>);

impl Resolve for Answers {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let count = self.1.fetch_add(1, Ordering::Relaxed);
        let answer = self.0[count.min(self.0.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    }
}

#[tokio::test]
async fn a_name_is_judged_by_its_addresses() {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    for addresses in [
        vec![address("127.0.0.1:443")],
        vec![address("10.0.0.1:443")],
        vec![address("169.254.169.254:443")],
        vec![address("[::ffff:169.254.169.254]:443")],
        vec![address("8.8.8.8:443"), address("127.0.0.1:443")],
    ] {
        for policy in [Policy::default(), danger::allow_loopback()] {
            let counted = Arc::new(AtomicUsize::new(0));
            let fetcher = Fetcher::with_resolver(
                policy,
                Answers(vec![addresses.clone()], Arc::clone(&counted)),
            );
            let url = Url::parse("https://rebind.attacker.invalid/").unwrap();
            let error = fetcher.get(&url).await.err().unwrap();
            assert!(
                matches!(error, FetchError::NotPublic { .. }),
                "{addresses:?} {error:?}"
            );
            assert_eq!(counted.load(Ordering::Relaxed), 1);
        }
    }
}

/// A name is resolved once, and what was judged is what is connected to: the second answer is never asked for.
#[tokio::test]
async fn a_name_cannot_change_its_mind() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let counted = Arc::new(AtomicUsize::new(0));
    let answers = Answers(
        vec![vec![own], vec!["10.0.0.1:80".parse().unwrap()]],
        Arc::clone(&counted),
    );
    let fetcher = Fetcher::with_resolver(danger::allow_loopback(), answers);
    let serving = tokio::spawn(async move {
        serve(&listener, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await
    });
    let url = Url::parse(&format!("http://localhost:{}/", own.port())).unwrap();
    let answer = fetcher.get(&url).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_slice()),
        (200, b"{}".as_slice())
    );
    assert_eq!(counted.load(Ordering::Relaxed), 1);
    serving.await.unwrap();
}

/// Takes one connection, reads the head of a request and sends these bytes.
async fn serve(listener: &TcpListener, answer: &str) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = [0; 4096];
    let _ = stream.read(&mut head).await;
    stream.write_all(answer.as_bytes()).await.unwrap();
}

async fn ask(answer: &str, post: bool) -> Result<Answer, FetchError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/start", listener.local_addr().unwrap())).unwrap();
    let answer = answer.replace("ORIGIN", url.origin().ascii_serialization().as_str());
    let serving = tokio::spawn(async move {
        loop {
            serve(&listener, &answer).await;
        }
    });
    let fetcher = Fetcher::with_policy(danger::allow_loopback()).max_body(1_000);
    let question = if post {
        Question::form(url, [("a", "b")])
    } else {
        Question::get(url)
    };
    let result = fetcher.ask(question).await;
    serving.abort();
    result
}

#[tokio::test]
async fn redirects_stay_within_the_origin() {
    let to = |target: &str| {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
    };
    for target in [
        "https://evil.example/",
        "http://127.0.0.1:1/",
        "//evil.example/x",
        "https://169.254.169.254/",
        "file:///etc/passwd",
    ] {
        let error = ask(&to(target), false).await.err().unwrap();
        assert!(
            matches!(
                error,
                FetchError::Redirect {
                    reason: "it leaves the origin",
                    ..
                }
            ),
            "{target} {error:?}"
        );
    }
    let error = ask(&to("ORIGIN/again"), false).await.err().unwrap();
    assert!(
        matches!(
            error,
            FetchError::Redirect {
                reason: "too many of them",
                ..
            }
        ),
        "{error:?}"
    );
    let error = ask(&to("/elsewhere"), true).await.err().unwrap();
    assert!(
        matches!(
            error,
            FetchError::Redirect {
                reason: "the request was not a GET",
                ..
            }
        ),
        "{error:?}"
    );
    let error = ask(
        "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        false,
    )
    .await
    .err()
    .unwrap();
    assert!(
        matches!(
            error,
            FetchError::Redirect {
                reason: "it names no target",
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn answers_are_bounded() {
    let announced = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\nconnection: close\r\n\r\n{}",
        "x".repeat(1_001)
    );
    let endless = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}",
        "x".repeat(5_000)
    );
    for answer in [announced, endless] {
        assert!(matches!(
            ask(&answer, false).await,
            Err(FetchError::TooLarge { .. })
        ));
    }
    let exact = format!(
        "HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n{}",
        "x".repeat(1_000)
    );
    assert_eq!(ask(&exact, false).await.unwrap().body.len(), 1_000);
    assert!(matches!(
        ask("nonsense\r\n\r\n", false).await,
        Err(FetchError::Request { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let fetcher = Fetcher::with_policy(danger::allow_loopback()).timeout(Duration::from_secs(3));
    assert!(matches!(
        fetcher.get(&url).await,
        Err(FetchError::Timeout { .. })
    ));
}

#[tokio::test]
async fn by_default_nothing_is_sent_in_the_clear() {
    let url = |text: &str| Url::parse(text).unwrap();
    for refused in [
        "http://127.0.0.1:6379/",
        "http://idp.example/",
        "https://10.0.0.5/client.json",
    ] {
        let error = Fetcher::new().get(&url(refused)).await.err().unwrap();
        assert!(
            matches!(error, FetchError::Url(_) | FetchError::NotPublic { .. }),
            "{refused} {error:?}"
        );
    }
}
