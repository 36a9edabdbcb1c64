//! The canonical ABI with Rust types: malformed memory, borrowed views, and a faulty `realloc`.
//! None of it needs `alloc`.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test, also outside of its test functions"
)]

use proptest::prelude::*;
use weft_core::abi::{
    Abi, ComponentType, CoreValueIter, FlatValues, Lift as _, LiftContext, LiftedList, LiftedStr,
    Lower, LowerContext, NanBits, Options, Peer, Resource, StringEncoding, VariantAbi, align_to,
    lift_flat_values, lower_flat_values,
};
use weft_core::builtin::TypeIndex;
use weft_core::chooser::{Choice, Chooser, DeterministicProfile, FirstInFirstOut};
use weft_core::core_value::IntegerType;
use weft_core::error::{AbiError, Error, Failure, MachineError};
use weft_core::machine::{EndId, ErrorContextId};
use weft_core::trap::{EndKind, Trap};

const NARROW: Options = Options::new(IntegerType::I32, StringEncoding::Utf8);

/// A memory of `N` bytes, with a `realloc` that returns `answers`, one after the other.
struct Guest<'a, const N: usize> {
    options: Options,
    memory: [u8; N],
    answers: &'a [Result<u64, Failure>],
}

impl<'a, const N: usize> Guest<'a, N> {
    fn new(answers: &'a [Result<u64, Failure>]) -> Self {
        Self { options: NARROW, memory: [0; N], answers }
    }
}

impl<const N: usize> LowerContext for Guest<'_, N> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn realloc(&mut self, _: u64, _: u64, _: u32, _: u64) -> Result<u64, Failure> {
        let (first, rest) = self.answers.split_first().ok_or(Trap::ReallocOutOfBounds)?;
        self.answers = rest;
        *first
    }

    fn lower_own(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }
}

fn lift<'a, T: weft_core::abi::Lift<'a>>(
    memory: &'a [u8],
    options: Options,
    values: &[u64],
) -> Result<T, Failure> {
    lift_flat_values(&mut LiftContext::new(memory, options), 16, &mut CoreValueIter::new(values))
}

fn trapped<T>(trap: Trap) -> Result<T, Failure> {
    Err(trap.into())
}

