//! How much one image may hold.

/// Bounds of one image. They keep an archive that was made to exhaust a machine from doing so.
#[derive(Debug, Clone, Copy)]
pub struct ImageLimits {
    /// Layers.
    pub layers: usize,
    /// Bytes of one layer's archive, as it is served.
    pub archive: u64,
    /// Names at the end, and entries of one layer.
    pub names: usize,
    /// Bytes that are unpacked from all layers together.
    pub bytes: u64,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self {
            layers: 127,
            archive: 4 << 30,
            names: 200_000,
            bytes: 4 << 30,
        }
    }
}
