//! Addresses of registries, in their one form.

use super::ConfigError;

/// Checks an address and gives it its one form, with a slash at the end. User names and passwords in
/// an address are refused: they would show wherever the address does.
pub(super) fn address(key: &str, value: &str) -> Result<String, ConfigError> {
    let bad = || ConfigError::Address { key: key.into() };
    let rest = value
        .strip_prefix("https://")
        .or_else(|| value.strip_prefix("http://"))
        .ok_or_else(bad)?;
    let host = rest.split('/').next().unwrap_or_default();
    let plain = |byte: u8| {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'?' | b'#')
    };
    if host.is_empty() || host.contains('@') || !rest.bytes().all(plain) {
        return Err(bad());
    }
    Ok(with_slash(value))
}

pub(super) fn with_slash(text: &str) -> String {
    if text.ends_with('/') {
        text.into()
    } else {
        format!("{text}/")
    }
}
