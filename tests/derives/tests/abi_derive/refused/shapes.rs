//! Items that are no types of the Component Model.
use weft::abi::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lift, Lower)]
struct Nothing;

#[derive(ComponentType, Lift, Lower)]
struct NoFields {}

#[derive(ComponentType, Lift, Lower)]
enum NoCases {}

#[derive(ComponentType, Lift, Lower)]
union Overlaid {
    a: u32,
    b: f32,
}

#[derive(ComponentType, Lift, Lower)]
enum Payloads {
    Two(u8, u8),
    Named { x: u8 },
    Empty(),
}

#[derive(ComponentType, Lift, Lower)]
struct TwoMemories<'a, 'b> {
    a: &'a str,
    b: &'b str,
}

fn main() {}