#[test]
fn every_byte_is_a_bool_and_only_the_cases_are_discriminants() {
    for byte in 0..=u8::MAX {
        let memory = [byte, 7];
        let (flag,): (LiftedList<'_, bool>,) = lift(&memory, NARROW, &[0, 1]).unwrap();
        assert_eq!(flag.iter().next(), Some(Ok(byte != 0)));
        let cases: LiftedList<'_, Option<u8>> = lift(&memory, NARROW, &[0, 1]).unwrap();
        let expected = match byte {
            0 => Ok(None),
            1 => Ok(Some(7)),
            _ => trapped(Trap::InvalidDiscriminant),
        };
        assert_eq!(cases.iter().next(), Some(expected));
    }
}

#[test]
fn strings_and_lists_lie_inside_the_memory_and_are_aligned() {
    let memory = *b"abcdefgh";
    assert_eq!(lift::<&str>(&memory, NARROW, &[6, 2]), Ok("gh"));
    assert_eq!(lift::<&str>(&memory, NARROW, &[8, 0]), Ok(""));
    assert_eq!(lift::<&str>(&memory, NARROW, &[9, 0]), trapped(Trap::StringOutOfBounds));
    assert_eq!(lift::<&str>(&memory, NARROW, &[7, 2]), trapped(Trap::StringOutOfBounds));
    assert_eq!(lift::<&str>(&memory, NARROW, &[0, 1 << 28]), trapped(Trap::StringTooLong));
    assert_eq!(lift::<&[u8]>(&memory, NARROW, &[1, 3]), Ok(&b"bcd"[..]));
    assert_eq!(lift::<&[u8]>(&memory, NARROW, &[0xffff_ffff, 2]), trapped(Trap::ListOutOfBounds));
    assert_eq!(
        lift::<LiftedList<'_, u64>>(&memory, NARROW, &[0, 1 << 25]).map(|it| it.len()),
        trapped(Trap::ListTooLong)
    );
    assert_eq!(
        lift::<LiftedList<'_, u16>>(&memory, NARROW, &[1, 1]).map(|it| it.len()),
        trapped(Trap::PointerUnaligned)
    );

    // Nothing wraps with 64-bit addresses.
    let wide = Options::new(IntegerType::I64, StringEncoding::Utf8);
    assert_eq!(lift::<&str>(&memory, wide, &[u64::MAX, 1]), trapped(Trap::StringOutOfBounds));
    let list = lift::<LiftedList<'_, u64>>(&memory, wide, &[8, u64::MAX / 4]);
    assert_eq!(list.map(|it| it.len()), trapped(Trap::ListTooLong));

    // Between guests, other rules apply.
    let guest = Options { peer: Peer::Guest, ..NARROW };
    let outcome = lift::<&str>(&memory, guest, &[9, 0]);
    assert_eq!(outcome, trapped(Trap::StringContentOutOfBounds));
    let outcome = lift::<&[u8]>(&memory, guest, &[9, 0]);
    assert_eq!(outcome, trapped(Trap::ListContentOutOfBounds));
}

#[test]
fn text_is_well_formed_in_its_encoding() {
    assert_eq!(lift::<&str>(b"a\xff", NARROW, &[0, 2]), trapped(Trap::InvalidUtf8));
    assert_eq!(lift::<&str>(b"a\xc3", NARROW, &[0, 2]), trapped(Trap::IncompleteUtf8));
    let utf16 = Options::new(IntegerType::I32, StringEncoding::Utf16);
    let outcome = lift::<LiftedStr<'_>>(b"\x00\xd8a\x00", utf16, &[0, 2]);
    assert_eq!(outcome, trapped(Trap::InvalidUtf16));
    let text: LiftedStr<'_> = lift(b"h\x00\x3d\xd8\x00\xde", utf16, &[0, 3]).unwrap();
    assert_eq!(&text, "h😀");
    assert_eq!(lift::<&str>(b"h\x00", utf16, &[0, 1]), Err(AbiError::NotUtf8.into()));
    let either = Options::new(IntegerType::I32, StringEncoding::Latin1Utf16);
    let text: LiftedStr<'_> = lift(b"\xe9t\xe9", either, &[0, 3]).unwrap();
    assert_eq!(&text, "été");
    let text: LiftedStr<'_> = lift(b"\xac\x20", either, &[0, 1 << 31 | 1]).unwrap();
    assert_eq!((&text, text.as_bytes()), (&LiftedStr::Utf8("€"), &b"\xac\x20"[..]));
}

#[test]
fn what_realloc_returns_is_checked() {
    let lower = |answers: &[Result<u64, Failure>]| {
        let mut guest = Guest::<16>::new(answers);
        lower_flat_values(&mut guest, 16, &(&[1_u32, 2][..],), None).map(|_| guest.memory)
    };
    assert!(lower(&[Ok(8)]).unwrap().ends_with(&[1, 0, 0, 0, 2, 0, 0, 0]));
    assert_eq!(lower(&[Ok(2)]), trapped(Trap::ReallocUnaligned));
    assert_eq!(lower(&[Ok(12)]), trapped(Trap::ReallocOutOfBounds));
    assert_eq!(lower(&[Ok(u64::MAX - 3)]), trapped(Trap::ReallocOutOfBounds));
    assert_eq!(lower(&[trapped(Trap::Deadlock)]), trapped(Trap::Deadlock));
}

#[test]
fn more_than_the_flat_values_go_through_memory() {
    type Params = ([u8; 20], Option<u16>);
    assert!(Params::ABI.narrow.flat.exceed(16));
    let params: Params = ([7; 20], Some(0x1234));
    let mut guest = Guest::<64>::new(&[Ok(32)]);
    let flat = lower_flat_values(&mut guest, 16, &params, None).unwrap();
    assert_eq!(flat.as_slice(), [32]);
    assert_eq!(lift::<Params>(&guest.memory, NARROW, &[32]), Ok(params));
    assert_eq!(lift::<Params>(&guest.memory, NARROW, &[33]), trapped(Trap::PointerUnaligned));
    assert_eq!(lift::<Params>(&guest.memory, NARROW, &[48]), trapped(Trap::PointerOutOfBounds));

    // The guest chooses the place of its results.
    let mut guest = Guest::<64>::new(&[]);
    let flat = lower_flat_values(&mut guest, 0, &params, Some(2)).unwrap();
    assert_eq!(flat, FlatValues::EMPTY);
    assert_eq!(lift::<Params>(&guest.memory, NARROW, &[2]), Ok(params));
    let outcome = lower_flat_values(&mut guest, 0, &params, Some(1));
    assert_eq!(outcome, trapped(Trap::PointerUnaligned));
    let outcome = lower_flat_values(&mut guest, 0, &params, Some(60));
    assert_eq!(outcome, trapped(Trap::PointerOutOfBounds));
}

#[test]
fn cases_share_their_core_values() {
    type Shared = Result<f32, u64>;
    assert_eq!(Shared::ABI.narrow.flat.to_string(), "[i32 i64]");
    let mut guest = Guest::<0>::new(&[]);
    let flat = lower_flat_values(&mut guest, 16, &Shared::Ok(1.5), None).unwrap();
    assert_eq!(flat.as_slice(), [0, 0x3fc0_0000]);
    // The upper half of the word of an `f32` is not used.
    assert_eq!(lift::<Shared>(&[], NARROW, &[0, 0xffff_ffff_3fc0_0000]), Ok(Ok(1.5)));
    assert_eq!(lift::<Shared>(&[], NARROW, &[1, u64::MAX]), Ok(Err(u64::MAX)));
    assert_eq!(lift::<Shared>(&[], NARROW, &[2, 0]), trapped(Trap::InvalidDiscriminant));
    assert_eq!(lift::<Shared>(&[], NARROW, &[0]), Err(AbiError::FlatValueCount.into()));
}

#[test]
fn a_nan_is_lowered_as_the_options_say_and_lifted_as_the_canonical_one() {
    let nan = f32::from_bits(0xffc1_2345);
    let mut guest = Guest::<0>::new(&[]);
    let mut flat = FlatValues::EMPTY;
    nan.lower_flat(&mut guest, &mut flat).unwrap();
    assert_eq!(flat.as_slice(), [0x7fc0_0000]);
    guest.options.nan = NanBits::scrambled(0x1234_5678_9abc_def0);
    let flat = lower_flat_values(&mut guest, 16, &(nan, f64::NAN), None).unwrap();
    let (a, b): (f32, f64) = lift(&[], NARROW, flat.as_slice()).unwrap();
    assert_ne!(flat.as_slice(), [0x7fc0_0000, 0x7ff8_0000_0000_0000]);
    assert_eq!((a.to_bits(), b.to_bits()), (0x7fc0_0000, 0x7ff8_0000_0000_0000));
}

#[test]
fn a_chooser_chooses_nans_of_every_kind_and_the_canonical_one_first() {
    const COUNT: u32 = 8;
    struct Answer(u32);
    impl Chooser for Answer {
        fn choose(&mut self, choice: Choice, count: u32) -> u32 {
            assert_eq!((choice, count), (Choice::NanBits, COUNT));
            self.0
        }
    }
    let bits = |chosen| {
        let nan = NanBits::choose(&mut Answer(chosen))?;
        let mut guest = Guest::<0>::new(&[]);
        guest.options.nan = nan;
        let flat = lower_flat_values(&mut guest, 16, &(f32::NAN, f64::NAN), None).unwrap();
        Ok::<[u64; 2], Error>(flat.as_slice().try_into().unwrap())
    };
    let all: Vec<[u64; 2]> = (0..COUNT).map(|chosen| bits(chosen).unwrap()).collect();
    assert_eq!(all[0], [0x7fc0_0000, 0x7ff8_0000_0000_0000]);
    for (position, [narrow, wide]) in all.iter().enumerate() {
        let narrow = u32::try_from(*narrow).unwrap();
        assert!(f32::from_bits(narrow).is_nan() && f64::from_bits(*wide).is_nan());
        assert!(!all[..position].contains(&all[position]));
    }
    // Each bit that the spec leaves open is 0 in some and 1 in others.
    for (position, exponent) in [(0, 0x7f80_0000), (1, 0x7ff0_0000_0000_0000)] {
        let of = |of: fn(u64, u64) -> u64| all.iter().map(|it| it[position]).reduce(of).unwrap();
        assert_eq!(of(|a, b| a & b), exponent);
        assert_eq!(of(|a, b| a | b), [u64::from(u32::MAX), u64::MAX][position]);
    }
    let (choice, count) = (Choice::NanBits, COUNT);
    assert_eq!(bits(COUNT), Err(Error::ChoiceOutOfRange { choice, chosen: COUNT, count }));
    for chooser in [&mut FirstInFirstOut as &mut dyn Chooser, &mut DeterministicProfile] {
        assert_eq!(NanBits::choose(chooser), Ok(NanBits::CANONICAL));
    }
}

#[test]
fn layouts_are_constants() {
    const RECORD: Abi = <(u8, u64, &str, [u16; 3])>::ABI;
    assert_eq!((RECORD.narrow.size, RECORD.narrow.alignment), (32, 8));
    assert_eq!((RECORD.wide.size, RECORD.wide.alignment), (40, 8));
    assert_eq!(RECORD.wide.flat.to_string(), "[i32 i64 i64 i64 i32 i32 i32]");
    const { assert!(<[u32; 5000]>::ABI.narrow.flat.exceed(16)) };
    const { assert!(<Option<char>>::INLINE && !<Option<&str>>::INLINE) };
}

#[test]
fn addresses_beyond_the_precision_of_floats_are_aligned_or_not() {
    // The reference divides as floats do, and takes the first two for unaligned.
    let memory = [0; 16];
    let wide = Options::new(IntegerType::I64, StringEncoding::Utf8);
    let outcome = lift::<&str>(&memory, wide, &[(1 << 53) + 1, 1]);
    assert_eq!(outcome, trapped(Trap::StringOutOfBounds));
    let list =
        |address| lift::<LiftedList<'_, u64>>(&memory, wide, &[address, 1]).map(|it| it.len());
    assert_eq!(list((1 << 63) + 8), trapped(Trap::ListOutOfBounds));
    assert_eq!(list((1 << 63) + 4), trapped(Trap::PointerUnaligned));
    assert_eq!(list(u64::MAX), trapped(Trap::PointerUnaligned));
    assert_eq!(align_to((1 << 63) + 1, 8), (1 << 63) + 8);
    assert_eq!(align_to((1 << 53) + 1, 1), (1 << 53) + 1);
}

/// A type without a value in Rust, and with 2²⁷ bytes in a guest.
struct Large;

impl ComponentType for Large {
    const ABI: Abi = Abi::U8.fixed_length_list(1 << 27);
    const INLINE: bool = false;
    const HANDLES: bool = false;
    const SHAPE: weft_core::abi::Shape =
        weft_core::abi::Shape::FixedLengthList(&u8::SHAPE, 1 << 27);
}

impl Lower for Large {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        _: &mut C,
        _: &mut FlatValues,
    ) -> Result<(), Failure> {
        Err(AbiError::FlatValueCount.into())
    }

    fn store<C: LowerContext + ?Sized>(&self, _: &mut C, _: u64) -> Result<(), Failure> {
        Err(AbiError::UncheckedAddress.into())
    }
}

