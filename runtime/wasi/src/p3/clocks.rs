//! `wasi:clocks` 0.3.

use alloc::string::String;

use weft::binding::{HostAccess, HostError};

use super::bindings::clocks::wasi::clocks::{monotonic_clock, system_clock, timezone};
use crate::WasiCtx;

impl monotonic_clock::Host for WasiCtx {
    fn now(&mut self) -> u64 {
        self.clocks.monotonic.now()
    }

    fn get_resolution(&mut self) -> u64 {
        self.clocks.monotonic.resolution()
    }

    async fn wait_until(access: impl HostAccess<Self>, when: u64) -> Result<(), HostError> {
        let sleep = access.with_host(move |wasi| wasi.clocks.monotonic.sleep_until(when)).await?;
        sleep.await;
        Ok(())
    }

    async fn wait_for(access: impl HostAccess<Self>, how_long: u64) -> Result<(), HostError> {
        let sleep = access.with_host(move |wasi| wasi.clocks.monotonic.sleep_for(how_long)).await?;
        sleep.await;
        Ok(())
    }
}

impl system_clock::Host for WasiCtx {
    fn now(&mut self) -> system_clock::Instant {
        let now = self.clocks.wall.now();
        system_clock::Instant { seconds: now.seconds, nanoseconds: now.nanoseconds }
    }

    fn get_resolution(&mut self) -> u64 {
        self.clocks.wall.resolution()
    }
}

/// The time zone of a guest is UTC, whatever that of the host is.
impl timezone::Host for WasiCtx {
    fn iana_id(&mut self) -> Option<String> {
        Some("Etc/UTC".into())
    }

    fn utc_offset(&mut self, _: system_clock::Instant) -> Option<i64> {
        Some(0)
    }

    fn to_debug_string(&mut self) -> String {
        "UTC".into()
    }
}
