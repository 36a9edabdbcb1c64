//! The canonical ABI through Rust's own types: malformed memory, borrowed views, `realloc` that
//! misbehaves. None of it needs `alloc`.

use weft::abi::{
    Abi, ComponentType, CoreValueIter, FlatValues, LiftContext, LiftedList, LiftedStr, Lower,
    LowerContext, NanBits, Options, Peer, StringEncoding, lift_flat_values, lower_flat_values,
};
use weft::builtin::TypeIndex;
use weft::chooser::{Choice, Chooser, DeterministicProfile, FirstInFirstOut};
use weft::core_value::IntegerType;
use weft::error::{Error, Failure};
use weft::machine::{EndId, ErrorContextId};
use weft::trap::{EndKind, Trap};

const NARROW: Options = Options::new(IntegerType::I32, StringEncoding::Utf8);

/// A memory of `N` bytes and a `realloc` that gives away `answers`, one after the other.
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

    fn lower_own(&mut self, _: TypeIndex, _: u64) -> Result<u32, Failure> {
        Err(Error::HostHasNoHandles.into())
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: u64) -> Result<u32, Failure> {
        Err(Error::HostHasNoHandles.into())
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(Error::HostHasNoHandles.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(Error::HostHasNoHandles.into())
    }
}

fn lift<'a, T: weft::abi::Lift<'a>>(
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

    // Between guests, the rules have names of their own.
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
    assert_eq!(lift::<&str>(b"h\x00", utf16, &[0, 1]), Err(Error::NotUtf8.into()));
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

    // A guest says where it wants its results.
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
    // The upper half of what an `f32` is carried in is nobody's.
    assert_eq!(lift::<Shared>(&[], NARROW, &[0, 0xffff_ffff_3fc0_0000]), Ok(Ok(1.5)));
    assert_eq!(lift::<Shared>(&[], NARROW, &[1, u64::MAX]), Ok(Err(u64::MAX)));
    assert_eq!(lift::<Shared>(&[], NARROW, &[2, 0]), trapped(Trap::InvalidDiscriminant));
    assert_eq!(lift::<Shared>(&[], NARROW, &[0]), Err(Error::FlatValueCount.into()));
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