#[test]
fn the_host_may_lower_lists_that_are_too_long_to_be_lifted() {
    let lower = |count: usize| {
        let mut guest = Guest::<16>::new(&[Ok(8)]);
        let larges = [const { Large }; 33];
        lower_flat_values(&mut guest, 16, larges.get(..count).unwrap(), None)
    };
    // `realloc` can be asked for any number of 32 bits, and not for more.
    assert_eq!(lower(3), trapped(Trap::ReallocOutOfBounds));
    assert_eq!(lower(31), trapped(Trap::ReallocOutOfBounds));
    assert_eq!(lower(32), Err(AbiError::TooLong.into()));
    assert_eq!(lower(33), Err(AbiError::TooLong.into()));
}

/// Returns numbers near the ends of a memory of 64 bytes and of the numbers, and any others.
fn place() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..80_u64,
        (0..40_u64).prop_map(|below| u64::from(u32::MAX) - below),
        (0..40_u64).prop_map(|below| u64::MAX - below),
        (0..40_u64).prop_map(|below| (1 << 28) - 20 + below),
        any::<u64>(),
    ]
}

fn address_type() -> impl Strategy<Value = IntegerType> {
    prop_oneof![Just(IntegerType::I32), Just(IntegerType::I64)]
}

/// Returns the outcome of lifting a list from its address and length, with elements of `size`
/// bytes, as the spec defines it.
fn list_outcome(address: u64, length: u64, size: u64, memory: usize) -> Result<usize, Failure> {
    let [address, length, size, memory] = [address, length, size, memory as u64].map(u128::from);
    if length * size > (1 << 28) - 1 {
        return trapped(Trap::ListTooLong);
    }
    if address % size != 0 {
        return trapped(Trap::PointerUnaligned);
    }
    if address + length * size > memory {
        return trapped(Trap::ListOutOfBounds);
    }
    Ok(usize::try_from(length).unwrap())
}

