//! Processor time, which depends less on other load of the machine, and memory.

use std::fs::read_to_string;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Returns the processor time of this thread.
pub fn thread_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

/// Returns the processor time of all threads of this process together.
pub fn process_time() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("nanoseconds"))
}

/// Returns the resident memory of this process in bytes, on Linux.
pub fn resident() -> Option<u64> {
    status("VmRSS:")
}

/// Returns the largest resident memory of this process so far, in bytes, on Linux.
pub fn peak_resident() -> Option<u64> {
    status("VmHWM:")
}

fn status(name: &str) -> Option<u64> {
    let status = read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
