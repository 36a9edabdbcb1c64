//! The resource `network`.

/// The resource `network`. It allows nothing by itself: the addresses that a guest may use are those
/// that its context allows.
#[derive(Clone, Copy, Debug)]
pub struct Network;
