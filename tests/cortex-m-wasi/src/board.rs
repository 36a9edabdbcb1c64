//! The devices of the board: a tick, simple randomness, and an output.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::task::{Context, Poll, Waker};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use semihosting::print;
use spin::Mutex;
use weft_wasi::bytes::{ByteSink, BytesError};
use weft_wasi::clocks::{MonotonicClock, Sleep, WallClock, WallTime};
use weft_wasi::random::RandomSource;

/// The number of ticks of the board's clock in a millisecond.
const TICKS: u32 = 25_000;
const MILLISECOND: u64 = 1_000_000;

/// Milliseconds since the start. They wrap after 49 days.
static NOW: AtomicU32 = AtomicU32::new(0);

#[cortex_m_rt::exception]
fn SysTick() {
    NOW.fetch_add(1, Relaxed);
}

/// Starts the clock.
pub fn start_clock(mut timer: SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(TICKS - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
}

/// The board's clock. It has no date.
#[derive(Clone, Default)]
pub struct Clock {
    sleeping: Arc<Mutex<Vec<Waker>>>,
}

impl Clock {
    fn time() -> u64 {
        u64::from(NOW.load(Relaxed)) * MILLISECOND
    }

    /// Wakes the sleeping tasks, which check the time. The main loop calls this after a tick.
    pub fn wake(&self) {
        let sleeping = core::mem::take(&mut *self.sleeping.lock());
        sleeping.into_iter().for_each(Waker::wake);
    }
}

impl WallClock for Clock {
    fn now(&self) -> WallTime {
        WallTime { seconds: i64::from(NOW.load(Relaxed) / 1000), nanoseconds: 0 }
    }

    fn resolution(&self) -> u64 {
        1000 * MILLISECOND
    }
}

impl MonotonicClock for Clock {
    fn now(&self) -> u64 {
        Self::time()
    }

    fn resolution(&self) -> u64 {
        MILLISECOND
    }

    fn sleep_until(&self, time: u64) -> Sleep {
        let sleeping = self.sleeping.clone();
        Box::pin(poll_fn(move |context| {
            if Self::time() >= time {
                return Poll::Ready(());
            }
            sleeping.lock().push(context.waker().clone());
            Poll::Pending
        }))
    }
}

/// Numbers that look random. A board with a random generator would use that instead.
pub struct Dice(pub u32);

impl RandomSource for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = self.0.to_be_bytes()[0];
        }
    }
}

/// An output that a debugger shows.
pub struct Semihosting;

impl ByteSink for Semihosting {
    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, BytesError>> {
        print!("{}", String::from_utf8_lossy(bytes));
        Poll::Ready(Ok(bytes.len()))
    }
}
