//! Types that Rust has and the Component Model has not, found where their layout is asked for.
use weft::abi::{Abi, ComponentType};

#[derive(ComponentType)]
struct Nothing {
    nothing: (),
}

type Large = [u64; 20_000_000];

#[derive(ComponentType)]
struct TooLarge {
    first: Large,
    second: Large,
}

#[derive(ComponentType)]
enum Case {
    TooLarge(Result<(Large, u8), (Large, Large)>),
}

const FIELD: Abi = Nothing::ABI;
const PART: Abi = <(u8, ())>::ABI;
const SOME: Abi = <Option<()>>::ABI;
const ELEMENT: Abi = <[(); 2]>::ABI;
const RECORD: Abi = TooLarge::ABI;
const PAYLOAD: Abi = Case::ABI;

fn main() {}
