//! The functions of `wasi:sockets` 0.2.

mod conversions;
mod datagrams;
mod lookup;
mod network;
mod tcp;
mod udp;
