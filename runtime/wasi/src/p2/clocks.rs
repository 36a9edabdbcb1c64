//! `wasi:clocks` 0.2.

use alloc::sync::Arc;

use weft::binding::Own;

use super::bindings::clocks::wasi::clocks::{monotonic_clock, timezone, wall_clock};
use super::io::Pollable;
use crate::WasiCtx;

impl monotonic_clock::Host for WasiCtx {
    fn now(&mut self) -> u64 {
        self.clocks.monotonic.now()
    }

    fn resolution(&mut self) -> u64 {
        self.clocks.monotonic.resolution()
    }

    fn subscribe_instant(&mut self, when: u64) -> Own<Pollable> {
        let clock = Arc::clone(&self.clocks.monotonic);
        // The timer starts here, not when the guest begins to wait.
        let sleep = clock.sleep_until(when);
        Own::new(Pollable::of_future(sleep))
    }

    fn subscribe_duration(&mut self, when: u64) -> Own<Pollable> {
        let sleep = self.clocks.monotonic.sleep_for(when);
        Own::new(Pollable::of_future(sleep))
    }
}

impl wall_clock::Host for WasiCtx {
    fn now(&mut self) -> wall_clock::Datetime {
        let now = self.clocks.wall.now();
        // This version has no times before 1970.
        match u64::try_from(now.seconds) {
            Ok(seconds) => wall_clock::Datetime { seconds, nanoseconds: now.nanoseconds },
            Err(_) => wall_clock::Datetime { seconds: 0, nanoseconds: 0 },
        }
    }

    fn resolution(&mut self) -> wall_clock::Datetime {
        let nanoseconds = self.clocks.wall.resolution();
        wall_clock::Datetime {
            seconds: nanoseconds / 1_000_000_000,
            nanoseconds: u32::try_from(nanoseconds % 1_000_000_000).unwrap_or_default(),
        }
    }
}

/// The time zone of a guest is UTC, whatever that of the host is.
impl timezone::Host for WasiCtx {
    fn display(&mut self, _: wall_clock::Datetime) -> timezone::TimezoneDisplay {
        timezone::TimezoneDisplay {
            utc_offset: 0,
            name: "UTC".into(),
            in_daylight_saving_time: false,
        }
    }

    fn utc_offset(&mut self, _: wall_clock::Datetime) -> i32 {
        0
    }
}
