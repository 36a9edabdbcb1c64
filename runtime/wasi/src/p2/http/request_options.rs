//! The resource `request-options`.

use spin::Mutex;

use crate::http::RequestOptions as Options;

/// The resource `request-options`.
#[derive(Debug, Default)]
pub struct RequestOptions(Mutex<Options>);

impl RequestOptions {
    pub(super) fn get(&self) -> Options {
        *self.0.lock()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Options)) {
        change(&mut self.0.lock());
    }
}
