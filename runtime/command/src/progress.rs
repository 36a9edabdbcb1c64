//! A sign of life where something takes long.

use std::time::Duration;

use indicatif::ProgressBar;

/// The number of bytes from which on work on a file is shown: less is done at once.
const LARGE: usize = 2 << 20;

/// A line on standard error that says what is done, while that is done. It is only shown at a
/// terminal, and is gone afterwards.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Begins to show work on so many bytes.
    pub(crate) fn of_bytes(doing: &str, bytes: usize) -> Self {
        let bar = if bytes < LARGE { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        Self::begin(bar, doing)
    }

    /// Begins to show work that consists of so many steps.
    pub(crate) fn of_steps(doing: &str, steps: usize) -> Self {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let bar = if steps < 2 { ProgressBar::hidden() } else { ProgressBar::new(steps) };
        Self::begin(bar, doing)
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

    /// Prints while the line stays below.
    pub(crate) fn around<R>(&self, print: impl FnOnce() -> R) -> R {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