fn string_outcome(address: u64, length: u64, memory: usize) -> Result<usize, Failure> {
    let [address, length, memory] = [address, length, memory as u64].map(u128::from);
    if length > (1 << 28) - 1 {
        return trapped(Trap::StringTooLong);
    }
    if address + length > memory {
        return trapped(Trap::StringOutOfBounds);
    }
    Ok(usize::try_from(length).unwrap())
}

/// Returns a memory that begins with the two numbers, as an address and a length are stored in
/// it.
fn memory_with(address_type: IntegerType, pair: [u64; 2]) -> [u8; 64] {
    let mut memory = [b'x'; 64];
    match address_type {
        IntegerType::I32 => {
            for (place, number) in memory.chunks_exact_mut(4).zip(pair) {
                place.copy_from_slice(&number.to_le_bytes()[..4]);
            }
        }
        IntegerType::I64 => {
            for (place, number) in memory.chunks_exact_mut(8).zip(pair) {
                place.copy_from_slice(&number.to_le_bytes());
            }
        }
    }
    memory
}

proptest! {
    #[test]
    fn any_address_and_length_of_a_list_or_string_is_checked(
        address_type in address_type(),
        address in place(),
        length in place(),
    ) {
        let options = Options::new(address_type, StringEncoding::Utf8);
        let [address, length] = match address_type {
            IntegerType::I32 => [address, length].map(|it| it & 0xffff_ffff),
            IntegerType::I64 => [address, length],
        };
        // As core values.
        let (memory, flat) = ([b'x'; 64], [address, length]);
        let text = lift::<&str>(&memory, options, &flat).map(str::len);
        prop_assert_eq!(text, string_outcome(address, length, 64));
        let bytes = lift::<&[u8]>(&memory, options, &flat).map(<[u8]>::len);
        prop_assert_eq!(bytes, list_outcome(address, length, 1, 64));
        let list = lift::<LiftedList<'_, u64>>(&memory, options, &flat).map(|it| it.len());
        prop_assert_eq!(list, list_outcome(address, length, 8, 64));
        // As the only element of a list, so that they lie in memory.
        let memory = memory_with(address_type, flat);
        macro_rules! element {
            ($ty:ty, $length:expr) => {{
                let list: LiftedList<'_, $ty> = lift(&memory, options, &[0, 1]).unwrap();
                let lifted = list.iter().next().unwrap();
                prop_assert_eq!(list.check(), lifted.map(drop));
                lifted.map($length)
            }};
        }
        // The memory's own bytes are not a text where the two numbers are.
        let text = element!(LiftedStr<'_>, |it: LiftedStr<'_>| it.as_bytes().len());
        let expected = string_outcome(address, length, 64);
        let is_malformed = matches!(
            text,
            Err(Failure::Trap(Trap::InvalidUtf8 | Trap::IncompleteUtf8))
        );
        prop_assert!(text == expected || is_malformed && expected.is_ok() && address < 16);
        let bytes = element!(&[u8], |it: &[u8]| it.len());
        prop_assert_eq!(bytes, list_outcome(address, length, 1, 64));
        let list = element!(LiftedList<'_, u16>, |it: LiftedList<'_, u16>| it.len());
        prop_assert_eq!(list, list_outcome(address, length, 2, 64));
    }

    #[test]
    fn any_answer_of_realloc_is_checked_and_nothing_is_written_elsewhere(answer in place()) {
        let answers = [Ok(answer)];
        macro_rules! lowered {
            ($value:expr, $alignment:expr, $length:expr) => {{
                let mut guest = Guest::<64>::new(&answers);
                let outcome = lower_flat_values(&mut guest, 16, &$value, None);
                let expected = if !weft_core::abi::is_aligned(answer, $alignment) {
                    trapped(Trap::ReallocUnaligned)
                } else if u128::from(answer) + $length > 64 {
                    trapped(Trap::ReallocOutOfBounds)
                } else {
                    Ok(())
                };
                prop_assert_eq!(outcome.map(drop), expected);
                let written = guest.memory.iter().enumerate().filter(|(_, byte)| **byte != 0);
                let place = u128::from(answer)..u128::from(answer) + $length;
                for (position, _) in written {
                    prop_assert!(expected.is_ok() && place.contains(&(position as u128)));
                }
            }};
        }
        lowered!("text", 1, 4);
        lowered!([1_u8, 2, 3].as_slice(), 1, 3);
        lowered!([1_u64, 2].as_slice(), 8, 16);
        lowered!([(1_u8, 2_u32), (3, 4)].as_slice(), 4, 16);
        lowered!([Some(1_u16)].as_slice(), 2, 4);
        lowered!([1_u8; 20], 1, 20);
    }
}

