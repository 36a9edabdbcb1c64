//! Random cases.
//!
//! Weft lowers the values into the memory from which they are then lifted. Malformed values are
//! made from them afterwards. If Weft lowers wrongly, the reference lifts other values.

use serde_json::{Value, json};
use weft::abi::{NanBits, Options, Peer, Resource, StringEncoding, Type, TypeList, Val};
use weft::builtin::TypeIndex;
use weft::core_value::IntegerType;

use crate::case::{Case, Destination, NUM_NANS, Side, Source, to_type};
use crate::guest::{Guest, Handles, THINGS, end, error_context};
use crate::random::Random;
use crate::typed;

/// Returns the endless sequence of cases of a seed.
pub fn cases(seed: u64) -> impl Iterator<Item = Case> {
    let mut random = Random::new(seed);
    std::iter::repeat_with(
        move || if random.one_in(6) { string(&mut random) } else { any(&mut random) },
    )
}

const SIMPLE: [&str; 14] = [
    "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
    "string",
];

const KEYS: [&str; 11] =
    ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "char", "string"];

fn random_type(random: &mut Random, depth: u32) -> Value {
    if depth == 0 || random.one_in(3) {
        return match random.below(24) {
            0 => json!(["own", random.below(2)]),
            1 => json!(["borrow", random.below(2)]),
            2 => json!(["stream", random.below(2)]),
            3 => json!(["future", random.below(2)]),
            4 => json!("error-context"),
            5 => {
                let labels = random.pick(&[1, 7, 8, 9, 16, 17, 31, 32]);
                json!(["flags", labels])
            }
            6 => json!(["enum", random.pick(&[1, 2, 3, 255, 256, 257])]),
            _ => json!(random.pick(&SIMPLE)),
        };
    }
    let inner = depth - 1;
    let several = |random: &mut Random, keyword: &str| {
        let count = if random.one_in(12) { random.below(20) + 1 } else { random.below(4) + 1 };
        let parts = (0..count).map(|_| random_type(random, inner));
        Value::Array(std::iter::once(json!(keyword)).chain(parts).collect())
    };
    let optional = |random: &mut Random| {
        if random.one_in(3) { Value::Null } else { random_type(random, inner) }
    };
    match random.below(10) {
        0 | 1 => json!(["list", random_type(random, inner)]),
        2 => {
            let length =
                if random.one_in(50) { 50 + random.below(3000) } else { 1 + random.below(5) };
            let simple = length > 49;
            json!(["list", random_type(random, if simple { 0 } else { inner }), length])
        }
        3 => json!(["map", random.pick(&KEYS), random_type(random, inner)]),
        4 => several(random, "record"),
        5 => several(random, "tuple"),
        6 => {
            let count = if random.one_in(20) { 255 + random.below(4) } else { 1 + random.below(5) };
            let cases = (0..count).map(|it| if it < 6 { optional(random) } else { Value::Null });
            Value::Array(
                std::iter::once(json!("variant")).chain(cases.collect::<Vec<_>>()).collect(),
            )
        }
        7 => json!(["option", random_type(random, inner)]),
        _ => json!(["result", optional(random), optional(random)]),
    }
}

fn character(random: &mut Random) -> char {
    let range = match random.below(8) {
        0..4 => 0..0x80,
        4 | 5 => 0x80..0x100,
        6 => 0x100..0x1_0000,
        _ => 0x1_0000..0x11_0000,
    };
    char::from_u32(range.start + random.below(range.end - range.start)).unwrap_or('\u{e000}')
}

/// Returns text of one kind, or of several.
fn text(random: &mut Random) -> String {
    let length = if random.one_in(12) { random.below(700) } else { random.below(9) };
    let limit = random.pick(&['\u{7f}', '\u{ff}', '\u{ffff}', char::MAX]);
    let mut text = String::new();
    for _ in 0..length {
        let character = character(random);
        text.push(if character > limit { 'x' } else { character });
    }
    text
}

