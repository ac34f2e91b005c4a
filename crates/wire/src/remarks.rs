//! What is worth recording about a message that is acceptable all the same.

/// Observations of one message; none of them makes it invalid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remarks {
    /// A key `__proto__`, `constructor` or `prototype`, at any depth: dangerous to careless JavaScript peers.
    pub prototype_key: bool,
    /// An escaped control character in a string: forges lines where it is logged unescaped.
    pub escaped_control: bool,
    /// An escaped NUL in a string value: ends the text early for peers written in C.
    pub escaped_nul: bool,
    /// An integer written with more than 15 characters: JavaScript peers may round it.
    pub large_integer: bool,
    /// The request id is beyond ±2^53: a JavaScript peer answers another id.
    pub unsafe_id: bool,
}
