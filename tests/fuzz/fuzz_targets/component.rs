//! Arbitrary bytes as a component: an error, a trap or a result, in bounded time and memory.

#![no_main]

use std::cell::LazyCell;

use libfuzzer_sys::fuzz_target;
use weft_tests::hostile::Hostile;

thread_local! {
    static HOSTILE: LazyCell<Hostile> = LazyCell::new(Hostile::default);
}

fuzz_target!(|bytes: &[u8]| {
    HOSTILE.with(|hostile| hostile.attempt(bytes));
});