fn random_val(random: &mut Random, ty: &Type) -> Val {
    let number = random.number();
    let bytes = number.to_le_bytes();
    let [low, ..] = bytes;
    match ty {
        Type::Bool => Val::Bool(random.one_in(2)),
        Type::S8 => Val::S8(low.cast_signed()),
        Type::U8 => Val::U8(low),
        Type::S16 => Val::S16(i16::from_le_bytes(*bytes.first_chunk().unwrap())),
        Type::U16 => Val::U16(u16::from_le_bytes(*bytes.first_chunk().unwrap())),
        Type::S32 => Val::S32(i32::from_le_bytes(*bytes.first_chunk().unwrap())),
        Type::U32 => Val::U32(u32::from_le_bytes(*bytes.first_chunk().unwrap())),
        Type::S64 => Val::S64(number.cast_signed()),
        Type::U64 => Val::U64(number),
        Type::F32 => Val::F32(f32::from_bits(random.pick(&[
            0,
            1,
            1 << 31,
            0x7f80_0000,
            0x7fc0_0000,
            0x3f80_0000,
            random_word(number),
        ]))),
        Type::F64 => Val::F64(f64::from_bits(random.pick(&[
            0,
            1,
            1 << 63,
            0x7ff0 << 48,
            0x7ff8 << 48,
            0x3ff0 << 48,
            number,
        ]))),
        Type::Char => Val::Char(character(random)),
        Type::String => Val::String(text(random).into()),
        Type::ErrorContext => Val::ErrorContext(error_context(random.index(THINGS))),
        Type::List(list) => {
            let count = match list.shape() {
                weft::abi::ListShape::FixedLength(length) => length,
                _ if random.one_in(10) => random.below(40),
                _ => random.below(4),
            };
            Val::list((0..count).map(|_| random_val(random, list.element())))
        }
        Type::Record(record) => {
            Val::record(record.fields().iter().map(|field| random_val(random, field.ty())))
        }
        Type::Variant(variant) => {
            let case = random.index(variant.cases().len());
            let payload = variant.cases()[case].payload();
            let payload = payload.map(|ty| Box::new(random_val(random, ty)));
            Val::Variant(u32::try_from(case).unwrap(), payload)
        }
        Type::Flags(flags) => Val::Flags(random.u32() & flags.mask()),
        Type::Own(ty) => Val::Own(resource(*ty, random)),
        Type::Borrow(ty) => Val::Borrow(resource(*ty, random)),
        Type::Stream(_) => Val::Stream(end(random.index(THINGS))),
        Type::Future(_) => Val::Future(end(random.index(THINGS))),
    }
}

fn resource(ty: TypeIndex, random: &mut Random) -> Resource {
    Resource { ty, representation: random.u32().into() }
}

fn random_word(number: u64) -> u32 {
    u32::from_le_bytes(*number.to_le_bytes().first_chunk().unwrap())
}

fn side(random: &mut Random, memory: Vec<u8>) -> Side {
    Side {
        addresses: random.pick(&[IntegerType::I32, IntegerType::I64]),
        encoding: random.pick(&[
            StringEncoding::Utf8,
            StringEncoding::Utf16,
            StringEncoding::Latin1Utf16,
        ]),
        memory,
        max_flat: random.pick(&[16, 16, 4, 1, 0]),
    }
}

fn destination(random: &mut Random, size: usize) -> Destination {
    let side = side(random, vec![0xcc; size]);
    let out_param = match random.below(4) {
        0 => random.number() & 0xffff_ffff,
        1 => u64::from(random.below(u32::try_from(size).unwrap() + 8)),
        _ => 0,
    };
    let behaviour = match random.below(16) {
        0 => "unaligned",
        1 => "beyond",
        2 => "far",
        3 => "trap",
        4..8 => "move",
        _ => "",
    };
    Destination {
        side,
        out_param: Some(out_param),
        realloc: (behaviour.into(), 1 + random.index(4)),
    }
}

