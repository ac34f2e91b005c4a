//! `Content-Type`, `Content-Encoding` and `Accept`: what is read and what may be answered.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};

/// Whether the body is said to be JSON: exactly one `application/json`, with no parameter but `charset=utf-8`.
///
/// A page can make a browser send `text/plain` to anyone without asking first, so nothing else is read.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    if only == "application/json" {
        return true;
    }
    let mut parts = only.to_str().unwrap_or_default().split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    json && parts.all(is_utf8)
}

fn is_utf8(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let value = value.trim_matches('"');
    name.eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8")
}

/// Whether the body comes as it is. Compressed bodies are refused: a small one may be a huge one.
pub(super) fn is_plain(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Whether the client takes both kinds of answers, as every revision demands of it.
pub(super) fn takes_both(headers: &HeaderMap) -> bool {
    // What most clients send, in their spelling.
    match headers.get(ACCEPT).map(http::HeaderValue::as_bytes) {
        Some(b"application/json, text/event-stream" | b"text/event-stream, application/json") => {
            true
        }
        _ => takes(headers, "application", "json") && takes_events(headers),
    }
}

/// Whether the client takes an event stream.
pub(super) fn takes_events(headers: &HeaderMap) -> bool {
    takes(headers, "text", "event-stream")
}

/// No `Accept` at all takes anything (RFC 9110, section 12.5.1).
fn takes(headers: &HeaderMap, kind: &str, subtype: &str) -> bool {
    if !headers.contains_key(ACCEPT) {
        return true;
    }
    let values = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let ranges = values.flat_map(|value| value.split(','));
    // The most specific range decides, so that `*/*;q=0` does not refuse what is named.
    let ranked = ranges.filter_map(|range| rank(range, kind, subtype));
    ranked
        .max_by_key(|(rank, _)| *rank)
        .is_some_and(|(_, taken)| taken)
}

/// How specific a media range is that covers the type, and whether its weight is more than zero.
fn rank(range: &str, kind: &str, subtype: &str) -> Option<(u8, bool)> {
    let mut parts = range.split(';').map(str::trim);
    let (range_kind, range_subtype) = parts.next()?.split_once('/')?;
    let rank = match (range_kind, range_subtype) {
        ("*", "*") => 0,
        (named, "*") if named.eq_ignore_ascii_case(kind) => 1,
        (named, sub) if named.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => 2,
        _ => return None,
    };
    let refused = parts
        .filter_map(|part| part.split_once('='))
        .any(|(name, weight)| {
            name.trim().eq_ignore_ascii_case("q")
                && weight.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
        });
    Some((rank, !refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, values: &[&str]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for value in values {
            map.append(&name, value.parse().expect("a value"));
        }
        map
    }

    #[test]
    fn only_json_is_read() {
        let check = |values: &[&str], expected| {
            assert_eq!(
                is_json(&headers(CONTENT_TYPE, values)),
                expected,
                "{values:?}"
            );
        };
        check(&["application/json"], true);
        check(&["Application/JSON"], true);
        check(&["application/json; charset=utf-8"], true);
        check(&["application/json;charset=\"UTF-8\""], true);
        for other in [
            "",
            "text/plain",
            "application/jsonp",
            "application/json; charset=utf-16",
            "application/json; boundary=x",
        ] {
            check(&[other], false);
        }
        for other in [
            "text/plain, application/json",
            "application/json, text/plain",
            "application/x-www-form-urlencoded",
            "text/json",
        ] {
            check(&[other], false);
        }
        check(&[], false);
        check(&["application/json", "text/plain"], false);
        check(&["application/json", "application/json"], false);
    }

    #[test]
    fn only_plain_bodies_are_read() {
        assert!(is_plain(&HeaderMap::new()));
        assert!(is_plain(&headers(CONTENT_ENCODING, &["identity"])));
        assert!(!is_plain(&headers(CONTENT_ENCODING, &["gzip"])));
        assert!(!is_plain(&headers(CONTENT_ENCODING, &["identity", "br"])));
    }

    #[test]
    fn both_kinds_of_answers_must_be_taken() {
        let check = |values: &[&str], expected| {
            assert_eq!(takes_both(&headers(ACCEPT, values)), expected, "{values:?}");
        };
        check(&[], true);
        check(&["application/json, text/event-stream"], true);
        check(&["text/event-stream,application/json"], true);
        check(&["application/json", "text/event-stream"], true);
        check(&["*/*"], true);
        check(&["application/*, text/*;q=0.1"], true);
        check(
            &["*/*;q=0, application/json, text/event-stream;q=0.5"],
            true,
        );
        check(&["application/json"], false);
        check(&["text/event-stream"], false);
        check(&["text/html"], false);
        check(&["application/json, text/event-stream;q=0"], false);
        check(&["*/*, text/event-stream; q=0.0"], false);
        check(&["nonsense"], false);
    }
}
