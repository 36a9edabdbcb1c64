//! WASI in a run: clocks that are virtual, random numbers that are always the same, and output that
//! is part of the outcome.

use std::task::{Context, Poll};
use std::time::Duration;

use weft_wasi::WasiCtxBuilder;
use weft_wasi::bytes::{ByteSink, BytesError, BytesErrorKind};
use weft_wasi::clocks::{MonotonicClock, Sleep, WallClock, WallTime};
use weft_wasi::random::RandomSource;

use crate::cut_text::CutText;
use crate::host_events::HostEvents;

/// The date and time at which a run begins: 2000-01-01, 0:00 UTC.
const BEGINNING: i64 = 946_684_800;

/// WASI. Needs the feature `wasi`.
impl HostEvents {
    /// Returns a builder of a context for guests of WASI that is the same in each run: their clocks
    /// are the virtual clock, and they sleep by it. Each run begins at 2000-01-01, 0:00 UTC. The
    /// random numbers are always the same ones. Output is [noted](Self::note): each write to the
    /// standard output or the standard error, at most 1 MiB to each.
    ///
    /// Output that is UTF-8 is noted as it is. A letter that is cut by two writes is part of the second
    /// note. A byte that is not UTF-8 is noted as `\xNN`, with two hexadecimal digits. In notes with
    /// such bytes, and in those that could be mistaken for them, each `\` is doubled.
    ///
    /// A guest that waits without sleeping gets on: see [`look_at_clock`](Self::look_at_clock). To
    /// begin a sleep is no look. To ask whether a sleep is over is one of that sleep.
    ///
    /// # Example
    ///
    /// ```
    /// # use weft::component::{Component, Linker};
    /// # use weft::engine::wasmi::Wasmi;
    /// use weft_wasi::WasiCtx;
    ///
    /// # let guest = wat::parse_str(r#"(component
    /// #     (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    /// #         (export "wait-for" (func async (param "how-long" u64)))))
    /// #     (core func $wait (canon lower (func $clock "wait-for")))
    /// #     (core module $Module
    /// #         (import "" "wait" (func $wait (param i64)))
    /// #         (func (export "sleep-an-hour") (call $wait (i64.const 3600000000000))))
    /// #     (core instance $module (instantiate $Module (with "" (instance
    /// #         (export "wait" (func $wait))))))
    /// #     (func (export "sleep-an-hour") async (canon lift (core func $module "sleep-an-hour"))))"#)?;
    /// let engine = Wasmi::default();
    /// let guest = Component::new(&engine, &guest)?;
    /// let mut linker = Linker::new();
    /// weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    ///
    /// let explored = weft_explore::explore(|explorer| {
    ///     let events = explorer.host_events();
    ///     let wasi = events.wasi().arg("app").build();
    ///     let mut store = explorer.store(&engine, wasi);
    ///     let instance = store.instantiate(&guest, &linker).unwrap();
    ///     let sleep = store.typed_function::<(), ()>(&instance, "sleep-an-hour").unwrap();
    ///     explorer.call(&mut store, &sleep, ()).unwrap();
    ///     events.now().as_secs()
    /// });
    /// assert_eq!(explored.only(), &3600);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wasi(&self) -> WasiCtxBuilder {
        let clock = || GuestClock(self.clone());
        let output =
            || NotedOutput { events: self.clone(), left: MAX_OUTPUT, cut: CutText::default() };
        WasiCtxBuilder::with_sources(clock(), clock(), SameNumbers(0))
            .stdout(output())
            .stderr(output())
    }
}

/// The largest number of bytes of output in the outcome of a run.
const MAX_OUTPUT: usize = 1 << 20;

/// Output that is part of the outcome. Further writes fail with a broken pipe.
struct NotedOutput {
    events: HostEvents,
    /// The number of bytes that it takes.
    left: usize,
    cut: CutText,
}

impl ByteSink for NotedOutput {
    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, BytesError>> {
        let Some(taken) = bytes.get(..bytes.len().min(self.left)).filter(|it| !it.is_empty())
        else {
            return Poll::Ready(Err(BytesErrorKind::BrokenPipe.into()));
        };
        self.left -= taken.len();
        match self.cut.add(taken) {
            Some(text) => self.events.note(text),
            // The order of writes makes a difference.
            None => self.events.touch_host(),
        }
        Poll::Ready(Ok(taken.len()))
    }
}

impl Drop for NotedOutput {
    fn drop(&mut self) {
        if let Some(text) = self.cut.finish() {
            self.events.note(text);
        }
    }
}

/// The virtual clock, as guests of WASI see it.
struct GuestClock(HostEvents);

impl GuestClock {
    fn sleep(&self, time: Duration) -> Sleep {
        if time.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        Box::pin(self.0.sleep_of_guest(time))
    }
}

impl MonotonicClock for GuestClock {
    fn now(&self) -> u64 {
        u64::try_from(self.0.look_at_clock().as_nanos()).unwrap_or(u64::MAX)
    }

    fn resolution(&self) -> u64 {
        1
    }

    fn sleep_until(&self, time: u64) -> Sleep {
        self.sleep(Duration::from_nanos(time).saturating_sub(self.0.now()))
    }

    fn sleep_for(&self, time: u64) -> Sleep {
        self.sleep(Duration::from_nanos(time))
    }
}

impl WallClock for GuestClock {
    fn now(&self) -> WallTime {
        let now = self.0.look_at_clock();
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let seconds = BEGINNING.saturating_add(seconds);
        WallTime { seconds, nanoseconds: now.subsec_nanos() }
    }

    fn resolution(&self) -> u64 {
        1
    }
}

/// Numbers that look random, and are the same in each run: those of `SplitMix64`.
struct SameNumbers(u64);

impl RandomSource for SameNumbers {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let number = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let number = number ^ (number >> 31);
            chunk.iter_mut().zip(number.to_le_bytes()).for_each(|(byte, next)| *byte = next);
        }
    }
}
