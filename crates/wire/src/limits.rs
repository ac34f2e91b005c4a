//! The bounds that hold before anything is trusted. Every one is checked while reading, not after.

/// How much one peer may ask of us. `Default` is the set that every front uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message without its line end (16 MiB). Values above 1 GiB count as 1 GiB.
    pub max_message: usize,
    /// Containers inside each other (64). Values above [`Limits::DEPTH_CAP`] count as that.
    pub max_depth: usize,
    /// Keys of all objects that are open at the same time (131,072); each costs 16 bytes while open.
    pub max_keys: usize,
    /// Bytes of a number as written (1,100): enough for any double, too few to hurt a parser.
    pub max_number: usize,
    /// Bytes of a string used as a request id or progress token, as written (256).
    pub max_id: usize,
    /// Bytes of a method name (128).
    pub max_method: usize,
    /// Requests waiting for an answer, in each direction (4,096).
    pub max_in_flight: usize,
}

impl Limits {
    /// The reader recurses, so depth has a ceiling that no configuration raises.
    pub const DEPTH_CAP: usize = 256;
    const MESSAGE_CAP: usize = 1 << 30;

    pub(crate) fn message(&self) -> usize {
        self.max_message.min(Self::MESSAGE_CAP)
    }

    pub(crate) fn depth(&self) -> usize {
        self.max_depth.min(Self::DEPTH_CAP)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message: 16 << 20,
            max_depth: 64,
            max_keys: 1 << 17,
            max_number: 1_100,
            max_id: 256,
            max_method: 128,
            max_in_flight: 4_096,
        }
    }
}
