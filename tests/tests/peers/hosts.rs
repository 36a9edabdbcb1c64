//! The only host of `tests/peers` whose allocations are counted.

#[allow(clippy::pedantic, clippy::panic, unreachable_pub, reason = "not of this workspace")]
#[path = "../../peers/src/hosts/weft/mod.rs"]
pub(crate) mod weft;

/// A function that runs a case a number of times.
pub(crate) type Operation = Box<dyn FnMut(u32)>;
