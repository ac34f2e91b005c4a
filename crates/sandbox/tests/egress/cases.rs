//! What has to hold. A case is one function; the lines of the program and the events told are its whole outcome.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use interlock_sandbox::egress::{EgressEvent, EgressRules, Unrecorded, Verdict};

use crate::servers;
use crate::world::{World, describe};

type Case = (&'static str, fn());

/// Every case.
pub(crate) const ALL: &[Case] = &[
    (
        "a granted name is reached over both versions of IP",
        both_versions,
    ),
    ("names that are not granted do not exist", unknown_names),
    ("the C library finds granted names", c_library),
    ("a ClientHello that does not go on is cut", unfinished_hello),
    ("an idle connection is cut", idle),
    ("the next address is tried when one refuses", next_address),
    ("a reset outside is a reset inside", reset_outside),
    (
        "an uploaded stream ends when the server ends it",
        server_ends,
    ),
    ("a name is granted with its port only", ports),
    ("addresses are refused and told", addresses),
    (
        "loopback and metadata stay out of reach",
        loopback_and_metadata,
    ),
    (
        "a name that leads to a private address is refused",
        private_addresses,
    ),
    ("a granted address is reached by number", literal_addresses),
    ("localhost is both loopback addresses", localhost),
    ("a ClientHello for another server is refused", server_names),
    ("a server may speak first", greeting),
    ("a host that is down is told", unreachable),
    (
        "a connection that cannot be recorded is not made",
        unrecorded,
    ),
    ("connections are bounded", bounded),
    ("many connections are served at once", many),
    ("UDP goes nowhere and is told", datagrams),
    ("multipath TCP is TCP here", multipath),
    ("learning refuses everything and tells it", learning),
    ("names are resolved by the configured servers", name_servers),
    ("malformed queries do no harm", malformed_queries),
    (
        "DNS is served over TCP, beside a grant of port 53 too",
        dns_over_tcp,
    ),
    ("a slow reader costs no memory", slow_reader),
    (
        "the end of the supervisor is the end of its connections",
        end_of_supervisor,
    ),
    ("bytes are counted in both directions", counted),
];

fn step(command: impl Into<String>, expected: &str) -> (String, &str) {
    (command.into(), expected)
}

fn both_versions() {
    let server = servers::echo();
    let port = server.port;
    let world = World::new(&[format!("!*.example:{port}").replace("*.example", "a.example")]);
    let allowed = format!("allowed tcp a.example 127.0.0.1 {port}");
    world.check(
        &[
            step("dns a.example", "[11.18.1.0]"),
            step("dns6 a.example", "[2d00:2::100]"),
            step(format!("echo a.example:{port} 1"), "echoed 1"),
            step(format!("echo 6/a.example:{port} 5000000"), "echoed 5000000"),
            step(format!("echo a.example:{port} 5000000"), "echoed 5000000"),
            step(format!("echo a.example:{port} 0"), "echoed 0"),
        ],
        &[&allowed, &allowed, &allowed, &allowed],
    );
}

fn unknown_names() {
    World::new(&["a.example:443".into(), "*.wild.example:443".into()]).check(
        &[
            step("dns evil.example", "NameError"),
            step("dns6 evil.example", "NameError"),
            step("dns wild.example", "NameError"),
            step("dns x.wild.example", "[11.18.1.0]"),
            step("dns A.Example", "[11.18.1.1]"),
        ],
        // The third attempt of the same name is not told: 1st, 2nd, 4th, 8th, …
        &[
            "unknown-name dns evil.example",
            "unknown-name dns evil.example",
            "unknown-name dns wild.example",
        ],
    );
}

fn c_library() {
    World::new(&["a.example:443".into()]).check(
        &[
            step("getaddrinfo a.example:443", "[2d00:2::100, 11.18.1.0]"),
            step("getaddrinfo evil.example:443", "no such name"),
        ],
        // IPv4 and IPv6 are asked for at once; the second question is the second time.
        &[
            "unknown-name dns evil.example",
            "unknown-name dns evil.example",
        ],
    );
}

fn unfinished_hello() {
    let server = servers::echo();
    let to = format!("a.example:{}", server.port);
    let mut world = World::new(&[format!("!{to}")]);
    world.settings.patience = Duration::from_secs(1);
    let allowed = format!("allowed tcp a.example 127.0.0.1 {}", server.port);
    // The first octet of a handshake record, and no more.
    world.check(&[step(format!("stall {to} \u{16}"), "reset")], &[&allowed]);
}

fn idle() {
    let server = servers::silent();
    let to = format!("a.example:{}", server.port);
    let mut world = World::new(&[format!("!{to}")]);
    world.settings.idle = Duration::from_secs(1);
    let allowed = format!("allowed tcp a.example 127.0.0.1 {}", server.port);
    world.check(&[step(format!("stall {to} hello"), "reset")], &[&allowed]);
}

fn next_address() {
    let server = servers::echo();
    let to = format!("a.example:{}", server.port);
    let world = World::new(&[format!("!{to}")]);
    let world = world.hosts("127.0.0.9 a.example\n10.0.0.1 b.example\n127.0.0.1 a.example\n");
    world.check(
        &[step(format!("echo {to} 10"), "echoed 10")],
        &[
            &format!("allowed tcp a.example 127.0.0.9 {}", server.port),
            &format!("allowed tcp a.example 127.0.0.1 {}", server.port),
        ],
    );
}

fn reset_outside() {
    let server = servers::resetting();
    let to = format!("a.example:{}", server.port);
    let allowed = format!("allowed tcp a.example 127.0.0.1 {}", server.port);
    World::new(&[format!("!{to}")])
        .check(&[step(format!("stall {to} hello"), "reset")], &[&allowed]);
}

fn server_ends() {
    let server = servers::greeter();
    let to = format!("a.example:{}", server.port);
    let running = World::new(&[format!("!{to}")]).start(&[format!("upload {to} 268435456")]);
    let (lines, told) = running.finish(1);
    // What it gets depends on how far it came; that it ends, and that both ends are told of, does not.
    assert!(lines == ["reset"] || lines == ["220 ready"], "{lines:?}");
    let closed = told.iter().filter(|event| event.verdict == Verdict::Closed);
    let received: Vec<u64> = closed.map(|event| event.received).collect();
    // A reset can overtake the greeting: the kernel drops what was not read yet.
    assert!(received == [9] || received == [0], "{received:?}");
}

fn ports() {
    World::new(&["a.example:8443".into(), "b.example:8080".into()]).check(
        &[
            step("connect a.example:8080", "reset"),
            step("connect a.example:9999", "refused"),
        ],
        &[
            "port-not-granted tcp a.example 11.18.1.0 8080",
            "port-not-granted tcp a.example 11.18.1.0 9999",
        ],
    );
}

fn addresses() {
    World::new(&["a.example:443".into()]).check(
        &[
            step("connect 8.8.8.8:443", "reset"),
            step("connect 8.8.8.8:22", "refused"),
            step("connect 11.18.7.7:443", "reset"),
            step("connect [2606:4700::1111]:443", "reset"),
            step("connect [2606:4700::1111]:22", "refused"),
        ],
        &[
            "address-not-granted tcp 8.8.8.8 443",
            "address-not-granted tcp 8.8.8.8 22",
            "address-not-granted tcp 11.18.7.7 443",
            "address-not-granted tcp 2606:4700::1111 443",
            "address-not-granted tcp 2606:4700::1111 22",
        ],
    );
}

fn loopback_and_metadata() {
    let (granted, other) = (servers::echo(), servers::echo());
    let world = World::new(&["a.example:80".into(), format!("a.example:{}", granted.port)]);
    let told = [
        "address-not-granted tcp 169.254.169.254 80".to_owned(),
        format!("address-not-granted tcp 127.0.0.1 {}", granted.port),
        format!("address-not-granted tcp 127.0.0.1 {}", other.port),
    ];
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    world.check(
        &[
            step("connect 169.254.169.254:80", "reset"),
            step(format!("connect 127.0.0.1:{}", granted.port), "reset"),
            step(format!("connect 127.0.0.1:{}", other.port), "refused"),
        ],
        &told,
    );
    assert_eq!((granted.accepted(), other.accepted()), (0, 0));
}

fn private_addresses() {
    let server = servers::echo();
    let rule = format!("a.example:{}", server.port);
    for (hosts, address) in [
        ("127.0.0.1 a.example\n", "127.0.0.1"),
        ("10.1.2.3 a.example\n", "10.1.2.3"),
        ("169.254.169.254 a.example\n", "169.254.169.254"),
        ("::ffff:127.0.0.1 a.example\n", "::ffff:127.0.0.1"),
        ("0.0.0.0 a.example\n", "0.0.0.0"),
    ] {
        World::new(std::slice::from_ref(&rule)).hosts(hosts).check(
            &[step(format!("connect {rule}"), "reset")],
            &[&format!(
                "private-address tcp a.example {address} {}",
                server.port
            )],
        );
    }
    assert_eq!(server.accepted(), 0);
}

fn literal_addresses() {
    let (granted, other) = (servers::echo(), servers::echo());
    let rule = format!("127.0.0.1:{}", granted.port);
    World::new(std::slice::from_ref(&rule)).check(
        &[
            step(format!("echo {rule} 1000"), "echoed 1000"),
            step(format!("connect 127.0.0.2:{}", granted.port), "reset"),
            step(format!("connect 127.0.0.1:{}", other.port), "refused"),
        ],
        &[
            &format!("allowed tcp 127.0.0.1 {}", granted.port),
            &format!("address-not-granted tcp 127.0.0.2 {}", granted.port),
            &format!("address-not-granted tcp 127.0.0.1 {}", other.port),
        ],
    );
    assert_eq!(other.accepted(), 0);
}

fn localhost() {
    let server = servers::echo();
    let port = server.port;
    World::new(&[format!("localhost:{port}")]).check(
        &[
            step("dns localhost", "[127.0.0.1]"),
            step(format!("echo localhost:{port} 10"), "echoed 10"),
            step(format!("echo 6/localhost:{port} 10"), "echoed 10"),
        ],
        &[
            &format!("allowed tcp 127.0.0.1 {port}"),
            &format!("allowed tcp ::1 {port}"),
            &format!("allowed tcp 127.0.0.1 {port}"),
        ],
    );
}

fn server_names() {
    let server = servers::echo();
    let to = format!("a.example:{}", server.port);
    let world = World::new(&[format!("!{to}")]);
    let allowed = format!("allowed tcp a.example 127.0.0.1 {}", server.port);
    let refused = format!(
        "server-name-mismatch tcp a.example 127.0.0.1 {}",
        server.port
    );
    world.check(
        &[
            step(format!("hello {to} a.example 9999"), "passed"),
            step(format!("hello {to} A.Example 7"), "passed"),
            step(format!("hello {to} - 9999"), "passed"),
            step(format!("hello {to} fronted.example 9999"), "reset"),
        ],
        &[&allowed, &allowed, &allowed, &allowed, &refused],
    );
}

fn greeting() {
    let server = servers::greeter();
    let to = format!("a.example:{}", server.port);
    World::new(&[format!("!{to}")]).check(
        &[step(format!("greeting {to}"), "220 ready")],
        &[&format!("allowed tcp a.example 127.0.0.1 {}", server.port)],
    );
}

fn unreachable() {
    let port = servers::closed_port();
    let world = World::new(&[
        format!("!a.example:{port}"),
        format!("nowhere.example:{port}"),
    ]);
    world
        .resolv_conf("nameserver [127.0.0.1]:1\noptions timeout:1 attempts:1\n")
        .check(
            &[
                step(format!("connect a.example:{port}"), "reset"),
                step(format!("connect nowhere.example:{port}"), "reset"),
            ],
            &[
                &format!("allowed tcp a.example 127.0.0.1 {port}"),
                &format!("unreachable tcp a.example 127.0.0.1 {port}"),
                &format!("unresolvable tcp nowhere.example {port}"),
            ],
        );
}

fn unrecorded() {
    let server = servers::echo();
    let to = format!("a.example:{}", server.port);
    let (_sender, events) = sync_channel(1);
    let world = World::new(&[format!("!{to}")]);
    let sink = |_: &EgressEvent| Err(Unrecorded);
    let running = world.start_with(&[format!("connect {to}")], sink, events);
    assert_eq!(running.finish(0).0, ["reset"]);
    assert_eq!(server.accepted(), 0);
}

fn bounded() {
    let server = servers::echo();
    let to = format!("a.example:{}", server.port);
    let mut world = World::new(&[format!("!{to}")]);
    world.settings.max_connections = 4;
    let running = world.start(&[format!("many {to} 10"), format!("many {to} 4")]);
    let (lines, told) = running.finish(8);
    assert_eq!(lines[0], "4 served");
    assert!(
        told.iter()
            .any(|event| event.verdict == Verdict::TooMany && event.times == 4)
    );
}

fn many() {
    let server = servers::echo();
    let to = format!("a.example:{}", server.port);
    let running = World::new(&[format!("!{to}")]).start(&[format!("many {to} 100")]);
    let (lines, told) = running.finish(100);
    assert_eq!(lines, ["100 served"]);
    assert_eq!(
        told.iter()
            .filter(|event| event.verdict == Verdict::Allowed)
            .count(),
        100
    );
}

fn datagrams() {
    World::new(&["a.example:443".into()]).check(
        &[
            step("udp a.example:443", "refused"),
            step("udp 8.8.8.8:53", "refused"),
            step("udp [2606:4700::1111]:123", "refused"),
        ],
        &[
            "port-not-granted udp a.example 11.18.1.0 443",
            "address-not-granted udp 8.8.8.8 53",
            "address-not-granted udp 2606:4700::1111 123",
        ],
    );
}

fn multipath() {
    World::new(&["a.example:443".into()]).check(
        &[
            step("mptcp 8.8.8.8:443", "reset"),
            step("mptcp 8.8.8.8:22", "refused"),
        ],
        &[
            "address-not-granted tcp 8.8.8.8 443",
            "address-not-granted tcp 8.8.8.8 22",
        ],
    );
}

fn learning() {
    World::with(EgressRules::learn()).check(
        &[
            step("connect any.example:443", "refused"),
            step("connect 6/any.example:5432", "refused"),
            step("connect 10.0.0.5:6379", "refused"),
            step("connect 127.0.0.1:80", "refused"),
            step("udp any.example:123", "refused"),
        ],
        &[
            "learned-name dns any.example",
            "learned-connection tcp any.example 11.18.1.0 443",
            "learned-name dns any.example",
            "learned-connection tcp any.example 2d00:2::100 5432",
            "learned-connection tcp 10.0.0.5 6379",
            "learned-connection tcp 127.0.0.1 80",
            "learned-connection udp any.example 11.18.1.0 123",
        ],
    );
}

fn name_servers() {
    let (server, names) = (servers::echo(), servers::name_server());
    let to = format!("any.example:{}", server.port);
    let world = World::new(&[format!("!*.y.example:{}", server.port), format!("!{to}")]);
    let world = world.resolv_conf(&format!("nameserver [{}]:{}\n", names.ip(), names.port()));
    let allowed = format!("allowed tcp any.example 127.0.0.1 {}", server.port);
    world.check(
        &[
            step(format!("echo {to} 10"), "echoed 10"),
            step(format!("echo 6/{to} 10"), "echoed 10"),
            step(format!("echo x.y.example:{} 10", server.port), "echoed 10"),
        ],
        &[
            &allowed,
            &allowed,
            &format!("allowed tcp x.y.example 127.0.0.1 {}", server.port),
        ],
    );
}

fn malformed_queries() {
    let queries = [
        "00",
        "ffffffffffffffffffffffff",
        "000001000001000000000000c00c",
        "0000010000010000000000003f",
    ];
    let steps: Vec<_> = queries
        .iter()
        .map(|hex| step(format!("dnsraw {hex}"), "NameError"))
        .collect();
    let told = "unknown-name dns not.granted.example";
    World::new(&["a.example:443".into()]).check(&steps, &[told, told, told]);
}

fn dns_over_tcp() {
    for rules in [
        vec!["a.example:443".to_owned()],
        vec!["a.example:443".into(), "b.example:53".into()],
    ] {
        World::new(&rules).check(
            &[
                step("dnstcp a.example", "[11.18.1.0]"),
                step("dns evil.example", "NameError"),
                step("dns a.example", "[11.18.1.0]"),
            ],
            &["unknown-name dns evil.example"],
        );
    }
}

fn slow_reader() {
    let server = servers::slow();
    let to = format!("a.example:{}", server.port);
    let before = resident_kib();
    let running = World::new(&[format!("!{to}")]).start(&[format!("upload {to} 67108864")]);
    let (lines, told) = running.finish(1);
    assert_eq!(lines, ["67108864"]);
    assert!(told.iter().any(|event| event.sent == 67_108_864));
    // The server's own buffer of 1 MiB and the test's threads are in it.
    assert!(
        resident_kib() < before + 8192,
        "{before} KiB before, {} after",
        resident_kib()
    );
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn end_of_supervisor() {
    let server = servers::silent();
    let to = format!("a.example:{}", server.port);
    let mut running = World::new(&[format!("!{to}")]).start(&[format!("connect {to}")]);
    assert_eq!(
        running
            .told(1)
            .iter()
            .map(describe)
            .collect::<Vec<_>>()
            .len(),
        1
    );
    drop(running.handle.take());
    let (lines, _) = running.finish(0);
    assert!(lines == ["ended"] || lines == ["reset"], "{lines:?}");
}

fn counted() {
    let server = servers::greeter();
    let to = format!("a.example:{}", server.port);
    let (_, told) = World::new(&[format!("!{to}")])
        .start(&[format!("greeting {to}")])
        .finish(1);
    let closed = told
        .iter()
        .find(|event| event.verdict == Verdict::Closed)
        .unwrap();
    assert_eq!(
        (closed.sent, closed.received, closed.port),
        (0, 9, Some(server.port))
    );
}
