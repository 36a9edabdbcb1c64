//! The resource `network`.

/// The resource `network`. It allows nothing by itself: the guest's context says which addresses
/// the guest may use.
#[derive(Clone, Copy, Debug)]
pub struct Network;
