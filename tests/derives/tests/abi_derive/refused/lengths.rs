//! Fixed-length lists that there are not.
use weft::list::FixedLengthList;

const NONE: usize = 0;

#[derive(FixedLengthList)]
struct Zero([u8; 0]);

#[derive(FixedLengthList)]
struct NamedZero([u8; NONE]);

#[derive(FixedLengthList)]
struct TooLarge([u64; 40_000_000]);

#[derive(FixedLengthList)]
struct TooLong([u8; 300_000_000]);

#[derive(FixedLengthList)]
struct NotAnArray(Vec<u8>);

#[derive(FixedLengthList)]
struct TwoFields([u8; 2], u8);

#[derive(FixedLengthList)]
struct Named {
    array: [u8; 2],
}

#[derive(FixedLengthList)]
enum Choice {
    A,
}

type Empty = [u8; 0];

#[derive(FixedLengthList)]
struct AliasOfZero(Empty);

type NoArray = u8;

#[derive(FixedLengthList)]
struct AliasOfANumber(NoArray);

struct Mine;

#[derive(FixedLengthList)]
struct OfElements([Mine; 2]);

fn main() {}
