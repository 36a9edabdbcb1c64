//! The one host of `tests/peers` that is counted.

#[allow(clippy::pedantic, clippy::panic, unreachable_pub, reason = "not of this workspace")]
#[path = "../../peers/src/hosts/weft/mod.rs"]
pub(crate) mod weft;

/// Does a case a number of times.
pub(crate) type Operation = Box<dyn FnMut(u32)>;
