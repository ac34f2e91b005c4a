//! That nothing but the user's own configuration makes this program ask an address that is not public: no lock, no document of a
//! registry, no redirect. What is looked at is the other side: nobody connects to it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers fail by panicking"
)]

mod support;

use interlock_launch::{ContainerRef, SourceWord};
use interlock_supply::fetched::Fetcher;
use interlock_supply::git::{Host, Repository};
use interlock_supply::oci::{Reference, Registry, Source as _};
use interlock_supply::{Client, FetchError, Reach, Silent, Trust};
use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use support::package::Package;
use support::server::{Answer, near};
use support::wheel::Wheel;
use support::{World, chain};

/// A service of this machine that no stranger may have us ask.
struct Inner(TcpListener);

impl Inner {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Fails when anybody connected. What was refused without connecting is there at once.
    #[track_caller]
    fn was_not_asked(&self, what: &str) {
        assert!(self.0.accept().is_err(), "somebody connected: {what}");
    }
}

fn refused<T>(result: Result<T, impl Error + 'static>, what: &str) {
    let Err(error) = result else {
        panic!("{what} was fetched")
    };
    let shown = chain(&error);
    assert!(shown.contains("is no public address"), "{what}: {shown}");
    assert!(shown.contains("danger-local-addresses"), "{what}: {shown}");
}

/// This machine, as somebody might write it.
fn spellings(inner: &Inner) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
    ];
    let port = inner.port();
    hosts.iter().map(|host| format!("{host}:{port}")).collect()
}

#[test]
fn an_address_in_a_lock_leads_to_public_ones_only() {
    let (inner, world) = (Inner::new(), World::new(&[]));
    let client = Client::new(&Trust::default());
    let fetcher = Fetcher {
        client: &client,
        store: &world.store,
        progress: &Silent,
        home: world.directory.path(),
    };
    let plain = format!("http://127.0.0.1:{}", inner.port());
    let secure = spellings(&inner)
        .into_iter()
        .map(|it| format!("https://{it}"));
    for base in secure.chain([plain]) {
        for kind in ["binary", "mcpb"] {
            let text = format!("{kind}:{base}/x#sha256={}", "0".repeat(64));
            if let Ok(word) = text.parse::<SourceWord>() {
                refused(fetcher.lock(&word, &[]), &text);
            }
        }
        if let Ok(at) = Repository::new(&format!("{base}/r")) {
            let asked = Host::new(&Trust::default()).resolve(&at, None);
            refused(asked, &base);
        }
        inner.was_not_asked(&base);
    }
}

fn image(host: &str) -> Reference {
    Reference::of(&ContainerRef {
        engine: "oci".into(),
        image: format!("{host}/team/x"),
        tag: None,
        digest: None,
        entrypoint: None,
        workdir: None,
        platform: None,
        env_files: Vec::new(),
        mounts: Vec::new(),
        env: Vec::new(),
        options: Vec::new(),
        args: Vec::new(),
    })
    .unwrap()
}

#[test]
fn an_image_in_a_lock_is_not_asked_for_on_this_machine() {
    let inner = Inner::new();
    let registry = Registry::new(BTreeMap::new(), &Trust::default());
    for host in ["127.0.0.1", "localhost"].map(|host| format!("{host}:{}", inner.port())) {
        refused(registry.manifest(&image(&host), None, 1 << 20), &host);
        inner.was_not_asked(&host);
    }
}

#[test]
fn a_description_of_a_package_leads_to_public_addresses_and_its_own_registry() {
    let inner = Inner::new();
    for host in spellings(&inner) {
        let package = Package::new("app", "1.0.0");
        let digest = support::package::integrity(&package.bytes());
        let archive = format!("https://{host}/app-1.0.0.tgz");
        let package = package.listed("dist", json!({ "integrity": digest, "tarball": archive }));
        refused(World::new(&[package]).lock("app"), &host);
    }
    inner.was_not_asked("an archive");
}

#[test]
fn a_redirect_leads_to_public_addresses_and_what_is_configured() {
    let inner = Inner::new();
    let world = World::of("app@1.0.0");
    for host in spellings(&inner) {
        for scheme in ["http", "https"] {
            let mut away = Answer::status(302);
            let to = format!("{scheme}://{host}/x");
            away.headers.push(("location", to.clone()));
            world.server.put("/app", away);
            refused(world.lock("app"), &to);
        }
    }
    inner.was_not_asked("a redirect");
    // A circle ends.
    let mut round = Answer::status(307);
    round.headers.push(("location", "/app".to_owned()));
    world.server.put("/app", round);
    world.server.forget();
    let error = chain(&world.lock("app").unwrap_err());
    assert!(error.contains("redirects more than"), "{error}");
    assert_eq!(world.server.asked().len(), 6);
}