#[test]
fn every_number_in_memory_is_a_char_or_traps() {
    for number in (0..0x11_0100).chain([u32::MAX, 1 << 31]) {
        let memory = number.to_le_bytes();
        let expected = char::from_u32(number).ok_or(Trap::InvalidChar.into());
        let list: LiftedList<'_, char> = lift(&memory, NARROW, &[0, 1]).unwrap();
        assert_eq!(list.iter().next(), Some(expected));
        assert_eq!(list.check(), expected.map(drop));
        assert_eq!(lift(&[], NARROW, &[number.into()]), expected);
    }
}

#[test]
fn every_discriminant_of_one_two_or_four_bytes_is_a_case_or_traps() {
    for (cases, size) in [(1, 1), (3, 1), (256, 1), (257, 2), (65_536, 2), (65_537, 4)] {
        let variant = VariantAbi::without_payloads(cases);
        assert_eq!(variant.abi().narrow.size, size);
        let cx = LiftContext::new(&[], NARROW);
        let end = if size == 1 { 256 } else { 65_536 };
        let beyond = [65_537, 1 << 24, u32::MAX].into_iter().filter(|_| size == 4);
        for index in
            (0..end).chain([65_535, 65_536].into_iter().filter(|_| size == 4)).chain(beyond)
        {
            let memory = index.to_le_bytes();
            let expected = if (index as usize) < cases {
                Ok(index)
            } else {
                trapped(Trap::InvalidDiscriminant)
            };
            let loaded = variant.load(&cx, &memory).map(|(case, _)| case);
            assert_eq!(loaded, expected);
            let flat = [index.into()];
            let lifted = variant.lift_flat(&cx, &mut CoreValueIter::new(&flat));
            assert_eq!(lifted.map(|(case, _)| case), expected);
        }
    }
}

