//! Schemes that are refused unless a server declares that it serves them.
//!
//! Servers make up schemes freely, so there can be no list of good ones. These are the ones that a *library* below a server
//! would understand by itself: they run or embed something, read files, or make connections.

/// Text that a viewer executes or embeds.
const ACTIVE: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "chrome-extension",
    "data",
    "filesystem",
    "intent",
    "its",
    "javascript",
    "livescript",
    "mhtml",
    "mk",
    "mocha",
    "moz-extension",
    "ms-its",
    "res",
    "resource",
    "shell",
    "vbscript",
    "view-source",
    "wyciwyg",
];

/// Wrappers of language runtimes and version control that read files, inflate archives or start programs.
const WRAPPERS: &[&str] = &[
    "classpath",
    "compress.bzip2",
    "compress.zlib",
    "expect",
    "ext",
    "fd",
    "glob",
    "jar",
    "jndi",
    "local_file",
    "nested",
    "netdoc",
    "ogg",
    "phar",
    "php",
    "rar",
    "rmi",
    "ssh2",
    "ssh2.exec",
    "ssh2.sftp",
    "url",
    "vfs",
    "wsdl",
    "zip",
    "zlib",
];

/// Protocols that a general-purpose fetcher speaks.
const NETWORK: &[&str] = &[
    "afp", "cifs", "dict", "dns", "finger", "ftp", "ftps", "gopher", "gophers", "imap", "imaps",
    "iiop", "ldap", "ldapi", "ldaps", "mailto", "mqtt", "nfs", "pop3", "pop3s", "rlogin", "rsync",
    "rtmp", "rtsp", "scp", "sftp", "sips", "smb", "smbs", "smtp", "smtps", "sms", "ssh", "svn",
    "tel", "telnet", "tftp", "unc", "webdav", "webdavs", "ws", "wss",
];

/// Whether a scheme (in lower case) or any part of a compound one (`git+ssh`, `jar+file`) is refused by default.
pub(super) fn is_forbidden(scheme: &str) -> bool {
    let known =
        |part: &str| ACTIVE.contains(&part) || WRAPPERS.contains(&part) || NETWORK.contains(&part);
    // Windows starts a program for each `ms-…` and `search-ms` scheme.
    known(scheme)
        || scheme.starts_with("ms-")
        || scheme.ends_with("-ms")
        || (scheme.contains('+') && scheme.split('+').any(|part| known(part) || part == "file"))
}
