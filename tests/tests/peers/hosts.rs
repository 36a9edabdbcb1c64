//! The one host of `tests/peers` that is counted.

#[allow(clippy::pedantic, clippy::panic, unreachable_pub, reason = "not of this workspace")]
#[path = "../../peers/src/hosts/weft/mod.rs"]
pub(crate) mod weft;

/// Does what a case says so many times.
pub(crate) type Operation = Box<dyn FnMut(u32)>;