#[test]
fn a_listing_of_wheels_leads_to_public_addresses_and_its_own_index() {
    let inner = Inner::new();
    let world = support::wheel::World::new(&[Wheel::new("app 1.0.0")]);
    let listing = format!(
        r#"{{"meta": {{"api-version": "1.1"}}, "name": "app", "versions": ["1.0.0"], "files": [{{
            "filename": "app-1.0.0-py3-none-any.whl", "url": "https://127.0.0.1:{}/app-1.0.0-py3-none-any.whl",
            "hashes": {{"sha256": "{}"}}, "size": 1000}}]}}"#,
        inner.port(),
        "0".repeat(64)
    );
    let mut answer = Answer::new(listing);
    answer.headers.push((
        "content-type",
        "application/vnd.pypi.simple.v1+json".to_owned(),
    ));
    world.server.put("/simple/app/", answer);
    refused(world.lock("app"), "a wheel");
    inner.was_not_asked("a wheel");
}

#[test]
fn what_a_proxy_would_look_up_is_refused_where_it_shows() {
    let inner = Inner::new();
    let trust = |reach| Trust {
        proxy: Some(format!("http://127.0.0.1:{}", inner.port())),
        reach,
        ..Trust::default()
    };
    let resolve =
        |reach, url: &str| Host::new(&trust(reach)).resolve(&Repository::new(url).unwrap(), None);
    for host in [
        "169.254.169.254",
        "10.0.0.1",
        "127.0.0.1:1",
        "[fd00:ec2::254]",
        "localhost",
    ] {
        let url = format!("https://{host}/r");
        refused(resolve(Reach::default(), &url), &url);
    }
    inner.was_not_asked("the proxy");
}

#[test]
fn a_proxy_may_be_anywhere_however_it_is_written() {
    for scheme in ["", "http://"] {
        let inner = Inner::new();
        inner.0.set_nonblocking(false).unwrap();
        let trust = Trust {
            proxy: Some(format!("{scheme}127.0.0.1:{}", inner.port())),
            ..Trust::default()
        };
        let asked = std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                let (stream, _) = inner.0.accept().unwrap();
                let mut line = String::new();
                BufReader::new(stream).read_line(&mut line).unwrap();
                line
            });
            let at = Repository::new("https://public.example/r").unwrap();
            assert!(Host::new(&trust).resolve(&at, None).is_err());
            // Whoever waits for a line gets one.
            let late = TcpStream::connect(("127.0.0.1", inner.port()));
            drop(late.map(|mut late| late.write_all(b"nobody\n")));
            first.join().unwrap()
        });
        assert!(asked.starts_with("CONNECT public.example:443"), "{asked}");
    }
}

#[test]
fn this_machine_is_not_asked_through_a_proxy() {
    let (world, inner) = (World::new(&[]), Inner::new());
    world.server.put("/x", Answer::status(404));
    let trust = Trust {
        proxy: Some(format!("http://127.0.0.1:{}", inner.port())),
        ..near()
    };
    let api = interlock_supply::registry::Api::new(&world.server.url(), Client::new(&trust));
    assert!(api.unwrap().entry("io.github.a/x", None).is_err());
    assert_eq!(world.server.asked().len(), 1);
    inner.was_not_asked("the proxy");
}

#[test]
fn who_names_a_host_reaches_it() {
    let world = World::new(&[]);
    world.server.put("/x", Answer::status(404));
    let named = Reach::default().naming(&world.server.url());
    for (reach, reached) in [
        (Reach::default(), false),
        (named, true),
        (Reach::danger_everything(), true),
        (Reach::default().naming("http://127.0.0.1:1/"), false),
    ] {
        world.server.forget();
        let client = Client::new(&Trust::default().reaching(&reach));
        let api = interlock_supply::registry::Api::new(&world.server.url(), client).unwrap();
        let error = api.entry("io.github.a/x", None).unwrap_err();
        let source = error
            .source()
            .and_then(|it| it.downcast_ref::<FetchError>());
        assert_eq!(matches!(source, Some(FetchError::NotFound)), reached);
        assert_eq!(world.server.asked().len(), usize::from(reached));
    }
}
