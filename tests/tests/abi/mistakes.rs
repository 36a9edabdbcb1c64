//! Cases for the two known mistakes of the reference.
//!
//! `reference/abi.py` corrects both: it has an exact `align_to`, and the tag of UTF-16 in the
//! destination's position. These cases agree only because of that.

use serde_json::json;
use weft::abi::StringEncoding;
use weft::core_value::IntegerType;

use crate::case::{Case, Destination, Side, Source};

fn side(addresses: IntegerType, encoding: StringEncoding, memory: &[u8]) -> Side {
    Side { addresses, encoding, memory: memory.to_vec(), max_flat: 16 }
}

fn case(ty: serde_json::Value, source: Side, flat: [u64; 2], destination: Side) -> Case {
    Case {
        types: vec![ty],
        source: Source { side: source, flat: flat.to_vec(), table: Vec::new() },
        destination: Destination {
            side: destination,
            out_param: None,
            realloc: (String::new(), 0),
        },
        nan: 0,
        last: 0,
    }
}

/// Returns addresses that division of floats takes for unaligned although they are aligned, and one
/// that is unaligned.
pub fn of_align_to() -> impl Iterator<Item = (Case, &'static str)> {
    let wide = || side(IntegerType::I64, StringEncoding::Utf8, &[0; 16]);
    [
        (json!("string"), (1 << 53) + 1, "string-out-of-bounds"),
        (json!(["list", "u64"]), (1 << 63) + 8, "list-out-of-bounds"),
        (json!(["list", "u64"]), (1 << 63) + 4, "pointer-unaligned"),
    ]
    .into_iter()
    .map(move |(ty, address, rule)| (case(ty, wide(), [address, 1], wide()), rule))
}

/// Returns strings in UTF-16 and in Latin-1, for all pairs of widths, with the length that arrives.
pub fn of_the_tag() -> impl Iterator<Item = (Case, u64)> {
    let latin1_utf16 = StringEncoding::Latin1Utf16;
    let widths = [(IntegerType::I32, 1 << 31), (IntegerType::I64, 1 << 63)];
    let pairs = widths.into_iter().flat_map(move |from| widths.map(|to| (from, to)));
    pairs.flat_map(move |((from, from_tag), (to, to_tag))| {
        [(from_tag, to_tag), (0, 0)].map(|(tag, arrives)| {
            let source = side(from, latin1_utf16, b"\xac\x20A\0");
            let destination = side(to, latin1_utf16, &[0xcc; 64]);
            (case(json!("string"), source, [0, 2 | tag], destination), 2 | arrives)
        })
    })
}
