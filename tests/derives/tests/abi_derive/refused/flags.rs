//! Flags that there are not.
use weft::abi::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lift, Lower)]
#[component(flags)]
struct TooMany {
    f1: bool,
    f2: bool,
    f3: bool,
    f4: bool,
    f5: bool,
    f6: bool,
    f7: bool,
    f8: bool,
    f9: bool,
    f10: bool,
    f11: bool,
    f12: bool,
    f13: bool,
    f14: bool,
    f15: bool,
    f16: bool,
    f17: bool,
    f18: bool,
    f19: bool,
    f20: bool,
    f21: bool,
    f22: bool,
    f23: bool,
    f24: bool,
    f25: bool,
    f26: bool,
    f27: bool,
    f28: bool,
    f29: bool,
    f30: bool,
    f31: bool,
    f32: bool,
    f33: bool,
}

#[derive(ComponentType, Lift, Lower)]
#[component(flags)]
struct NotTruthValues {
    a: u8,
    b: bool,
}

#[derive(ComponentType, Lift, Lower)]
#[component(flags)]
struct WithoutNames(bool, bool);

type Alias = bool;

#[derive(ComponentType, Lift, Lower)]
#[component(flags)]
struct ByAnotherName {
    a: Alias,
}

macro_rules! flags {
    ($name:ident, $ty:ty) => {
        #[derive(ComponentType, Lift, Lower)]
        #[component(flags)]
        struct $name {
            a: $ty,
        }
    };
}

flags!(FromAMacro, bool);
flags!(WrongFromAMacro, u8);

fn main() {}
