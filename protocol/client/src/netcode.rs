//! Parts of the netcode, to be switched off by whoever wants to feel what they do.

/// Which parts of the netcode are on; all are, unless somebody wants to feel what one of them does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Netcode {
    /// Own rows are drawn ahead of what the server has told.
    pub prediction: bool,
    /// The server's word corrects them.
    pub reconciliation: bool,
    /// Corrections are smoothed away.
    pub smoothing: bool,
    /// Others are drawn between snapshots.
    pub interpolation: bool,
}

impl Default for Netcode {
    fn default() -> Netcode {
        Netcode { prediction: true, reconciliation: true, smoothing: true, interpolation: true }
    }
}
