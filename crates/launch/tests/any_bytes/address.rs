//! Addresses of servers and of sources: what is shown is what is connected to, and what is written is read again.

use interlock_launch::{Address, Header, SourceKind, SourceWord, judge};
use url::Url;

/// Panics when a promise is broken. The first line is an address, the others are headers; the whole is a source's word.
pub(crate) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let mut lines = text.lines();
    let url = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.map(str::to_owned).collect();
    let _ = judge(&Address::request(url, &headers));
    if let Ok(address) = Address::new(url, &headers) {
        remote(&address);
    }
    if let Ok(word) = text.parse::<SourceWord>() {
        source(&word, text);
    }
}

fn remote(address: &Address) {
    // What no client can read is connected to by none.
    if let Ok(read) = Url::parse(&address.url) {
        assert_eq!(read.host_str(), Some(address.host()));
        assert_eq!(read.origin().ascii_serialization(), address.origin());
        assert!(read.username().is_empty() && read.password().is_none());
        assert!(read.scheme() == "https" || address.is_loopback());
        let path = address.url.get(address.origin().len()..).unwrap();
        let path = path.split('?').next().unwrap();
        assert_eq!(read.path(), if path.is_empty() { "/" } else { path });
    }
    for header in &address.headers {
        let again: Header = header.to_string().parse().unwrap();
        assert_eq!(again, *header);
    }
    let headers: Vec<String> = address.headers.iter().map(Header::to_string).collect();
    assert_eq!(Address::new(&address.url, &headers).as_ref(), Ok(address));
}

fn source(word: &SourceWord, text: &str) {
    assert_eq!(word.to_string(), text);
    if word.is_path() {
        return;
    }
    let Ok(read) = Url::parse(word.address()) else {
        return;
    };
    assert!(read.username().is_empty() && read.password().is_none());
    if word.kind() == SourceKind::Git {
        assert_eq!(read.as_str(), word.address());
    }
}
