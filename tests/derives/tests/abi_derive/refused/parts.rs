//! Parts whose types are no types of the Component Model.
use weft::abi::{ComponentType, Lift, Lower};

struct Mine;

#[derive(ComponentType, Lift, Lower)]
struct Record {
    fine: u8,
    missing: Mine,
}

fn main() {}
