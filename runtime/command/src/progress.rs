//! Progress of long work.

use std::time::Duration;

use indicatif::ProgressBar;

/// The size in bytes of a file from which on progress is shown. Smaller files take no time.
const LARGE: usize = 2 << 20;

/// A line on standard error about the current work. It is shown only at a terminal, and disappears
/// afterwards.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows work on this many bytes.
    pub(crate) fn of_bytes(doing: &str, bytes: usize) -> Self {
        let bar = if bytes < LARGE { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        Self::begin(bar, doing)
    }

    /// Shows work in this many steps.
    pub(crate) fn of_steps(doing: &str, steps: usize) -> Self {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let bar = if steps < 2 { ProgressBar::hidden() } else { ProgressBar::new(steps) };
        Self::begin(bar, doing)
    }

    /// Shows work whose steps are not known before.
    pub(crate) fn of_runs(doing: &str) -> Self {
        Self::begin(ProgressBar::new_spinner(), doing)
    }

    /// Shows the state of the work.
    pub(crate) fn tell(&self, state: String) {
        self.0.set_message(state);
    }

    fn begin(bar: ProgressBar, doing: &str) -> Self {
        bar.set_message(doing.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Shows that one more step is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// Prints while the line stays at the bottom.
    pub(crate) fn around<R>(&self, print: impl FnOnce() -> R) -> R {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
