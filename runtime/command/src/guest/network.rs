//! The options for network permissions of guests.

use clap::Args;
use weft_wasi::WasiCtxBuilder;
use weft_wasi::sockets::AddressPattern;

/// The network permissions of a guest.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Network permissions")]
pub(crate) struct NetworkArguments {
    /// Allow TCP connections to an address: `127.0.0.1:80`, `10.0.0.0/8` at any port, `*:443`, `*`.
    #[arg(long, value_name = "ADDRESS")]
    tcp: Vec<AddressPattern>,
    /// Allow listening for TCP connections at a local address.
    #[arg(long, value_name = "ADDRESS")]
    tcp_listen: Vec<AddressPattern>,
    /// Allow sending by UDP to an address, and receiving from it.
    #[arg(long, value_name = "ADDRESS")]
    udp: Vec<AddressPattern>,
    /// Allow receiving by UDP at a local address, from anywhere.
    #[arg(long, value_name = "ADDRESS")]
    udp_bind: Vec<AddressPattern>,
    /// Allow looking up the addresses of names.
    #[arg(long)]
    lookup: bool,
    /// Allow outgoing HTTP requests (`wasi:http`), to anywhere.
    #[arg(long)]
    outgoing_http: bool,
    /// Allow all of these, to anywhere.
    #[arg(long)]
    inherit_network: bool,
}

impl NetworkArguments {
    /// Adds the permissions to the builder of a guest's context.
    pub(super) fn give(&self, builder: WasiCtxBuilder) -> WasiCtxBuilder {
        let builder = builder
            .allow_tcp_connect(self.tcp.iter().copied())
            .allow_tcp_bind(self.tcp_listen.iter().copied())
            .allow_udp_send(self.udp.iter().copied())
            .allow_udp_bind(self.udp_bind.iter().copied())
            .allow_ip_name_lookup(self.lookup || self.inherit_network);
        let builder = if self.inherit_network { builder.inherit_network() } else { builder };
        if self.outgoing_http || self.inherit_network {
            builder.allow_outgoing_http()
        } else {
            builder
        }
    }
}
