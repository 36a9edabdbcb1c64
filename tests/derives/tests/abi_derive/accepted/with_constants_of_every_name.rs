//! The expansions bind no name that a constant of the user's may have, and need no prelude.
#![deny(warnings)]
#![no_implicit_prelude]
#![allow(
    dead_code,
    non_upper_case_globals,
    non_camel_case_types,
    reason = "the constants have the names of local variables, and no other use"
)]

const cx: u8 = 0;
const values: u8 = 0;
const bytes: u8 = 0;
const flat: u8 = 0;
const address: u8 = 0;
const offsets: u8 = 0;
const payload: u8 = 0;
const case: u8 = 0;
const variant: u8 = 0;
const bits: u8 = 0;
const parts: u8 = 0;
const group_0: u8 = 0;
const array: u8 = 0;
static it: u8 = 0;
struct value;

use ::core::prelude::v1::derive;

macro_rules! flags {
    ($name:ident, $ty:ty) => {
        #[derive(::weft::abi::ComponentType, ::weft::abi::Lift, ::weft::abi::Lower)]
        #[component(flags)]
        struct $name {
            a: $ty,
            b: ::core::primitive::bool,
        }
    };
}

flags!(Flags, bool);

#[derive(::weft::abi::ComponentType, ::weft::abi::Lift, ::weft::abi::Lower)]
struct Record<'weft> {
    a: &'weft str,
    b: ::core::option::Option<u8>,
}

#[derive(::weft::abi::ComponentType, ::weft::abi::Lift, ::weft::abi::Lower)]
struct Plain {
    a: u8,
    b: [u8; 3],
}

#[derive(::weft::abi::ComponentType, ::weft::abi::Lift, ::weft::abi::Lower)]
enum Variant<WeftParts> {
    A(WeftParts),
    B,
}

#[derive(::weft::abi::ComponentType, ::weft::abi::Lift, ::weft::abi::Lower)]
enum Enum {
    A,
    B,
}

type Row = [u8; 3];

#[derive(::weft::list::FixedLengthList)]
struct List([u8; 3]);

#[derive(::weft::list::FixedLengthList)]
struct ListOfAName(Row);

#[derive(::weft::list::FixedLengthList)]
struct Generic<T, const N: usize>([T; N]);

#[derive(::weft::context::ContextKey)]
#[context_key(value = u64)]
struct UserId;

enum Keys {}

#[derive(::weft::context::ContextKey)]
#[context_key(value = u64, keys = Keys)]
struct SessionId;

fn main() {}
