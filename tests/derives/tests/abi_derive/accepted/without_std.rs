//! The derives need neither `std` nor `alloc` nor `unsafe`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

// Only what a program needs to start; the types see none of it.
extern crate std as _;

use weft::abi::{ComponentType, Lift, LiftedList, Lower};
use weft::list::FixedLengthList;

/// A measurement.
#[derive(ComponentType, Lift)]
pub struct Sample<'a> {
    /// The place.
    pub sensor: &'a str,
    /// The values.
    pub values: LiftedList<'a, (u16, Unit)>,
}

/// In what.
#[derive(ComponentType, Lift, Lower)]
pub enum Unit {
    /// Temperature.
    Kelvin,
    /// Anything.
    Other(u32),
}

/// Which of them are there.
#[derive(ComponentType, Lift, Lower)]
#[component(flags)]
pub struct Present {
    /// The first.
    pub first: bool,
    /// The second.
    pub second: bool,
}

/// Three of them.
#[derive(FixedLengthList)]
pub struct Axes(pub [f32; 3]);

fn main() {
    assert!(Sample::ABI.narrow.size == 16 && Axes::ABI.narrow.size == 12);
    assert!(Present::INLINE && Unit::INLINE && !Sample::INLINE);
}
