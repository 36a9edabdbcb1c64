//! What `codegen` makes of the WIT of the guests.

#[rustfmt::skip]
pub(crate) mod echo;
#[rustfmt::skip]
pub(crate) mod held_source;
#[rustfmt::skip]
pub(crate) mod lists;
#[rustfmt::skip]
pub(crate) mod pipeline;
#[rustfmt::skip]
pub(crate) mod pipes;
#[rustfmt::skip]
pub(crate) mod resources;
#[rustfmt::skip]
pub(crate) mod server;
