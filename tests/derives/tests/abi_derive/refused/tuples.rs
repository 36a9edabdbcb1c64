//! Tuples that are not valid.
use weft::abi::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lift, Lower)]
#[component(tuple)]
struct WithNames {
    #[component(name = "first")]
    f0: u8,
}

#[derive(ComponentType, Lift, Lower)]
#[component(tuple, flags)]
struct Both {
    f0: bool,
}

#[derive(ComponentType, Lift, Lower)]
#[component(tuple)]
struct Empty {}

#[derive(ComponentType, Lift, Lower)]
#[component(tuple)]
enum Cases {
    A,
    B,
}

fn main() {}
