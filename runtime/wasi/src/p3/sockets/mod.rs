//! `wasi:sockets` 0.3.

mod accepting;
mod conversions;
mod lookup;
mod tcp;
mod udp;

