//! The network of a program that is built.

use std::boxed::Box;
use std::net::SocketAddr;
use std::sync::Arc;

use super::pattern::AddressPattern;
use super::permissions::{Others, Permissions, SocketAddrUse};
use crate::WasiCtxBuilder;

/// The network. Without these a guest has none.
///
/// An address may be used if one of the lists has it, or if the host said so by
/// [`inherit_network`](Self::inherit_network) or [`socket_addr_check`](Self::socket_addr_check).
impl WasiCtxBuilder {
    /// Allows all addresses, for TCP and UDP.
    pub fn inherit_network(mut self) -> Self {
        self.permissions().others = Others::Allowed;
        self
    }

    /// Sets a function that allows addresses, one by one. It is asked each time that one is to be
    /// used. The guest waits until it answers.
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

    /// Allows TCP or not. It is allowed if this isn't called, but then no address is yet.
    pub fn allow_tcp(mut self, enable: bool) -> Self {
        self.permissions().tcp = enable;
        self
    }

    /// Allows UDP or not. It is allowed if this isn't called, but then no address is yet.
    pub fn allow_udp(mut self, enable: bool) -> Self {
        self.permissions().udp = enable;
        self
    }

    /// Allows the look-up of names or not. It is not allowed if this isn't called.
    pub fn allow_ip_name_lookup(mut self, enable: bool) -> Self {
        self.context.sockets.allows_lookup = enable;
        self
    }

    /// Allows to connect to addresses by TCP.
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

    /// Allows to bind TCP sockets to local addresses, to listen there, and to accept connections from
    /// anywhere. A port 0 is one that the system chooses.
    pub fn allow_tcp_bind(
        mut self,
        addresses: impl IntoIterator<Item = impl Into<AddressPattern>>,
    ) -> Self {
        self.permissions().tcp_bind.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Allows to send to addresses by UDP, and to receive from them. So it allows to bind UDP sockets to
    /// a port that the system chooses, too.
    pub fn allow_udp_send(
        mut self,
        addresses: impl IntoIterator<Item = impl Into<AddressPattern>>,
    ) -> Self {
        self.permissions().udp_send.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Allows to bind UDP sockets to local addresses, and to receive from anywhere there. To answer, a
    /// guest needs [`allow_udp_send`](Self::allow_udp_send).
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
