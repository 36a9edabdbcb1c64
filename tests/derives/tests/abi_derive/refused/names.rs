//! Names that WIT does not allow, and unknown options: all errors of an item at once.
use weft::abi::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lift, Lower)]
struct Names {
    #[component(name = "Two-words")]
    a: u8,
    #[component(name = "")]
    b: u8,
    #[component(name = "x", name = "y")]
    c: u8,
    _1: u8,
    same: u8,
    #[component(name = "same")]
    other: u8,
    #[component(rename = "z")]
    d: u8,
    #[component(name = 5)]
    e: u8,
}

#[derive(ComponentType, Lift, Lower)]
#[component(flags)]
enum NotFlags {
    #[component(name = "b")]
    A,
    B,
}

fn main() {}
