//! The network of one program.

use std::sync::Arc;

use super::permissions::Permissions;

/// The data of `wasi:sockets` for a guest.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    pub(crate) permissions: Arc<Permissions>,
    pub(crate) allows_lookup: bool,
}
