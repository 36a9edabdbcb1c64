//! Elements of streams and futures in guests' buffers.

use weft_core::abi::{LiftContext, LowerFailure, Options, StringEncoding, Type, Val};
use weft_core::core_value::IntegerType;
use weft_core::error::Failure;
use weft_core::trap::{CopyDirection, Trap};

use crate::dynamic::guest::{Guest, OPTIONS};

type Failed = Box<dyn std::error::Error>;

#[test]
fn elements_are_read_back_as_they_were_written() -> Result<(), Failed> {
    let pair = Type::tuple([Type::U8, Type::String])?;
    let vals = [("a", 1), ("", 2), ("ccc", 255)]
        .map(|(text, number)| Val::record([Val::U8(number), Val::from(text)]));
    let mut guest = Guest::new(256);
    pair.store_elements(&mut guest, &vals, 8)?;
    // They lie one after the other, each as large as its type. The texts are at the addresses of
    // `realloc`.
    assert_eq!(guest.memory[8..16], [1, 0xcc, 0xcc, 0xcc, 64, 0, 0, 0]);
    assert_eq!(guest.memory[16..20], [1, 0, 0, 0]);
    assert_eq!((guest.memory[20], guest.memory[32]), (2, 255));
    assert_eq!(guest.memory[44..48], [0xcc; 4]);
    let mut cx = LiftContext::new(&guest.memory, OPTIONS);
    assert_eq!(pair.load_elements(&mut cx, 8, 3)?, vals);
    assert_eq!(pair.load_elements(&mut cx, 20, 1)?, [vals[1].clone()]);
    assert_eq!(pair.load_elements(&mut cx, 0, 0)?, []);
    Ok(())
}

#[test]
fn elements_have_the_size_for_the_width_of_addresses() -> Result<(), Failed> {
    let mut memory = [0; 64];
    memory[24] = 48;
    memory[32] = 2;
    memory[48..50].copy_from_slice(b"ok");
    let options = Options::new(IntegerType::I64, StringEncoding::Utf8);
    let mut cx = LiftContext::new(&memory, options);
    let loaded = Type::String.load_elements(&mut cx, 8, 2)?;
    assert_eq!(loaded, [Val::from(""), Val::from("ok")]);
    Ok(())
}

#[test]
fn a_buffer_is_aligned_and_in_its_memory() {
    let mut guest = Guest::new(64);
    let misplaced = |direction, address| match address {
        2 => Trap::BufferUnaligned { copy_direction: direction },
        _ => Trap::BufferOutOfBounds { copy_direction: direction },
    };
    for (address, count) in [(2, 1), (56, 3), (68, 1), (u64::MAX - 3, 1)] {
        let vals = vec![Val::U32(7); count];
        let stored = Type::U32.store_elements(&mut guest, &vals, address);
        let trap = Failure::Trap(misplaced(CopyDirection::Read, address));
        assert_eq!(stored, Err(LowerFailure::Failure(trap)), "{address}");
        assert_eq!(guest.memory, [0xcc; 64]);
        let mut cx = LiftContext::new(&guest.memory, OPTIONS);
        let loaded = Type::U32.load_elements(&mut cx, address, u32::try_from(count).unwrap());
        let trap = Failure::Trap(misplaced(CopyDirection::Write, address));
        assert_eq!(loaded, Err(trap), "{address}");
    }
    let mut cx = LiftContext::new(&guest.memory, OPTIONS);
    assert!(Type::U32.load_elements(&mut cx, 0, u32::MAX).is_err());
    assert_eq!(Type::U32.load_elements(&mut cx, 60, 1), Ok(vec![Val::U32(0xcccc_cccc)]));
}

#[test]
fn nothing_is_written_if_an_element_has_another_type() {
    let mut guest = Guest::new(64);
    let vals = [Val::from("a"), Val::from("b"), Val::Char('c')];
    let stored = Type::String.store_elements(&mut guest, &vals, 8);
    let Err(LowerFailure::Mismatch(mismatch)) = stored else { panic!("{stored:?}") };
    assert_eq!(mismatch.to_string(), "at [2]: expected string, found a char");
    assert_eq!(guest.memory, [0xcc; 64]);
    assert_eq!(guest.last, 64);
}

#[test]
fn an_element_that_is_malformed_traps() {
    let mut cx = LiftContext::new(&[1, 0, 0, 0, 0, 0xd8, 0, 0], OPTIONS);
    let loaded = Type::Char.load_elements(&mut cx, 0, 2);
    assert_eq!(loaded, Err(Trap::InvalidChar.into()));
}
