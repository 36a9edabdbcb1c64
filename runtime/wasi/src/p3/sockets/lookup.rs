//! `wasi:sockets/ip-name-lookup` 0.3.

use std::string::String;
use std::vec::Vec;

use weft::binding::{HostAccess, OrTrap};

use crate::WasiCtx;
use crate::p3::bindings::sockets::wasi::sockets::ip_name_lookup::{ErrorCode, Host, IpAddress};
use crate::sockets::resolve;

impl Host for WasiCtx {
    async fn resolve_addresses(
        access: impl HostAccess<Self>,
        name: String,
    ) -> Result<Vec<IpAddress>, OrTrap<ErrorCode>> {
        let resolving = access.with_host(move |wasi| resolve(&wasi.sockets, &name)).await?;
        let addresses = resolving.map_err(ErrorCode::from)?.await.map_err(ErrorCode::from)?;
        Ok(addresses.into_iter().map(Into::into).collect())
    }
}