/// A guest whose memory is another one after each `realloc`, with the old one's bytes. Bytes that
/// are then written to the old one are lost.
struct Moving {
    memories: [[u8; 64]; 2],
    current: usize,
    last: u64,
}

impl LowerContext for Moving {
    fn options(&self) -> &Options {
        &NARROW
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memories[self.current]
    }

    fn realloc(&mut self, _: u64, _: u64, alignment: u32, length: u64) -> Result<u64, Failure> {
        let old = std::mem::replace(&mut self.memories[self.current], [0xee; 64]);
        self.current = 1 - self.current;
        self.memories[self.current] = old;
        let address = align_to(self.last, alignment);
        self.last = address + length;
        Ok(address)
    }

    fn lower_own(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }
}

#[test]
fn values_are_whole_although_each_realloc_moves_the_memory() {
    type Lifted<'a> = (LiftedList<'a, &'a str>, u32, Option<&'a str>);
    let mut guest = Moving { memories: [[0; 64]; 2], current: 0, last: 0 };
    let value = (["ab", "c"].as_slice(), 7_u32, Some("def"));
    let flat = lower_flat_values(&mut guest, 0, &value, None).unwrap();
    let (list, number, text): Lifted<'_> = lift_flat_values(
        &mut LiftContext::new(guest.memory_mut(), NARROW),
        0,
        &mut CoreValueIter::new(flat.as_slice()),
    )
    .unwrap();
    assert!(list.iter().eq([Ok("ab"), Ok("c")]));
    assert_eq!((number, text), (7, Some("def")));
}

