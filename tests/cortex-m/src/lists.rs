//! Fixed-length lists: filling them, changing them, and making them from others.

use weft_core::context::ContextValueRef;
use weft_core::error::Error;
use weft_core::limits::Table;
use weft_core::list::fixed_list_utils::{concatenate, from_range, zero_filled};
use weft_core::list::{ElementType, FixedLengthList, FixedLengthListType, ListError};

use crate::board::{Board, Wrong, expect};

pub(crate) fn play() -> Result<(), Wrong> {
    let pair = FixedLengthListType::new(ElementType::U16, 2)?;
    expect(pair.size_in_bytes() == 4, "two numbers of two bytes have four")?;
    let mut list = FixedLengthList::<Board>::new(pair);
    list.push(10_u16)?;
    expect(!list.is_full() && list.remaining() == 1, "another element is to come")?;
    let refused = list.push("ten");
    expect(matches!(refused, Err(ListError::Element { .. })), "an element has the list's type")?;
    list.push(20_u16)?;
    expect(list.push(30_u16) == Err(ListError::Full { length: 2 }), "the list is full")?;
    list.set(0, 0_u16)?;
    list.set(1, 1_u16)?;
    expect(list == from_range(ElementType::U16, 0, 2)?, "its elements are a range")?;

    let both = concatenate(&list, &zero_filled(ElementType::U16, 2)?)?;
    let sum: u16 = both.iter().filter_map(ContextValueRef::get::<u16>).sum();
    expect(both.count() == 4 && sum == 1, "both lists are in it")?;
    let refused = concatenate(&both, &list);
    let full = ListError::Error(Error::Full(Table::ListElements));
    expect(refused == Err(full), "there is no room for six elements")
}