/// Returns a case with any values, mostly well-formed.
fn any(random: &mut Random) -> Case {
    let depth = random.below(4);
    let count = if random.one_in(10) { random.below(20) } else { 1 + random.below(2) };
    // The reference refuses empty tuples.
    let types: Vec<Value> = if random.one_in(3) {
        typed::random_types(random)
    } else {
        (0..count.max(1)).map(|_| random_type(random, depth)).collect()
    };
    let list = TypeList::new(types.iter().map(to_type)).unwrap();
    let vals: Vec<Val> = list.types().map(|ty| random_val(random, ty)).collect();

    // If results overwrite one another, a NaN may be read as another value.
    let has_out_param = random.one_in(4);
    let mut side = side(random, Vec::new());
    let options = Options {
        address_type: side.addresses,
        string_encoding: side.encoding,
        peer: Peer::Host,
        nan: if has_out_param { NanBits::CANONICAL } else { NanBits::scrambled(random.u64()) },
    };
    let mut guest = Guest {
        options,
        memory: vec![0; 1 << 14],
        handles: Handles::default(),
        realloc: ("source".into(), 0),
        last: u64::from(random.below(40)),
        calls: Vec::new(),
        base: 0,
        unborn: Vec::new(),
    };
    let Ok(flat) = list.lower_flat_values(&mut guest, side.max_flat, &vals, None) else {
        // They need more memory than there is.
        return any(random);
    };
    let mut flat = flat.as_slice().to_vec();
    let used = usize::try_from(guest.last).unwrap();
    guest.memory.truncate(used.next_multiple_of(8));
    side.memory = guest.memory;

    if !has_out_param && random.one_in(2) {
        corrupt(random, &mut side.memory, &mut flat);
    }
    let size = if random.one_in(12) { used / 2 } else { 3 * used + 64 };
    let mut destination = destination(random, size.next_multiple_of(8));
    if !has_out_param {
        destination.out_param = None;
    }
    if side.addresses == IntegerType::I32 {
        // An engine passes only values of the right type.
        let wide = list.abi().narrow.flat;
        for (position, bits) in flat.iter_mut().enumerate() {
            let is_narrow = wide.exceed(side.max_flat)
                || !matches!(
                    wide.get(position),
                    Some(weft::core_value::CoreType::I64 | weft::core_value::CoreType::F64)
                );
            if is_narrow {
                *bits &= 0xffff_ffff;
            }
        }
    } else {
        let flat_types = list.abi().wide.flat;
        for (position, bits) in flat.iter_mut().enumerate() {
            let is_narrow = !flat_types.exceed(side.max_flat)
                && matches!(
                    flat_types.get(position),
                    Some(weft::core_value::CoreType::I32 | weft::core_value::CoreType::F32)
                );
            if is_narrow {
                *bits &= 0xffff_ffff;
            }
        }
    }
    let table = guest.handles.entries();
    let (nan, last) = (random.below(NUM_NANS), random_place(random, &side));
    Case { types, source: Source { side, flat, table }, destination, nan, last }
}

fn corrupt(random: &mut Random, memory: &mut Vec<u8>, flat: &mut [u64]) {
    for _ in 0..=random.below(2) {
        match random.below(4) {
            0 if !memory.is_empty() => memory.truncate(random.index(memory.len())),
            1 if !flat.is_empty() => {
                let place = random.index(flat.len());
                flat[place] = if random.one_in(2) {
                    random.number()
                } else {
                    flat[place].wrapping_add(random.number() % 9).wrapping_sub(4)
                };
            }
            _ if !memory.is_empty() => {
                let place = random.index(memory.len());
                memory[place] = match random.below(3) {
                    0 => random.pick(&[0, 1, 2, 0x7f, 0x80, 0xd8, 0xff]),
                    1 => memory[place] ^ (1 << random.below(8)),
                    _ => random.number().to_le_bytes()[0],
                };
            }
            _ => {}
        }
    }
}

/// Returns a case with a string of any code units, in any encoding; also UTF-16 that could be
/// Latin-1.
fn string(random: &mut Random) -> Case {
    let mut side = side(random, Vec::new());
    side.max_flat = 16;
    let text = text(random);
    let tag = match side.addresses {
        IntegerType::I32 => 1 << 31,
        IntegerType::I64 => 1 << 63,
    };
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let units = utf16.len() as u64 / 2;
    let (mut bytes, mut length) = match side.encoding {
        StringEncoding::Utf8 => (text.clone().into_bytes(), text.len() as u64),
        StringEncoding::Utf16 => (utf16, units),
        StringEncoding::Latin1Utf16 if random.one_in(2) => (utf16, units | tag),
        StringEncoding::Latin1Utf16 => {
            let latin1: Vec<u8> =
                text.chars().map(|it| u8::try_from(u32::from(it)).unwrap_or(b'?')).collect();
            let length = latin1.len() as u64;
            (latin1, length)
        }
    };
    if random.one_in(4) && !bytes.is_empty() {
        let place = random.index(bytes.len());
        bytes[place] = random.number().to_le_bytes()[0];
    }
    if random.one_in(8) {
        length = match random.below(3) {
            0 => length ^ tag,
            1 => length.wrapping_sub(1) & (tag | (tag - 1)),
            _ => random.number() & (tag | (tag - 1)),
        };
    }
    let address = if random.one_in(8) { random.below(9).into() } else { 8_u64 };
    side.memory = vec![b'.'; 8];
    side.memory.extend_from_slice(&bytes);
    let size = if random.one_in(12) { bytes.len() } else { 8 * bytes.len() + 64 };
    let mut destination = destination(random, size.next_multiple_of(8));
    destination.side.max_flat = 16;
    let source = Source { side, flat: vec![address, length], table: Vec::new() };
    let last = random_place(random, &source.side);
    Case { types: vec![json!("string")], source, destination, nan: 0, last }
}

/// Returns an address in a memory, or its end.
fn random_place(random: &mut Random, side: &Side) -> u64 {
    u64::from(random.below(u32::try_from(side.memory.len()).unwrap() + 1))
}
