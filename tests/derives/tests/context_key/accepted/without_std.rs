//! A derive needs neither `std` nor `alloc` nor `unsafe`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

// Only what a program needs to start; the keys see none of it.
extern crate std as _;

use weft::context::{ContextKey, TypedContextKey};

/// A key.
#[derive(ContextKey)]
#[context_key(value = [u8; 16])]
pub struct Trace;

/// The keys of a driver.
pub mod driver {
    use weft::context::ContextKey;

    /// A set of keys.
    #[derive(Debug)]
    pub enum Keys {}

    /// A key in a set.
    #[derive(ContextKey, Debug)]
    #[context_key(value = &'static str, keys = Keys)]
    pub struct Bus;
}

const NAME: ContextKey<'static> = Trace::KEY;
const TRACE: <Trace as TypedContextKey>::Value = [0; 16];

fn main() {
    assert!(NAME.name() == "trace" && TRACE.len() == 16);
    assert!(driver::Bus::KEY.name() == "bus");
}
