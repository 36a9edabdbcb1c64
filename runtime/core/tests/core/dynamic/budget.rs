//! A guest with little memory can't make the host use much.

use std::collections::BTreeMap;

use weft_core::abi::{
    CoreValueIter, Lift, LiftContext, Options, StringEncoding, Type, TypeList, Val,
    lift_flat_values,
};
use weft_core::core_value::IntegerType;
use weft_core::error::{AbiError, Error, Failure};

use crate::dynamic::guest::OPTIONS;

type Failed = Box<dyn std::error::Error>;

const TOO_LARGE: Failure = Failure::Error(Error::Abi(AbiError::LiftedTooLarge));

/// The number of entries of each list of a bomb.
const COUNT: u32 = 1 << 14;

/// The list at address 0 with that many entries.
const FLAT: [u64; 2] = [0, COUNT as u64];

/// Returns two lists of lists. Every element of the first is the second, and every element of
/// that is as many bytes as half the memory. All of it would be 2⁴⁵ bytes. Each byte is a
/// character, too.
fn bomb() -> Vec<u8> {
    let half = COUNT * 8;
    let mut memory = Vec::new();
    for (address, length) in [(half, COUNT), (0, half)] {
        for _ in 0..COUNT {
            memory.extend(address.to_le_bytes());
            memory.extend(length.to_le_bytes());
        }
    }
    memory
}

/// Returns a list of lists that are all the same and have elements of eight bytes.
fn flat_bomb() -> Vec<u8> {
    let mut memory = Vec::new();
    for _ in 0..COUNT {
        memory.extend(0_u32.to_le_bytes());
        memory.extend(COUNT.to_le_bytes());
    }
    memory
}

fn lift<'a, T: Lift<'a>>(memory: &'a [u8]) -> Result<T, Failure> {
    let mut cx = LiftContext::new(memory, OPTIONS);
    lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(&FLAT))
}

#[test]
fn a_small_memory_of_huge_values_is_an_error() -> Result<(), Failed> {
    let memory = bomb();
    let byte_lists = Type::list(Type::list(Type::U8)?)?;
    let pairs = Type::list(Type::list(Type::tuple([Type::U8, Type::U8])?)?)?;
    for ty in [Type::list(byte_lists)?, Type::list(pairs)?] {
        let list = TypeList::new([ty])?;
        let mut cx = LiftContext::new(&memory, OPTIONS);
        let mut values = CoreValueIter::new(&FLAT);
        assert_eq!(list.lift_flat_values(&mut cx, 16, &mut values), Err(TOO_LARGE));
    }
    Ok(())
}

#[test]
fn a_small_memory_of_huge_strings_is_an_error() -> Result<(), Failed> {
    let memory = flat_bomb();
    assert!(memory.is_ascii());
    let list = TypeList::new([Type::list(Type::String)?])?;
    for encoding in [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::Latin1Utf16] {
        let options = Options::new(IntegerType::I32, encoding);
        let mut cx = LiftContext::new(&memory, options).with_budget(1 << 22);
        let mut values = CoreValueIter::new(&FLAT);
        assert_eq!(list.lift_flat_values(&mut cx, 16, &mut values), Err(TOO_LARGE));
    }
    Ok(())
}

#[test]
fn rust_types_have_the_same_budget() {
    let (memory, flat) = (bomb(), flat_bomb());
    assert_eq!(lift::<Vec<Vec<Vec<u8>>>>(&memory), Err(TOO_LARGE));
    assert_eq!(lift::<Vec<Vec<Vec<Box<u8>>>>>(&memory), Err(TOO_LARGE));
    assert_eq!(lift::<Vec<Vec<String>>>(&memory).unwrap_err(), TOO_LARGE);
    assert_eq!(lift::<Vec<BTreeMap<u32, u32>>>(&flat), Err(TOO_LARGE));
    assert_eq!(lift::<Vec<Vec<u64>>>(&flat), Err(TOO_LARGE));
    // A value that borrows the memory takes nothing from the budget.
    assert_eq!(lift::<Vec<&[u8]>>(&flat).map(|it| it.len()), Ok(COUNT as usize));
}

#[cfg(feature = "std")]
#[test]
fn a_hash_map_has_the_same_budget() {
    use std::collections::HashMap;
    assert_eq!(lift::<Vec<HashMap<u32, u32>>>(&flat_bomb()), Err(TOO_LARGE));
}

#[test]
fn a_value_takes_its_own_size_from_the_budget() -> Result<(), Failed> {
    let size = u64::try_from(size_of::<Val>())?;
    let memory = [4, 0, 0, 0, 3, 0, 0, 0];
    for (ty, flat, bytes) in [
        (Type::U8, vec![1], 0),
        (Type::String, vec![0, 5], 5),
        (Type::list(Type::U8)?, vec![0, 8], 8 * size),
        (Type::tuple([Type::U8, Type::U8])?, vec![1, 2], 2 * size),
        (Type::option(Type::U8)?, vec![0, 0], 0),
        (Type::option(Type::U8)?, vec![1, 7], size),
        // One string, of the three bytes from 4 on.
        (Type::list(Type::String)?, vec![0, 1], size + 3),
        (Type::fixed_length_list(Type::U8, 2)?, vec![1, 2], 2 * size),
    ] {
        let list = TypeList::new([ty.clone()])?;
        let lift = |budget| {
            let mut cx = LiftContext::new(&memory, OPTIONS).with_budget(budget);
            let mut values = CoreValueIter::new(&flat);
            list.lift_flat_values(&mut cx, 16, &mut values).map(|_| cx.budget)
        };
        // The list of the parameters is one more value.
        assert_eq!(lift(bytes + size), Ok(0), "{ty}");
        assert_eq!(lift(bytes + size - 1), Err(TOO_LARGE), "{ty}");
        assert_eq!(lift(u64::MAX), Ok(u64::MAX - bytes - size), "{ty}");
    }
    Ok(())
}

#[test]
fn there_is_a_budget_by_default() {
    assert_eq!(LiftContext::new(&[], OPTIONS).budget, 128 << 20);
    assert_eq!(LiftContext::with_handles(&[], OPTIONS, ()).budget, LiftContext::DEFAULT_BUDGET);
}
