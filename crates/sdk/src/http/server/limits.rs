//! How much the world may ask of an HTTP server.

use std::time::Duration;

/// The bounds of the HTTP side. `Default` is the set that a server has unless its author says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpLimits {
    /// Bytes of a request's body (4 MiB); more is refused with 413 before it is read.
    pub max_body: usize,
    /// Bytes of all header names and values (16 KiB); more is refused with 431.
    pub max_headers: usize,
    /// Connections at the same time (16,384); more wait until one is closed.
    pub max_connections: usize,
    /// Event streams at the same time (16,384); more are refused with 503.
    pub max_streams: usize,
    /// Legacy sessions at the same time (16,384); more are refused with 503.
    pub max_sessions: usize,
    /// How long a legacy session lives without a request or an open stream (30 minutes).
    pub session_idle: Duration,
    /// How long a connection may take for the headers of a request, and stay idle between two (60 seconds).
    pub header_time: Duration,
    /// How long the body of a request may take (30 seconds).
    pub body_time: Duration,
    /// How long a peer may read nothing of what is written to it (30 seconds).
    pub stall_time: Duration,
    /// How long a stream is silent before a comment keeps it alive (20 seconds).
    pub keep_alive: Duration,
    /// Messages that wait for one stream (64); a handler waits when there are more.
    pub max_queued: usize,
    /// Events that a legacy session keeps for clients that reconnect (256).
    pub replay_events: usize,
    /// Bytes of these events (1 MiB).
    pub replay_bytes: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            max_body: 4 << 20,
            max_headers: 16 << 10,
            max_connections: 1 << 14,
            max_streams: 1 << 14,
            max_sessions: 1 << 14,
            session_idle: Duration::from_secs(30 * 60),
            header_time: Duration::from_secs(60),
            body_time: Duration::from_secs(30),
            stall_time: Duration::from_secs(30),
            keep_alive: Duration::from_secs(20),
            max_queued: 64,
            replay_events: 256,
            replay_bytes: 1 << 20,
        }
    }
}
