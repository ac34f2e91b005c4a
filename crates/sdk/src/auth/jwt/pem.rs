//! Private keys in PEM form (RFC 7468), wiped after use.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::KeyError;

/// What a PEM block holds.
pub(super) enum Block {
    /// `PRIVATE KEY`.
    Pkcs8(Zeroizing<Vec<u8>>),
    /// `RSA PRIVATE KEY`.
    Pkcs1(Zeroizing<Vec<u8>>),
}

/// The one block of `text`.
pub(super) fn decode(text: &str) -> Result<Block, KeyError> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let label = lines
        .next()
        .and_then(|line| line.strip_prefix("-----BEGIN ")?.strip_suffix("-----"))
        .ok_or(KeyError::Pem)?;
    let mut body = Zeroizing::new(String::with_capacity(text.len()));
    let mut closed = false;
    for line in lines {
        if closed {
            return Err(KeyError::Pem);
        }
        match line.strip_prefix("-----END ") {
            Some(rest) => closed = rest.strip_suffix("-----") == Some(label),
            None => body.push_str(line),
        }
    }
    let der = STANDARD.decode(body.as_bytes()).map(Zeroizing::new);
    match (closed, label, der) {
        (true, "PRIVATE KEY", Ok(der)) => Ok(Block::Pkcs8(der)),
        (true, "RSA PRIVATE KEY", Ok(der)) => Ok(Block::Pkcs1(der)),
        _ => Err(KeyError::Pem),
    }
}
