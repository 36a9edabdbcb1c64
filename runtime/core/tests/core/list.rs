//! Fixed-length lists of types that are known at run time: in arrays, and, with `alloc`, in
//! memory that grows and of any type.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

use weft_core::context::{ContextValue, ContextValueRef, ContextValueType, IntoContextValue};
use weft_core::error::{Error, ExtensionError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::{Storage as _, Table};
use weft_core::list::fixed_list_utils::{
    concatenate, from_range, repeat_element, slice, zero_filled,
};
use weft_core::list::{
    CompoundType, ElementType, ExtendedValueType, FixedLengthList, FixedLengthListType,
    FixedLengthListTypeRegistry, ListError,
};

weft_core::limits! {
    /// Lists of up to a hundred elements, and texts of four bytes.
    struct Bounded { ..MachineSizes::NONE }
    extensions { text_bytes: 4, list_elements: 100, list_types: 2 }
}

/// Returns the error of a list with one byte more than the longest, in memories of both widths.
fn too_large<C: CompoundType>(element: ElementType<C>, length: u32) -> ListError<C> {
    ListError::TooLarge { element, length, bytes: 1 << 28 }
}

macro_rules! on_each_storage {
    ($($name:ident),* $(,)?) => {
        mod bounded {
            $(#[test]
            fn $name() {
                super::$name::<super::Bounded>();
            })*
        }

        #[cfg(feature = "alloc")]
        mod heap {
            $(#[test]
            fn $name() {
                super::$name::<weft_core::limits::Heap>();
            })*
        }
    };
}

on_each_storage! {
    a_type_is_validated_and_knows_its_size,
    every_scalar_is_laid_out_as_the_abi_says,
    a_list_is_filled_up_to_its_length,
    an_element_of_another_type_is_refused_and_changes_nothing,
    values_come_back_with_all_their_bits,
    elements_are_returned_as_the_types_that_view_them,
    a_list_of_an_immutable_type_is_filled_and_then_stays,
    every_scalar_has_a_zero_and_can_be_repeated,
    ranges_are_of_any_type_of_numbers_and_exact,
    invalid_ranges_are_refused,
    lists_are_joined_and_cut,
    lists_that_do_not_fit_together_are_not_joined,
    a_slice_is_within_its_list,
    a_copy_is_a_list_of_its_own,
    a_registry_has_one_index_for_one_type,
    an_extended_type_is_a_type_or_one_by_its_index,
}

type Scalar<L> = ElementType<<L as ExtensionLimits>::CompoundType>;

fn scalars<C>() -> [ElementType<C>; 13] {
    [
        ElementType::Bool,
        ElementType::S8,
        ElementType::U8,
        ElementType::S16,
        ElementType::U16,
        ElementType::S32,
        ElementType::U32,
        ElementType::S64,
        ElementType::U64,
        ElementType::F32,
        ElementType::F64,
        ElementType::Char,
        ElementType::String,
    ]
}

fn list_type<C: CompoundType>(element: ElementType<C>, length: u32) -> FixedLengthListType<C> {
    FixedLengthListType::new(element, length).unwrap()
}

fn a_type_is_validated_and_knows_its_size<L: ExtensionLimits>() {
    let ty = list_type(Scalar::<L>::U16, 5);
    assert_eq!((ty.size_in_bytes(), ty.length(), ty.is_mutable()), (10, 5, true));
    assert_eq!((ty.element_type(), ty.to_string().as_str()), (&ElementType::U16, "list<u16, 5>"));
    let new = FixedLengthListType::<L::CompoundType>::new;
    assert_eq!(new(ElementType::U8, 0), Err(ListError::NoLength));
    assert_eq!(new(ElementType::U64, 1 << 25), Err(too_large(ElementType::U64, 1 << 25)));
    assert!(new(ElementType::U64, (1 << 25) - 1).is_ok());
    let ty = FixedLengthListType::<L::CompoundType>::new_immutable(ElementType::U8, 1).unwrap();
    assert!(!ty.is_mutable());
    let immutable = FixedLengthListType::<L::CompoundType>::new_immutable;
    assert_eq!(immutable(ElementType::U8, 0), Err(ListError::NoLength));
    assert_eq!(immutable(ElementType::U64, 1 << 25), Err(too_large(ElementType::U64, 1 << 25)));
    assert_ne!(ty, list_type(ElementType::U8, 1));
}

fn every_scalar_is_laid_out_as_the_abi_says<L: ExtensionLimits>() {
    let sizes = scalars::<L::CompoundType>().map(|it| list_type(it, 3).size_in_bytes());
    assert_eq!(sizes, [3, 3, 3, 6, 6, 12, 12, 24, 24, 12, 24, 12, 24]);
    let text = list_type(Scalar::<L>::String, 3).abi();
    assert_eq!((text.wide.size, text.narrow.alignment, text.wide.alignment), (48, 4, 8));
    let names = scalars::<L::CompoundType>().map(|it| it.to_string()).join(" ");
    assert_eq!(names, "bool s8 u8 s16 u16 s32 u32 s64 u64 f32 f64 char string");
}

fn a_list_is_filled_up_to_its_length<L: ExtensionLimits>() {
    let ty = list_type(Scalar::<L>::U8, 2);
    let mut list = FixedLengthList::<L>::new(ty.clone());
    assert_eq!((list.is_full(), list.remaining(), list.length()), (false, 2, 2));
    assert_eq!(list.get(0), None);
    list.push(1_u8).unwrap();
    assert_eq!(list.set(1, 9_u8), Err(ListError::NoElement { index: 1, count: 1 }));
    assert_eq!(
        list.try_clone().unwrap().into_elements().map(|it| it.len()),
        Err(ListError::NotFull { count: 1, length: 2 })
    );
    list.push(2_u8).unwrap();
    assert!(list.is_full());
    assert_eq!(list.push(3_u8), Err(ListError::Full { length: 2 }));
    assert_eq!(list.set(0, 7_u8), Ok(1_u8.into()));
    let elements: Vec<_> = list.iter().filter_map(ContextValueRef::get::<u8>).collect();
    assert_eq!((elements, list.iter().len()), (vec![7, 2], 2));
    let two = FixedLengthList::<L>::with_elements(ty.clone(), [7_u8, 2]);
    assert_eq!(two, Ok(list));
    let three = FixedLengthList::<L>::with_elements(ty, [1_u8, 2, 3]);
    assert_eq!(three, Err(ListError::Full { length: 2 }));
}

fn an_element_of_another_type_is_refused_and_changes_nothing<L: ExtensionLimits>() {
    let values: [(&str, ContextValue<L>); 14] = [
        ("a bool", true.into()),
        ("an s8", 1_i8.into()),
        ("a u8", 1_u8.into()),
        ("an s16", 1_i16.into()),
        ("a u16", 1_u16.into()),
        ("an s32", 1_i32.into()),
        ("a u32", 1_u32.into()),
        ("an s64", 1_i64.into()),
        ("a u64", 1_u64.into()),
        ("an f32", 1_f32.into()),
        ("an f64", 1_f64.into()),
        ("a char", 'a'.into()),
        ("a string", ContextValue::from_component_value("a").unwrap()),
        ("bytes", ContextValue::from_bytes(&[]).unwrap()),
    ];
    for (ty, (right, value)) in scalars::<L::CompoundType>().into_iter().zip(&values) {
        let mut list = FixedLengthList::<L>::new(list_type(ty.clone(), 2));
        list.push(value.clone()).unwrap();
        for (found, other) in values.iter().filter(|(found, _)| found != right) {
            let refused = ListError::Element { expected: ty.clone(), found };
            assert_eq!(list.push(other.clone()), Err(refused.clone()));
            assert_eq!(list.set(0, other.clone()), Err(refused));
        }
        assert_eq!((list.count(), list.get(0)), (1, Some(value.as_ref())));
    }
    let mut list = FixedLengthList::<L>::new(list_type(ElementType::U8, 2));
    let refused = list.push(true).unwrap_err();
    assert_eq!(refused.to_string(), "expected an element of type `u8`, and found a bool");
}

/// Returns values at the limits of each type, and some between.
fn extremes<L: ExtensionLimits>() -> Vec<(Scalar<L>, Vec<ContextValue<L>>)> {
    fn of<L: ExtensionLimits, V: IntoContextValue<L>>(
        ty: Scalar<L>,
        values: impl IntoIterator<Item = V>,
    ) -> (Scalar<L>, Vec<ContextValue<L>>) {
        (ty, values.into_iter().map(|it| it.into_context_value().unwrap()).collect())
    }
    let singles = [0, 1 << 31, 0x7fc0_0000, 0x7f80_0001, 0xffff_ffff, 0x7f80_0000, 1];
    let doubles = [0, 1 << 63, 0x7ff8 << 48, 0x7ff0_0000_0000_0001, u64::MAX, 0x7ff0 << 48, 1];
    vec![
        of(ElementType::Bool, [true, false]),
        of(ElementType::S8, [i8::MIN, -1, 0, 1, i8::MAX]),
        of(ElementType::U8, [0, 1, 127, 128, u8::MAX]),
        of(ElementType::S16, [i16::MIN, -1, 0, 1, i16::MAX]),
        of(ElementType::U16, [0, 1, 0x7fff, 0x8000, u16::MAX]),
        of(ElementType::S32, [i32::MIN, -1, 0, 1, i32::MAX]),
        of(ElementType::U32, [0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX]),
        of(ElementType::S64, [i64::MIN, -1, 0, 1, i64::MAX]),
        of(ElementType::U64, [0, 1, u64::MAX / 2, u64::MAX / 2 + 1, u64::MAX]),
        of(ElementType::F32, singles.map(f32::from_bits)),
        of(ElementType::F64, doubles.map(f64::from_bits)),
        of(ElementType::Char, ['\0', 'a', '\u{d7ff}', '\u{e000}', char::MAX]),
        of(ElementType::String, ["", "a", "äö", "four"]),
    ]
}

/// Returns a text that distinguishes all values, also NaNs.
fn exact<L: ExtensionLimits>(value: ContextValueRef<'_, L>) -> String {
    match value {
        ContextValueRef::F32(value) => format!("{:#x}", value.to_bits()),
        ContextValueRef::F64(value) => format!("{:#x}", value.to_bits()),
        value => format!("{value:?}"),
    }
}

fn values_come_back_with_all_their_bits<L: ExtensionLimits>() {
    for (ty, values) in extremes::<L>() {
        let expected: Vec<_> = values.iter().map(|it| exact(it.as_ref())).collect();
        let read = |list: &FixedLengthList<L>| list.iter().map(exact).collect::<Vec<_>>();
        let length = u32::try_from(values.len()).unwrap();
        let ty = list_type(ty, length);
        let mut list = FixedLengthList::<L>::with_elements(ty.clone(), values.clone()).unwrap();
        assert_eq!(read(&list), expected, "{ty}");
        let copy = FixedLengthList::with_elements(ty.clone(), list.iter()).unwrap();
        assert_eq!((read(&copy), copy == list), (expected.clone(), true), "{ty}");
        assert_eq!(read(&list.try_clone().unwrap()), expected, "{ty}");
        assert_eq!(read(&slice(&list, 0, length).unwrap()), expected, "{ty}");
        let both = concatenate(&list, &list).unwrap();
        assert_eq!(read(&both), [&expected[..], &expected].concat(), "{ty}");

        let set = |(index, value): (usize, &ContextValue<L>)| list.set(index, value.clone());
        let old: Vec<_> = values.iter().rev().enumerate().map(set).collect();
        let old = old.into_iter().map(|it| exact(it.unwrap().as_ref()));
        assert_eq!(old.collect::<Vec<_>>(), expected, "{ty}");
        let reversed: Vec<_> = expected.iter().rev().cloned().collect();
        assert_eq!(read(&list), reversed, "{ty}");
        for values in [list.to_vec().unwrap(), list.into_elements().unwrap()] {
            let values = (0..values.len()).map(|it| exact(values.get(it).unwrap().as_ref()));
            assert_eq!(values.collect::<Vec<_>>(), reversed, "{ty}");
        }
    }
}

/// A type that the host defines, and that is stored as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Meters(u16);

impl<L: ExtensionLimits> IntoContextValue<L> for Meters {
    fn into_context_value(self) -> Result<ContextValue<L>, Error> {
        self.0.into_context_value()
    }
}

impl<L: ExtensionLimits> ContextValueType<L> for Meters {
    type View<'a> = Self;

    fn view(value: ContextValueRef<'_, L>) -> Option<Self> {
        value.get::<u16>().map(Self)
    }
}

fn elements_are_returned_as_the_types_that_view_them<L: ExtensionLimits>() {
    let lengths = FixedLengthList::<L>::with_elements(
        list_type(ElementType::U16, 2),
        [Meters(1), Meters(u16::MAX)],
    );
    let lengths = lengths.unwrap();
    assert_eq!(lengths.get_as::<Meters>(1), Some(Meters(u16::MAX)));
    assert_eq!((lengths.get_as::<u16>(0), lengths.get_as::<i16>(0)), (Some(1), None));
    assert_eq!((lengths.get_as::<Meters>(2), lengths.get_as::<&str>(0)), (None, None));

    let texts = repeat_element::<L>(ElementType::String, "four", 2).unwrap();
    let text: Option<&str> = texts.iter().last().and_then(ContextValueRef::get::<&str>);
    assert_eq!((text, texts.get(0)), (Some("four"), Some("four".into())));
    assert_eq!(texts.get_as::<Meters>(0), None);
}

fn a_list_of_an_immutable_type_is_filled_and_then_stays<L: ExtensionLimits>() {
    let ty = FixedLengthListType::new_immutable(Scalar::<L>::Char, 2).unwrap();
    let mut list = FixedLengthList::<L>::new(ty);
    list.push('a').unwrap();
    assert_eq!(list.set(0, 'x'), Err(ListError::Immutable), "not while it is filled, either");
    list.push('b').unwrap();
    assert_eq!(list.set(0, 'x'), Err(ListError::Immutable));
    assert_eq!(list.get_as::<char>(0), Some('a'));
    assert!(!slice(&list, 1, 1).unwrap().list_type().is_mutable());
    let other = repeat_element::<L>(ElementType::Char, 'c', 1).unwrap();
    assert!(!concatenate(&other, &list).unwrap().list_type().is_mutable());
}

fn every_scalar_has_a_zero_and_can_be_repeated<L: ExtensionLimits>() {
    for ty in scalars::<L::CompoundType>() {
        let zeros = zero_filled::<L>(ty.clone(), 3).unwrap();
        assert!(zeros.is_full());
        let zero = zeros.get(2).unwrap();
        assert_eq!(repeat_element::<L>(ty, zero, 3), Ok(zeros));
    }
    let texts = zero_filled::<L>(ElementType::String, 2).unwrap();
    assert_eq!(texts.get_as::<&str>(1), Some(""));
    assert!(repeat_element::<L>(ElementType::U8, 9_u16, 2).is_err());
    assert_eq!(zero_filled::<L>(ElementType::U8, 0), Err(ListError::NoLength));
    assert_eq!(
        zero_filled::<L>(ElementType::U8, 1 << 28),
        Err(too_large(ElementType::U8, 1 << 28))
    );
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are those that a float has exactly")]
fn ranges_are_of_any_type_of_numbers_and_exact<L: ExtensionLimits>() {
    for ty in scalars::<L::CompoundType>().into_iter().skip(1).take(11) {
        let list = from_range::<L>(ty, 0, 100).unwrap();
        assert_eq!((list.length(), list.count()), (100, 100));
    }
    for start in [-(1 << 24), -4097, -1, 4095, (1 << 24) - 1] {
        let list = from_range::<L>(ElementType::F32, start, start + 1).unwrap();
        assert_eq!(list.get_as::<f32>(0), Some(start as f32));
    }
    for start in [-(1 << 53), -(1 << 32) - 1, -1, (1 << 32) + 5, (1 << 53) - 1] {
        let list = from_range::<L>(ElementType::F64, start, start + 1).unwrap();
        assert_eq!(list.get_as::<f64>(0), Some(start as f64));
    }
    let letters = from_range::<L>(ElementType::Char, 97, 99).unwrap();
    assert_eq!((letters.get_as::<char>(0), letters.get_as::<char>(1)), (Some('a'), Some('b')));
    let below = from_range::<L>(ElementType::S8, -128, -126).unwrap();
    assert_eq!((below.get_as::<i8>(0), below.get_as::<i8>(1)), (Some(-128), Some(-127)));
}

fn invalid_ranges_are_refused<L: ExtensionLimits>() {
    for (ty, start, end) in [
        (ElementType::U8, 250, 257),
        (ElementType::U8, -1, 1),
        (ElementType::U8, 5, 5),
        (ElementType::U8, 5, 4),
        (ElementType::F32, 1 << 25, 1 << 25 | 1),
        (ElementType::Char, 0xdfff, 0xe001),
        (ElementType::Bool, 0, 2),
        (ElementType::String, 0, 2),
        (ElementType::U64, i64::MIN, i64::MAX),
    ] {
        let refused = from_range::<L>(ty.clone(), start, end).unwrap_err();
        let text = format!(
            "expected a range of one or more numbers, all of type `{ty}`, and found {start}..{end}"
        );
        assert_eq!(refused.to_string(), text);
        assert_eq!(refused, ListError::NoRange { element: ty, start, end });
    }
}

fn lists_are_joined_and_cut<L: ExtensionLimits>() {
    let a = from_range::<L>(ElementType::U8, 0, 3).unwrap();
    let b = repeat_element(ElementType::U8, 9_u8, 2).unwrap();
    let both = concatenate(&a, &b).unwrap();
    let elements: Vec<_> = both.iter().filter_map(ContextValueRef::get::<u8>).collect();
    assert_eq!((elements, both.is_full()), (vec![0, 1, 2, 9, 9], true));
    assert_eq!(slice(&both, 3, 2), Ok(b));
    assert_eq!(slice(&both, 0, 3), Ok(a));
}

fn lists_that_do_not_fit_together_are_not_joined<L: ExtensionLimits>() {
    let a = from_range::<L>(ElementType::U8, 0, 3).unwrap();
    let c = from_range::<L>(ElementType::U16, 0, 3).unwrap();
    let different = ListError::DifferentElements(ElementType::U8, ElementType::U16);
    assert_eq!(concatenate(&a, &c), Err(different));
    let empty = FixedLengthList::<L>::new(a.list_type().clone());
    assert_eq!(concatenate(&a, &empty), Err(ListError::NotFull { count: 0, length: 3 }));
    assert_eq!(concatenate(&empty, &a), Err(ListError::NotFull { count: 0, length: 3 }));
}

fn a_slice_is_within_its_list<L: ExtensionLimits>() {
    let list = from_range::<L>(ElementType::U8, 0, 5).unwrap();
    assert_eq!(slice(&list, 4, 2), Err(ListError::NoElement { index: 5, count: 5 }));
    assert_eq!(slice(&list, 0, 0), Err(ListError::NoLength));
    let beyond = slice(&list, usize::MAX, 2);
    assert_eq!(beyond, Err(ListError::NoElement { index: usize::MAX - 1, count: 5 }));
}

fn a_copy_is_a_list_of_its_own<L: ExtensionLimits>() {
    let mut list = from_range::<L>(ElementType::U8, 0, 2).unwrap();
    let copy = list.try_clone().unwrap();
    list.set(0, 5_u8).unwrap();
    assert_ne!(copy, list);
    assert_eq!(format!("{copy:?} {list:?}"), "list<u8, 2> [0, 1] list<u8, 2> [5, 1]");
    let elements = list.to_vec().unwrap();
    assert_eq!((elements.len(), elements.get(0)), (2, Some(&5_u8.into())));
    assert_eq!(list.into_elements().unwrap().get(1), elements.get(1));
}

fn a_registry_has_one_index_for_one_type<L: ExtensionLimits>() {
    let mut registry = FixedLengthListTypeRegistry::<L>::new();
    let types = [1, 2, 1].map(|length| list_type(Scalar::<L>::U8, length));
    let indices = types.map(|ty| registry.register_type(ty));
    assert_eq!((indices, registry.type_count()), ([Ok(0), Ok(1), Ok(0)], 2));
    assert_eq!(registry.find_type(ElementType::U8, 2), Some(1));
    assert_eq!(registry.find_type(ElementType::U16, 2), None);
    assert_eq!(registry.get_type(1).map(FixedLengthListType::length), Some(2));
    assert_eq!(registry.get_type(2), None);
}

fn an_extended_type_is_a_type_or_one_by_its_index<L: ExtensionLimits>() {
    let mut registry = FixedLengthListTypeRegistry::<L>::default();
    registry.register_type(list_type(ElementType::U8, 2)).unwrap();
    let extended = [
        ExtendedValueType::Standard(Scalar::<L>::Bool),
        ExtendedValueType::FixedLengthList(0),
        ExtendedValueType::FixedLengthList(1),
    ];
    let resolved = extended
        .each_ref()
        .map(|ty| ty.resolve(&registry).map(|it| (it.to_string(), it.abi().narrow.size)));
    assert_eq!(resolved, [Some(("bool".into(), 1)), Some(("list<u8, 2>".into(), 2)), None]);
}

#[test]
fn a_full_list_is_an_error_and_changes_nothing() {
    let no_room = || Err(ListError::Error(Error::Full(Table::ListElements)));
    assert_eq!(from_range::<Bounded>(ElementType::U8, 0, 101), no_room());
    assert_eq!(zero_filled::<Bounded>(ElementType::U8, 101), no_room());
    let hundred = from_range::<Bounded>(ElementType::U8, 0, 100).unwrap();
    assert_eq!(concatenate(&hundred, &hundred), no_room());
    let mut list = FixedLengthList::<Bounded>::new(list_type(ElementType::U8, 101));
    for number in 0..100_u8 {
        list.push(number).unwrap();
    }
    assert_eq!(list.push(1_u8), Err(ListError::Error(Error::Full(Table::ListElements))));
    assert_eq!((list.count(), list.remaining()), (100, 1));

    let mut list = FixedLengthList::<Bounded>::new(list_type(ElementType::String, 2));
    let too_long = ListError::Error(Error::Extension(ExtensionError::ValueTooLong { bytes: 5 }));
    assert_eq!(list.push("12345"), Err(too_long.clone()));
    list.push("1234").unwrap();
    assert_eq!(list.set(0, "12345"), Err(too_long));
    assert_eq!(list.get_as::<&str>(0), Some("1234"));

    let mut registry = FixedLengthListTypeRegistry::<Bounded>::new();
    for length in [1, 2] {
        registry.register_type(list_type(ElementType::U8, length)).unwrap();
    }
    let refused = registry.register_type(list_type(ElementType::U8, 3));
    assert_eq!(refused, Err(Error::Full(Table::ListTypes)));
    assert_eq!(registry.register_type(list_type(ElementType::U8, 2)), Ok(1));
}

#[cfg(feature = "alloc")]
mod of_any_type {
    use weft_core::abi::{InvalidType, Type, Val};
    use weft_core::builtin::TypeIndex;
    use weft_core::limits::Heap;

    use super::*;

    #[test]
    fn a_list_is_made_of_a_value_and_a_value_of_a_list() {
        let ty = FixedLengthListType::new(Type::U8, 2).unwrap();
        assert_eq!(ty, list_type(ElementType::U8, 2));
        assert_eq!(ty.as_type(), &Type::fixed_length_list(Type::U8, 2).unwrap());
        let mut list = FixedLengthList::<Heap>::new(ty.clone());
        assert_eq!(list.to_val(), Err(ListError::NotFull { count: 0, length: 2 }));
        list.push(Val::U8(1)).unwrap();
        list.push(2_u8).unwrap();
        assert_eq!(list.get_as::<Val>(1), Some(Val::U8(2)));
        let val = list.to_val().unwrap();
        assert_eq!(val, Val::list([1, 2].map(Val::U8)));
        assert_eq!(FixedLengthList::from_val(ty.clone(), val), Ok(list));
        let short = FixedLengthList::<Heap>::from_val(ty, Val::list([Val::U8(1)]));
        assert!(matches!(short, Err(ListError::Compound { .. })), "{short:?}");
    }

    #[test]
    fn an_element_type_made_as_a_compound_is_the_same_type() {
        let ty = FixedLengthListType::new(ElementType::Compound(Type::U8), 2).unwrap();
        assert_eq!(ty, list_type(ElementType::U8, 2));
        assert_eq!(zero_filled::<Heap>(Type::U8, 2), zero_filled(ElementType::U8, 2));
        for ty in scalars::<Type>() {
            assert_eq!(ElementType::from(Type::from(ty.clone())), ty);
        }
    }

    #[test]
    fn a_mistake_in_a_compound_element_is_reported_with_its_place() {
        let record = Type::record([("a", Type::F32), ("b", Type::String)]).unwrap();
        let ty = FixedLengthListType::new(record, 2).unwrap();
        assert_eq!((ty.size_in_bytes(), ty.abi().wide.size), (24, 48));
        let mut list = FixedLengthList::<Heap>::new(ty);
        list.push(Val::Record([Val::F32(1.0), Val::from("x")].into())).unwrap();
        let refused = list.push(Val::Record([Val::F32(1.0), Val::U8(1)].into())).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "expected a value of type `record { a: f32, b: string }`, and found another"
        );
        let cause = std::error::Error::source(&refused).unwrap();
        assert_eq!(cause.to_string(), "at .b: expected string, found a u8");
        assert!(list.push(1_u8).is_err());
        let refused = list.set(0, Val::Record([Val::U8(1), Val::from("y")].into()));
        assert!(matches!(refused, Err(ListError::Compound { .. })), "{refused:?}");
        let first = list.get_as::<Val>(0);
        assert_eq!(first, Some(Val::Record([Val::F32(1.0), Val::from("x")].into())));
        assert_eq!(list.count(), 1);
    }

    #[test]
    fn every_type_that_has_a_zero_is_filled_with_it() {
        let record = Type::record([("a", Type::F32), ("b", Type::String)]).unwrap();
        let pair = Type::fixed_length_list(Type::option(Type::U8).unwrap(), 2).unwrap();
        for ty in [record, pair, Type::list(Type::U8).unwrap()] {
            let list = zero_filled::<Heap>(ty.clone(), 3).unwrap();
            assert_eq!((list.count(), ty.check(&list.get_as::<Val>(2).unwrap())), (3, Ok(())));
        }
        let own = Type::Own(TypeIndex(0));
        let no_zero = ListError::NoZero(ElementType::Compound(own.clone()));
        assert_eq!(zero_filled::<Heap>(own, 3), Err(no_zero));
    }

    #[test]
    fn surrogates_are_not_characters() {
        let (start, end) = (0xd7ff, 0xe001);
        let refused = from_range::<Heap>(Type::Char, start, end);
        assert_eq!(refused, Err(ListError::NoRange { element: ElementType::Char, start, end }));
    }

    #[test]
    fn a_type_that_is_nested_too_deeply_cannot_be_an_element_type() {
        let mut ty = Type::U8;
        let deepest = loop {
            match Type::list(ty.clone()) {
                Ok(deeper) => ty = deeper,
                Err(refused) => break refused,
            }
        };
        assert_eq!(deepest, InvalidType::TooDeep);
        assert_eq!(FixedLengthListType::new(ty, 1), Err(ListError::TooComplex));
    }
}
