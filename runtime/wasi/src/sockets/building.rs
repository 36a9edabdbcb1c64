//! Methods of the builder for the network.

use std::boxed::Box;
use std::net::SocketAddr;
use std::sync::Arc;

use super::pattern::AddressPattern;
use super::permissions::{Others, Permissions, SocketAddrUse};
use crate::WasiCtxBuilder;

/// The network. By default, a guest has none.
///
/// An address may be used if it is in one of the lists, or if
/// [`inherit_network`](Self::inherit_network) or [`socket_addr_check`](Self::socket_addr_check)
/// allows it.
impl WasiCtxBuilder {
    /// Allows all addresses, for TCP and UDP.
    pub fn inherit_network(mut self) -> Self {
        self.permissions().others = Others::Allowed;
        self
    }

    /// Sets a function that allows single addresses. It is called each time that an address is
    /// used, and the guest waits for its answer.
    ///
    /// ```
    /// use weft_wasi::WasiCtx;
    /// use weft_wasi::sockets::SocketAddrUse;
    ///
    /// let wasi = WasiCtx::builder()
    ///     .socket_addr_check(|address, reason| async move {
    ///         // The port that a client connects from is the system's choice.
    ///         let is_implicit = address.ip().is_unspecified() && address.port() == 0;
    ///         match reason {
    ///             SocketAddrUse::TcpBind => is_implicit,
    ///             SocketAddrUse::TcpConnect => address.port() == 443,
    ///             _ => false,
    ///         }
    ///     })
    ///     .build();
    /// ```
    pub fn socket_addr_check<F>(
        mut self,
        check: impl Fn(SocketAddr, SocketAddrUse) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let ask = move |address, reason| Box::pin(check(address, reason)) as _;
        self.permissions().others = Others::Asked(Arc::new(ask));
        self
    }

    /// Allows or forbids TCP. It is allowed by default, but no address is.
    pub fn allow_tcp(mut self, enable: bool) -> Self {
        self.permissions().tcp = enable;
        self
    }

    /// Allows or forbids UDP. It is allowed by default, but no address is.
    pub fn allow_udp(mut self, enable: bool) -> Self {
        self.permissions().udp = enable;
        self
    }

    /// Allows or forbids the look-up of names. It is forbidden by default.
    pub fn allow_ip_name_lookup(mut self, enable: bool) -> Self {
        self.context.sockets.allows_lookup = enable;
        self
    }

    /// Allows TCP connections to addresses.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use weft_wasi::WasiCtx;
    ///
    /// let wasi = WasiCtx::builder().allow_tcp_connect([SocketAddr::from(([127, 0, 0, 1], 8080))]);
    /// ```
    pub fn allow_tcp_connect(
        mut self,
        addresses: impl IntoIterator<Item = impl Into<AddressPattern>>,
    ) -> Self {
        self.permissions().tcp_connect.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Allows TCP sockets to be bound to local addresses, to listen there, and to accept
    /// connections from all addresses. Port 0 is a port that the system chooses.
    pub fn allow_tcp_bind(
        mut self,
        addresses: impl IntoIterator<Item = impl Into<AddressPattern>>,
    ) -> Self {
        self.permissions().tcp_bind.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Allows datagrams to and from addresses by UDP. A UDP socket may then also be bound to a port
    /// that the system chooses.
    pub fn allow_udp_send(
        mut self,
        addresses: impl IntoIterator<Item = impl Into<AddressPattern>>,
    ) -> Self {
        self.permissions().udp_send.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Allows UDP sockets to be bound to local addresses, and to receive from all addresses there.
    /// To answer, a guest also needs [`allow_udp_send`](Self::allow_udp_send).
    pub fn allow_udp_bind(
        mut self,
        addresses: impl IntoIterator<Item = impl Into<AddressPattern>>,
    ) -> Self {
        self.permissions().udp_bind.extend(addresses.into_iter().map(Into::into));
        self
    }

    fn permissions(&mut self) -> &mut Permissions {
        Arc::make_mut(&mut self.context.sockets.permissions)
    }
}
