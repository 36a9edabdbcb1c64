//! The expansions rely on no name of the place that they stand in.
#![deny(warnings)]
#![allow(non_camel_case_types, dead_code)]

struct Result;
struct Option;
struct Ok;
struct u8;
struct u32;
struct u64;
struct weft_;
trait Sized {}
trait Lift {}
trait Lower {}
trait ComponentType {}
mod core {}

#[derive(weft::abi::ComponentType, weft::abi::Lift, weft::abi::Lower)]
struct Record<WeftParameter> {
    r#type: bool,
    offset_0: char,
    values: WeftParameter,
}

#[derive(weft::abi::ComponentType, weft::abi::Lift, weft::abi::Lower)]
enum Variant {
    Some(bool),
    None,
}

#[derive(weft::abi::ComponentType, weft::abi::Lift, weft::abi::Lower)]
#[component(flags)]
struct Flags {
    bits: bool,
    r#self_: bool,
}

#[derive(weft::list::FixedLengthList)]
struct List([bool; 2]);

fn main() {}
