//! A browser without a person: it opens a URL and goes where it is sent. Plain HTTP to this machine, no scripts.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Failure;

/// Redirects that are followed.
const MOST: usize = 5;

/// Opens `url` and follows redirects until there is none.
pub(super) async fn open(url: String) -> Result<(), Failure> {
    let mut url = url;
    for _ in 0..MOST {
        let visit = tokio::time::timeout(Duration::from_secs(10), get(&url));
        match visit.await?? {
            Some(next) => url = next,
            None => return Ok(()),
        }
    }
    Err("redirected too often".into())
}

async fn get(url: &str) -> Result<Option<String>, Failure> {
    let rest = url.strip_prefix("http://").ok_or("not a plain http url")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(location(&String::from_utf8_lossy(&answer)))
}

fn location(answer: &str) -> Option<String> {
    let (head, _) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?;
    let fields = lines.filter_map(|line| line.split_once(':'));
    let location = fields
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("location"));
    location
        .filter(|_| status.starts_with('3'))
        .map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_says_where_to_go() {
        let answer = "HTTP/1.1 302 Found\r\nX: y\r\nlocation: http://127.0.0.1:1/c?code=x\r\n\r\n";
        assert_eq!(
            location(answer).as_deref(),
            Some("http://127.0.0.1:1/c?code=x")
        );
        assert_eq!(location(&answer.replace("302", "200")), None);
        assert_eq!(location("HTTP/1.1 200 OK\r\n\r\n"), None);
        assert_eq!(location(""), None);
    }
}
