//! The interfaces of WASI 0.2 in Rust, generated from its WIT.

#[rustfmt::skip]
pub mod cli;
#[rustfmt::skip]
pub mod clocks;
#[cfg(feature = "filesystem")]
#[rustfmt::skip]
pub mod filesystem;
#[rustfmt::skip]
pub mod io;
#[rustfmt::skip]
pub mod random;
#[rustfmt::skip]
pub mod run;
#[cfg(feature = "http")]
#[rustfmt::skip]
pub mod http;
#[cfg(feature = "http")]
#[rustfmt::skip]
pub mod incoming_handler;
#[cfg(feature = "sockets")]
#[rustfmt::skip]
pub mod sockets;
