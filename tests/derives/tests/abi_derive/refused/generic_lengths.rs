//! Fixed-length lists whose length is a parameter, with a length that there is not.
use weft::list::{FixedLength, FixedLengthList};

#[derive(FixedLengthList)]
struct Row<T, const N: usize>([T; N]);

const FINE: usize = Row::<u8, 1>::LENGTH;
const ZERO: usize = Row::<u8, 0>::LENGTH;

fn main() {}