#[test]
fn a_str_borrows_only_if_strings_are_utf8_at_any_address() {
    for encoding in [StringEncoding::Utf16, StringEncoding::Latin1Utf16] {
        for flat in [[0, 0], [1, 1], [99, u64::from(u32::MAX)]] {
            let options = Options::new(IntegerType::I32, encoding);
            assert_eq!(lift::<&str>(b"abcd", options, &flat), Err(AbiError::NotUtf8.into()));
        }
    }
}

#[test]
fn a_lazy_list_traps_at_malformed_elements_and_is_checked_on_request() {
    let memory = [1, 0, 0, 0, 0, 0xd8, 0, 0, 2, 0, 0, 0];
    let list: LiftedList<'_, char> = lift(&memory, NARROW, &[0, 3]).unwrap();
    let elements = [Ok('\u{1}'), trapped(Trap::InvalidChar), Ok('\u{2}')];
    assert!(list.iter().eq(elements));
    assert_eq!(list.check(), trapped(Trap::InvalidChar));
    let list: LiftedList<'_, u32> = lift(&memory, NARROW, &[0, 3]).unwrap();
    assert_eq!((list.check(), list.len()), (Ok(()), 3));
}

#[test]
fn loading_or_storing_with_too_few_bytes_is_an_error() {
    let mut cx = LiftContext::new(&[], NARROW);
    let few = Failure::from(AbiError::ByteCount);
    assert_eq!(u32::load(&mut cx, &[1, 2, 3]), Err(few));
    assert_eq!(char::load(&mut cx, &[]), Err(few));
    assert_eq!(<&str>::load(&mut cx, &[0; 7]), Err(few));
    assert_eq!(<(u8, u64)>::load(&mut cx, &[0; 15]), Err(few));
    assert_eq!(<Option<u16>>::load(&mut cx, &[1]), Err(few));
    assert_eq!(<[u8; 4]>::load(&mut cx, &[0; 3]), Err(few));
    let mut guest = Guest::<3>::new(&[]);
    assert_eq!(u8::store_elements(&[0; 4], &mut guest, 0), Err(few));
    assert_eq!(Some(1_u8).store(&mut guest, 3), Err(few));
}
