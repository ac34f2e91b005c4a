//! One spelling of an address, and what may fill a header.

use super::*;

#[test]
fn an_address_has_one_spelling() {
    for (url, fits) in [
        ("https://mcp.example/mcp", true),
        ("https://mcp.example", true),
        ("https://mcp.example:8443/a/b?page=2", true),
        ("https://xn--bcher-kva.example/", true),
        ("https://[2606:4700::1111]/mcp", true),
        ("https://1.1.1.1/mcp", true),
        ("http://127.0.0.1:8080/mcp", true),
        ("http://localhost:3000/mcp", true),
        ("http://[::1]:1/", true),
        ("http://mcp.example/mcp", false),
        ("http://0.0.0.0/", false),
        ("http://localhost.evil.example/", false),
        ("HTTPS://mcp.example/", false),
        ("https://MCP.example/", false),
        ("https://mcp.example:443/", false),
        ("http://127.0.0.1:80/", false),
        ("https://mcp.example:/", false),
        ("https://mcp.example:0443/", false),
        ("https://mcp.example:70000/", false),
        ("https://user@mcp.example/", false),
        ("https://user:pass@mcp.example/", false),
        ("https://mcp.example/#part", false),
        ("https://mcp.example/a/../b", false),
        ("https://mcp.example/a/%2E%2e/b", false),
        ("https://mcp.example/a b", false),
        ("https://mcp.example/\\evil.example", false),
        ("https://mcp.example/${TOKEN}", false),
        ("https://mcp.example/\u{202e}", false),
        ("https://bücher.example/", false),
        ("https://mcp..example/", false),
        ("https://mcp.example./", false),
        ("https://127.1/", false),
        ("https://2130706433/", false),
        ("https://0x7f.1/", false),
        ("https://0x7f000001/", false),
        ("https://[::ffff:0:0:0]x/", false),
        ("https://[0:0:0:0:0:0:0:1]/", false),
        ("https:///mcp", false),
        ("https:mcp.example", false),
        ("ftp://mcp.example/", false),
        ("file:///etc/passwd", false),
        ("mcp.example", false),
        ("", false),
        ("https://mcp.example/mcp?api_key=0123456789ab", false),
    ] {
        assert_eq!(Address::new(url, &[]).is_ok(), fits, "{url}");
    }
}

#[test]
fn a_header_is_filled_by_name_or_is_no_secret() {
    for (text, expected) in [
        (
            "Authorization=GITHUB_TOKEN",
            Some("authorization=GITHUB_TOKEN"),
        ),
        (
            "Authorization=Bearer github-token",
            Some("authorization=Bearer github-token"),
        ),
        ("X-Key=env:KEY", Some("x-key=env:KEY")),
        (
            "Authorization=Bearer env:KEY",
            Some("authorization=Bearer env:KEY"),
        ),
        (
            "X-MCP-Toolsets: repos,issues",
            Some("x-mcp-toolsets: repos,issues"),
        ),
        ("X-Read-Only:true", Some("x-read-only: true")),
        ("Authorization: Bearer abc", None),
        ("Cookie: a=b", None),
        ("X-Api-Key: 0123456789abcdef", None),
        ("X-Api-Key=0123456789abcdef", None),
        ("Authorization=Bearer ghp_0123456789 x", None),
        ("X=", None),
        ("X:", None),
        ("X", None),
        ("=A", None),
        ("X Y=A", None),
        ("X: a\r\nHost: evil", None),
        ("Host=A", None),
        ("User-Agent: mine", None),
        ("X-Api-Key=ghp_0123456789abcdefABCDEF0123456789abcd", None),
        (
            "Authorization=Bearer ghp_0123456789abcdefABCDEF0123456789abcd",
            None,
        ),
        ("content-length=A", None),
        ("Mcp-Session-Id=A", None),
        ("X=env:1A", None),
    ] {
        let header: Result<Header, _> = text.parse();
        let written = header.ok().map(|header| header.to_string());
        assert_eq!(written.as_deref(), expected, "{text}");
    }
}

#[test]
fn what_is_written_reads_as_the_same() {
    for text in ["a=B", "a=Bearer b", "a=env:B", "a=Basic env:B", "a: b c"] {
        let header: Header = text.parse().unwrap();
        assert_eq!(header.to_string().parse(), Ok(header));
    }
}

#[test]
fn words_are_headers_and_nothing_else() {
    let words =
        |words: &[&str]| -> Vec<String> { words.iter().map(|&word| word.to_owned()).collect() };
    let read = |list: &[&str]| Address::of_words("https://mcp.example/mcp", &words(list));
    assert_eq!(
        read(&["--header", "A=B", "--header=C=D"])
            .unwrap()
            .headers
            .len(),
        2
    );
    for wrong in [
        &["--header"][..],
        &["--headers", "A=B"],
        &["A=B"],
        &["--header", "A=B", "--header", "a=C"],
        &["--"],
    ] {
        assert!(read(wrong).is_err(), "{wrong:?}");
    }
    let many: Vec<String> = (0..40).map(|number| format!("H{number}=A")).collect();
    assert!(Address::new("https://mcp.example/", &many).is_err());
}

#[test]
fn no_secret_is_in_a_message() {
    for url in [
        "https://user:hunter2hunter2@mcp.example/x",
        "https://mcp.example/mcp?token=hunter2hunter2",
        "https://mcp.example/a#hunter2hunter2",
    ] {
        let error = Address::new(url, &[]).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }
    let error = "X-Api-Key: hunter2hunter2".parse::<Header>().unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn parts_of_an_address() {
    for (url, host, origin, loopback) in [
        (
            "https://mcp.example/mcp",
            "mcp.example",
            "https://mcp.example",
            false,
        ),
        (
            "https://mcp.example:8443?x=1",
            "mcp.example",
            "https://mcp.example:8443",
            false,
        ),
        ("http://[::1]:99/mcp", "[::1]", "http://[::1]:99", true),
        ("https://[::1]", "[::1]", "https://[::1]", true),
        (
            "http://127.0.0.9:8080/",
            "127.0.0.9",
            "http://127.0.0.9:8080",
            true,
        ),
    ] {
        let address = Address::new(url, &[]).unwrap();
        assert_eq!((address.host(), address.origin()), (host, origin));
        assert_eq!(address.is_loopback(), loopback, "{url}");
    }
}

#[test]
fn the_order_of_headers_makes_no_other_request() {
    let headers = |list: [&str; 2]| list.map(str::to_owned);
    let one = Address::request("https://mcp.example/", &headers(["b=X", "A: y"]));
    let other = Address::request("https://mcp.example/", &headers(["A: y", "b=X"]));
    assert_eq!(one, other);
}
