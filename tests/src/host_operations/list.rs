//! Fixed-length lists of numbers.

use std::hint::black_box;

use weft::context::ContextValueRef;
use weft::host::limits::ExtensionLimits;
use weft::list::fixed_list_utils::{concatenate, slice, zero_filled};
use weft::list::{ElementType, FixedLengthList, FixedLengthListType};

super::operations! {
    /// Reads an element of a list.
    GET, "get", get;
    /// Replaces an element of a list.
    SET, "set", set;
    /// Reads all elements of a list, one after the other.
    ITERATE, "iterate over 16", iterate;
    /// Creates the type of a list, and drops it.
    NEW_TYPE, "new type", new_type;
    /// Fills a list, one element after the other.
    PUSH, "push 16", push;
    /// Creates a list from its elements.
    WITH_ELEMENTS, "with 16 elements", with_elements;
    /// Creates a list of zeros.
    ZERO_FILLED, "16 zeros", zeros;
    /// Joins two lists, and takes a slice of the result.
    CONCATENATE_AND_SLICE, "concatenate 8 and 8, slice 8", concatenate_and_slice;
}

/// The length of the lists.
const LENGTH: u32 = 16;

/// Returns the type of a list of numbers.
fn numbers<L: ExtensionLimits>(length: u32) -> FixedLengthListType<L::CompoundType> {
    FixedLengthListType::new(ElementType::U32, length).expect("a type")
}

/// Returns a list of the numbers from 0.
fn list_of<L: ExtensionLimits>(length: u32) -> FixedLengthList<L> {
    FixedLengthList::with_elements(numbers::<L>(length), 0..length).expect("a list")
}

fn get<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let list = list_of::<L>(LENGTH);
    Box::new(move || assert_eq!(black_box(&list).get_as::<u32>(7), Some(7)))
}

fn set<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut list = list_of::<L>(LENGTH);
    let mut number = 0_u32;
    Box::new(move || {
        number += 1;
        black_box(&mut list).set(7, number).expect("a place");
    })
}

fn iterate<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let list = list_of::<L>(LENGTH);
    Box::new(move || {
        let numbers = black_box(&list).iter().filter_map(ContextValueRef::get::<u32>);
        assert_eq!(numbers.sum::<u32>(), 120);
    })
}

fn new_type<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    Box::new(move || {
        black_box(numbers::<L>(LENGTH));
    })
}

fn push<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let ty = numbers::<L>(LENGTH);
    Box::new(move || {
        let mut list = FixedLengthList::<L>::new(ty.clone());
        for number in 0..black_box(LENGTH) {
            list.push(number).expect("a place");
        }
        assert!(black_box(&list).is_full());
    })
}

fn with_elements<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let ty = numbers::<L>(LENGTH);
    Box::new(move || {
        let list = FixedLengthList::<L>::with_elements(ty.clone(), 0..black_box(LENGTH));
        assert!(black_box(&list.expect("a list")).is_full());
    })
}

fn zeros<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    Box::new(move || {
        let list = zero_filled::<L>(ElementType::U32, black_box(LENGTH)).expect("a list");
        assert!(black_box(&list).is_full());
    })
}

fn concatenate_and_slice<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let half = list_of::<L>(LENGTH / 2);
    Box::new(move || {
        let whole = concatenate(&half, &half).expect("a list");
        assert!(slice(&whole, 8, 8).expect("a list") == half);
    })
}
