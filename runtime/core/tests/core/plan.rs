//! Moves from guest to guest if the two memories are the same, or not accessible at the same
//! time.

use weft_core::abi::{
    Abi, CoreValueIter, FlatLimits, Layout, LiftHandles, LowerContext, NanBits, Options, Peer,
    Resource, StringEncoding, TransferContext, Type, TypeList, align_to, check_buffer,
};
use weft_core::builtin::TypeIndex;
use weft_core::core_value::IntegerType;
use weft_core::error::{AbiError, Failure, MachineError};
use weft_core::machine::{EndId, ErrorContextId};
use weft_core::trap::{CopyDirection, EndKind, Trap};

const OPTIONS: Options =
    Options { peer: Peer::Guest, ..Options::new(IntegerType::I32, StringEncoding::Utf8) };

/// One instance that calls itself: both memories are the same.
struct Alone {
    source_options: Options,
    options: Options,
    memory: Vec<u8>,
    last: u64,
    /// `false` for a context that says wrongly that the guests share no memory.
    shares_memory: bool,
    /// The number of bytes that the memory grows by in each call of `realloc`.
    growth: usize,
    /// The byte that a call of `realloc` writes, after its address.
    scribble: Option<(usize, u8)>,
    /// The events in the instance, in their order.
    events: Vec<&'static str>,
}

impl Alone {
    fn new(memory: &[u8], size: usize) -> Self {
        let mut all = memory.to_vec();
        all.resize(size, 0xcc);
        let last = align_to(memory.len() as u64, 8);
        Self {
            source_options: OPTIONS,
            options: OPTIONS,
            memory: all,
            last,
            shares_memory: true,
            growth: 0,
            scribble: None,
            events: Vec::new(),
        }
    }

    fn at(&self, address: u64, length: usize) -> &[u8] {
        let start = usize::try_from(address).unwrap_or(usize::MAX);
        self.memory.get(start..).and_then(|rest| rest.get(..length)).unwrap_or_default()
    }

    fn transfer(&mut self, ty: &Type, values: &[u64]) -> Result<Vec<u64>, Failure> {
        let list = TypeList::new([ty.clone()]).map_err(|_| AbiError::ValueMismatch)?;
        let mut values = CoreValueIter::new(values);
        let flat = list.transfer_flat_values(
            self,
            FlatLimits { source: 16, destination: 16 },
            &mut values,
            None,
        )?;
        Ok(flat.as_slice().to_vec())
    }
}

impl LowerContext for Alone {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn realloc(&mut self, old: u64, _: u64, alignment: u32, length: u64) -> Result<u64, Failure> {
        self.events.push("realloc");
        if let Some((address, byte)) = self.scribble {
            self.memory.splice(address..=address, [byte]);
        }
        if old != 0 {
            return Ok(old);
        }
        let grown = self.memory.len() + self.growth;
        self.memory.resize(grown, 0xcc);
        let address = align_to(self.last, alignment);
        self.last = address + length;
        Ok(address)
    }

    fn lower_own(&mut self, _: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.events.push("lower own");
        u32::try_from(resource.representation + 100).map_err(|_| AbiError::TooLong.into())
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

impl LiftHandles for Alone {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.events.push("lift own");
        if index == 0 {
            return Err(Trap::UnknownHandleIndex { index }.into());
        }
        Ok(Resource { ty, representation: u64::from(index) })
    }

    fn lift_borrow(&mut self, _: TypeIndex, index: u32) -> Result<Resource, Failure> {
        Err(Trap::UnknownHandleIndex { index }.into())
    }

    fn lift_end(&mut self, _: EndKind, _: TypeIndex, index: u32) -> Result<EndId, Failure> {
        Err(Trap::UnknownHandleIndex { index }.into())
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        Err(Trap::UnknownHandleIndex { index }.into())
    }
}

// Uses the trait's own `copy`, which needs one memory at a time.
impl TransferContext for Alone {
    fn source_options(&self) -> &Options {
        &self.source_options
    }

    fn source_memory(&self) -> &[u8] {
        &self.memory
    }

    fn shares_memory(&self) -> bool {
        self.shares_memory
    }

    fn nan_bits(&mut self) -> Result<NanBits, Failure> {
        self.events.push("choose NaN bits");
        Ok(self.options.nan)
    }
}

#[test]
fn long_lists_are_copied_within_one_memory() -> Result<(), Failure> {
    let bytes: Vec<u8> = (0..5000_u32).map(|it| it.to_le_bytes()[0]).collect();
    let mut guest = Alone::new(&bytes, 20_000);
    let list = Type::list(Type::U8).map_err(|_| AbiError::ValueMismatch)?;
    assert_eq!(guest.transfer(&list, &[0, 5000])?, [5000, 5000]);
    assert_eq!(guest.at(5000, 5000), bytes);
    Ok(())
}

#[test]
fn memory_may_grow_while_values_move() -> Result<(), Failure> {
    let mut guest = Alone::new(b"hello, world", 16);
    guest.growth = 64;
    assert_eq!(guest.transfer(&Type::String, &[7, 5])?, [16, 5]);
    assert_eq!(guest.at(16, 5), b"world");
    Ok(())
}

#[test]
fn text_is_transcoded_within_one_memory() -> Result<(), Failure> {
    let mut guest = Alone::new("žluť €".as_bytes(), 64);
    guest.options.string_encoding = StringEncoding::Utf16;
    let moved = guest.transfer(&Type::String, &[0, 10])?;
    let expected: Vec<u8> = "žluť €".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let &[address, length] = moved.as_slice() else { return Err(AbiError::FlatValueCount.into()) };
    assert_eq!((guest.at(address, 12), length), (expected.as_slice(), 6));
    Ok(())
}

#[test]
fn elements_of_streams_move_with_the_checks_of_their_type() {
    let mut guest = Alone::new(&[0, 1, 2, 255], 16);
    assert_eq!(Type::Bool.transfer_elements(&mut guest, 0, 8, 4), Ok(()));
    assert_eq!(guest.at(8, 4), [0, 1, 1, 1]);

    let direction = Type::enumeration(["n", "e", "s"]).expect("there is such a type");
    assert_eq!(direction.transfer_elements(&mut guest, 0, 8, 3), Ok(()));
    let outcome = direction.transfer_elements(&mut guest, 0, 8, 4);
    assert_eq!(outcome, Err(Trap::InvalidDiscriminant.into()));

    let flags = Type::flags(["a", "b"]).expect("there is such a type");
    assert_eq!(flags.transfer_elements(&mut guest, 0, 8, 4), Ok(()));
    assert_eq!(guest.at(8, 4), [0, 1, 2, 3]);

    let mut guest = Alone::new(&[0x61, 0, 0, 0, 0, 0xd8, 0, 0], 16);
    assert_eq!(Type::Char.transfer_elements(&mut guest, 0, 8, 1), Ok(()));
    let outcome = Type::Char.transfer_elements(&mut guest, 0, 8, 2);
    assert_eq!(outcome, Err(Trap::InvalidChar.into()));

    let mut guest = Alone::new(&[7, 0, 0, 0, 9, 0, 0, 0], 16);
    assert_eq!(Type::Own(TypeIndex(0)).transfer_elements(&mut guest, 0, 8, 2), Ok(()));
    assert_eq!(guest.at(8, 8), [107, 0, 0, 0, 109, 0, 0, 0]);
}

#[test]
fn records_between_memories_of_two_widths_move_in_runs() {
    let ty =
        Type::record([("a", Type::U8), ("b", Type::U64), ("c", Type::String), ("d", Type::U16)])
            .expect("there is such a type");
    let mut record = vec![0; 32];
    for (place, byte) in record.iter_mut().zip([5]) {
        *place = byte;
    }
    record.splice(8..16, 77_u64.to_le_bytes());
    record.splice(16..24, [28, 0, 0, 0, 2, 0, 0, 0]);
    record.splice(24..26, 9_u16.to_le_bytes());
    record.splice(28..30, *b"hi");
    let mut guest = Alone::new(&record, 128);
    guest.options.address_type = IntegerType::I64;
    guest.last = 100;
    assert_eq!(ty.transfer_elements(&mut guest, 0, 40, 1), Ok(()));
    assert_eq!(guest.at(40, 1), [5]);
    assert_eq!(guest.at(48, 8), 77_u64.to_le_bytes());
    assert_eq!(guest.at(56, 16), [100, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(guest.at(72, 2), 9_u16.to_le_bytes());
    assert_eq!(guest.at(100, 2), b"hi");
}

#[test]
fn a_buffer_is_aligned_and_lies_inside_the_memory_unless_it_is_empty() {
    let memory = [0; 16];
    let layout: Layout = Type::U32.abi().narrow;
    let (read, write) = (CopyDirection::Read, CopyDirection::Write);
    for (address, length) in [(8, 2), (0, 4), (16, 0), (6, 0), (20, 0), (u64::MAX, 0)] {
        assert_eq!(check_buffer(&memory, layout, read, address, length), Ok(()));
    }
    for copy_direction in [read, write] {
        let unaligned = Trap::BufferUnaligned { copy_direction };
        for address in [6, 0xffff_ffff, u64::MAX] {
            let outcome = check_buffer(&memory, layout, copy_direction, address, 1);
            assert_eq!(outcome, Err(unaligned.into()));
        }
        let beyond = Trap::BufferOutOfBounds { copy_direction };
        for (address, length) in [(8, 3), (16, 1), (0xffff_fffc, 1), (u64::MAX - 3, 1)] {
            let outcome = check_buffer(&memory, layout, copy_direction, address, length);
            assert_eq!(outcome, Err(beyond.into()));
        }
        for length in [5, u32::MAX] {
            let outcome = check_buffer(&memory, layout, copy_direction, 0, length);
            assert_eq!(outcome, Err(beyond.into()));
        }
        // Elements without a type have no place.
        let nothing = Abi::NOTHING.wide;
        for address in [0, 1, 17, u64::MAX] {
            let outcome = check_buffer(&memory, nothing, copy_direction, address, u32::MAX);
            assert_eq!(outcome, Ok(()));
        }
    }
}

#[test]
fn places_that_overlap_are_copied_as_they_were_before() {
    let bytes: Vec<u8> = (0..30_000_u32).map(|it| (it % 251).to_le_bytes()[0]).collect();
    for length in [0, 1, 2, 63, 64, 65, 4095, 4096, 4097, 9000] {
        for to in [0, 1, 5_000, 9_936, 9_999, 10_000, 10_001, 10_064, 14_096, 20_000] {
            let mut guest = Alone::new(&bytes, 30_000);
            let mut expected = bytes.clone();
            expected.copy_within(10_000..10_000 + length, to);
            let count = u32::try_from(length).expect("it is small");
            assert_eq!(Type::U8.transfer_elements(&mut guest, 10_000, to as u64, count), Ok(()));
            assert!(guest.memory == expected, "{length} bytes to {to}");
        }
    }
}

#[test]
fn an_unchecked_address_is_a_mistake_of_the_host() {
    let unchecked = Err(AbiError::UncheckedAddress.into());
    for element in [Type::U8, Type::Bool, Type::Char, Type::String] {
        for (from, to) in [(60, 0), (u64::MAX - 1, 0), (0, 60), (0, u64::MAX - 1)] {
            let mut guest = Alone::new(&[0; 64], 64);
            guest.last = 64;
            let outcome = element.transfer_elements(&mut guest, from, to, 8);
            assert_eq!(outcome, unchecked, "{element} from {from} to {to}");
        }
    }
}

#[test]
fn all_values_are_lifted_before_anything_happens_at_the_destination() {
    let list = |element| Type::list(element).expect("there is such a type");
    let own = || Type::Own(TypeIndex(0));

    // Two strings, the second of which is malformed.
    let mut memory = vec![16, 0, 0, 0, 2, 0, 0, 0, 18, 0, 0, 0, 2, 0, 0, 0];
    memory.extend_from_slice(b"okn\xff");
    let mut guest = Alone::new(&memory, 64);
    let before = guest.memory.clone();
    let strings = list(Type::String);
    assert_eq!(guest.transfer(&strings, &[0, 2]), Err(Trap::InvalidUtf8.into()));
    assert_eq!(Type::String.transfer_elements(&mut guest, 0, 32, 2), Err(Trap::InvalidUtf8.into()));
    assert_eq!((guest.events.as_slice(), guest.memory), (&[][..], before));

    // Handles, the last of which is unknown. Those before it are gone, and don't arrive.
    let mut guest = Alone::new(&[7, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0], 64);
    let unknown = Err(Trap::UnknownHandleIndex { index: 0 }.into());
    assert_eq!(guest.transfer(&list(own()), &[0, 3]), unknown);
    assert_eq!(guest.events, ["lift own"; 3]);

    let mut guest = Alone::new(&[7, 0, 0, 0, 9, 0, 0, 0], 64);
    assert_eq!(guest.transfer(&list(own()), &[0, 2]), Ok(vec![8, 2]));
    assert_eq!(guest.at(8, 8), [107, 0, 0, 0, 109, 0, 0, 0]);
    let order = ["lift own", "lift own", "realloc", "lower own", "lower own"];
    assert_eq!(guest.events, order);
}

#[test]
fn changes_in_a_memory_that_the_context_does_not_call_shared_are_noticed() {
    // A list, and an option of a handle: `realloc` for the list changes the option.
    let handle = Type::option(Type::Own(TypeIndex(0))).expect("there is such a type");
    let list = Type::list(Type::U8).expect("there is such a type");
    let ty = Type::tuple([list, handle]).expect("there is such a type");
    for (is_some, changed) in [(1, 0), (0, 1)] {
        let mut guest = Alone::new(&[0, 0, 0, 0, 1, 0, 0, 0, is_some, 0, 0, 0, 7, 0, 0, 0], 64);
        let before = guest.memory.clone();
        let mut again = Alone::new(&guest.memory, 64);
        again.last = 48;
        assert_eq!(ty.transfer_elements(&mut again, 0, 24, 1), Ok(()));
        guest.scribble = Some((8, changed));
        guest.shares_memory = false;
        let outcome = ty.transfer_elements(&mut guest, 0, 24, 1);
        assert_eq!(outcome, Err(AbiError::SourceChanged.into()));

        // A shared memory may change.
        let mut guest = Alone { last: 48, scribble: Some((8, changed)), ..Alone::new(&before, 64) };
        assert_eq!(ty.transfer_elements(&mut guest, 0, 24, 1), Ok(()));
        assert_eq!(guest.at(24, 64 - 24), again.at(24, 64 - 24));
    }
}

#[test]
fn text_arrives_as_it_was_lifted_whatever_happens_to_its_memory() {
    for (source, destination, bytes, scribble, length, arrived) in [
        (StringEncoding::Utf16, StringEncoding::Utf8, &b"a\0b\0"[..], (1, 0xd8), 2, &b"ab"[..]),
        (StringEncoding::Utf8, StringEncoding::Utf16, b"ab", (0, 0xff), 2, b"a\0b\0"),
        (StringEncoding::Latin1Utf16, StringEncoding::Utf16, b"ab", (0, 0xff), 2, b"a\0b\0"),
        (StringEncoding::Utf8, StringEncoding::Utf8, b"ab", (0, 0xff), 2, b"ab"),
    ] {
        let mut guest = Alone::new(bytes, 64);
        guest.source_options.string_encoding = source;
        guest.options.string_encoding = destination;
        guest.scribble = Some(scribble);
        assert_eq!(guest.transfer(&Type::String, &[0, length]), Ok(vec![8, length]));
        assert_eq!(guest.at(8, arrived.len()), arrived, "{source:?} to {destination:?}");
    }
}

#[test]
fn text_that_changes_while_it_moves_is_malformed_in_its_own_encoding() {
    let wrong = |bytes: &[u8], scribble| {
        let scribble = Some(scribble);
        Alone { scribble, shares_memory: false, ..Alone::new(bytes, 64) }
    };
    let mut guest = wrong(b"a\0b\0", (1, 0xd8));
    guest.source_options.string_encoding = StringEncoding::Utf16;
    assert_eq!(guest.transfer(&Type::String, &[0, 2]), Err(Trap::InvalidUtf16.into()));

    let mut guest = wrong(b"ab", (0, 0xff));
    guest.options.string_encoding = StringEncoding::Utf16;
    assert_eq!(guest.transfer(&Type::String, &[0, 2]), Err(Trap::InvalidUtf8.into()));

    // All bytes are Latin-1.
    let mut guest = wrong(b"ab", (0, 0xff));
    guest.source_options.string_encoding = StringEncoding::Latin1Utf16;
    guest.options.string_encoding = StringEncoding::Utf16;
    assert_eq!(guest.transfer(&Type::String, &[0, 2]), Ok(vec![8, 2]));
    assert_eq!(guest.at(8, 4), [0xff, 0, b'b', 0]);
}

#[test]
fn values_that_overlap_with_their_place_are_lifted_before() {
    // A tuple of two strings, moved by 0 to 24 bytes: over itself, and over its own text.
    let ty = Type::tuple([Type::String, Type::String]).expect("there is such a type");
    let mut memory = vec![0; 64];
    memory.splice(24..40, [[56, 0, 0, 0], [3, 0, 0, 0], [59, 0, 0, 0], [5, 0, 0, 0]].concat());
    memory.splice(56..64, *b"onethree");
    for to in (0..=48).step_by(4) {
        let mut guest = Alone::new(&memory, 128);
        assert_eq!(ty.transfer_elements(&mut guest, 24, to, 1), Ok(()));
        assert_eq!(guest.at(to, 16), [64, 0, 0, 0, 3, 0, 0, 0, 67, 0, 0, 0, 5, 0, 0, 0], "{to}");
        assert_eq!(guest.at(64, 8), b"onethree");
    }

    // Elements that are checked or changed, one by one.
    let padded = Type::tuple([Type::U8, Type::U32]).expect("there is such a type");
    let option = Type::option(Type::U32).expect("there is such a type");
    for ty in [Type::Char, padded, option, Type::Bool] {
        let size = ty.abi().narrow.size;
        let bytes: Vec<u8> = (0..32).flat_map(|number| [1, 0, 0, 0, number, 0, 0, 0]).collect();
        for to in (0..128).step_by(8) {
            let mut guest = Alone::new(&bytes, 256);
            let mut apart = Alone::new(&bytes, 512);
            assert_eq!(ty.transfer_elements(&mut guest, 64, to, 8), Ok(()));
            assert_eq!(ty.transfer_elements(&mut apart, 64, 256, 8), Ok(()));
            let length = usize::try_from(8 * size).expect("it is small");
            let (there, apart) = (guest.at(to, length).to_vec(), apart.at(256, length).to_vec());
            // Padding is not written.
            if size == 8 {
                let parts = |bytes: &[u8]| -> Vec<_> {
                    bytes.chunks(8).map(|it| (it[0], it[4..].to_vec())).collect()
                };
                assert_eq!(parts(&there), parts(&apart), "{ty} to {to}");
            } else {
                assert_eq!(there, apart, "{ty} to {to}");
            }
        }
    }
}

#[test]
fn a_realloc_that_returns_the_place_of_the_values_does_not_change_them() {
    let strings = Type::list(Type::String).expect("there is such a type");
    let mut memory = vec![0; 32];
    memory.splice(0..16, [[16, 0, 0, 0], [3, 0, 0, 0], [19, 0, 0, 0], [5, 0, 0, 0]].concat());
    memory.splice(16..24, *b"onethree");
    for last in 0..24 {
        let mut guest = Alone { last, ..Alone::new(&memory, 128) };
        let moved = guest.transfer(&strings, &[0, 2]).expect("it is moved");
        let pairs = guest.at(moved[0], 16).to_vec();
        let mut all = Vec::new();
        for pair in pairs.chunks(8) {
            all.extend_from_slice(guest.at(pair[0].into(), pair[4].into()));
        }
        assert_eq!((moved[1], all), (2, b"onethree".to_vec()), "{last}");
    }
}

#[test]
fn nans_arrive_with_the_bits_of_the_context_wherever_they_are() {
    const F32: u32 = 0xff80_0001;
    let nan = NanBits::choose(&mut weft_core::chooser::Replaying::new(&[7])).expect("it is");
    assert_eq!((nan.encode_f32(f32::NAN), nan.encode_f32(1.5)), (F32, 1.5_f32.to_bits()));
    let tuple = |types: &[Type]| Type::tuple(types.iter().cloned()).expect("there is such a type");
    let fixed =
        |ty: Type, length| Type::fixed_length_list(ty, length).expect("there is such a type");
    let option = |ty: Type| Type::option(ty).expect("there is such a type");
    let (f32, f64, u32, u8) = (Type::F32, Type::F64, Type::U32, Type::U8);

    // The type, and the words of a value: `n` is a NaN of 32 bits, and `N` one of 64.
    let cases = [
        (f32.clone(), "n"),
        (f64.clone(), "N"),
        (tuple(&[f32.clone(), f32.clone()]), "fn"),
        (tuple(&[u32.clone(), f32.clone(), u32.clone()]), "unu"),
        (tuple(&[f32.clone(), tuple(&[u32.clone(), f32.clone()])]), "nun"),
        (fixed(f32.clone(), 3), "fnf"),
        (fixed(tuple(&[f32.clone(), u32.clone()]), 2), "nufu"),
        (tuple(&[u8.clone(), f32.clone()]), "un"),
        (tuple(&[f32.clone(), u8.clone(), f64.clone()]), "nuN"),
        (tuple(&[f32.clone(), u32.clone(), fixed(u8.clone(), 2), option(f32.clone())]), "fuuun"),
        (option(f32.clone()), "un"),
        (option(f64.clone()), "u-N"),
        (option(tuple(&[f64, u32])), "u-Nu-"),
    ];
    for (ty, words) in cases {
        let word = |kind: char, arrived: bool| match (kind, arrived) {
            ('n', false) => 0x7fa0_0001_u32.to_le_bytes().to_vec(),
            ('n', true) => F32.to_le_bytes().to_vec(),
            ('N', false) => 0xfff0_0000_0000_0001_u64.to_le_bytes().to_vec(),
            ('N', true) => nan.encode_f64(f64::NAN).to_le_bytes().to_vec(),
            ('f', _) => 1.5_f32.to_bits().to_le_bytes().to_vec(),
            ('u', _) => vec![1, 0, 0, 0],
            _ => vec![0; 4],
        };
        let values = |arrived| {
            let value = words.chars().flat_map(|it| word(it, arrived)).collect::<Vec<u8>>();
            assert_eq!(value.len() as u64, ty.abi().narrow.size, "{ty}");
            value.repeat(3)
        };
        let mut memory = values(false);
        memory.resize(128, 0);
        for shares_memory in [false, true] {
            let mut guest = Alone { shares_memory, ..Alone::new(&memory, 256) };
            guest.memory.splice(128.., [0; 128]);
            guest.options.nan = nan;
            assert_eq!(ty.transfer_elements(&mut guest, 0, 128, 3), Ok(()));
            assert_eq!(
                guest.at(128, 128),
                [values(true), memory[values(true).len()..].to_vec()].concat(),
                "{ty}"
            );
            assert_eq!(guest.events, ["choose NaN bits"], "{ty}");
        }
    }
    // Nothing is chosen if there is no NaN.
    let mut guest = Alone::new(&1.5_f32.to_le_bytes().repeat(4), 64);
    assert_eq!(f32.transfer_elements(&mut guest, 0, 32, 4), Ok(()));
    assert_eq!(guest.events, [""; 0]);

    // Core values, in records and joined in variants.
    let either = Type::result(Some(Type::F32), Some(Type::U64)).expect("there is such a type");
    for (ty, values, arrived) in [
        (Type::F32, vec![0x7fa0_0001], vec![F32.into()]),
        (Type::F64, vec![u64::MAX], vec![nan.encode_f64(f64::NAN)]),
        (tuple(&[Type::U32, Type::F32]), vec![7, 0xffff_ffff], vec![7, F32.into()]),
        (either.clone(), vec![0, 0x7fa0_0001], vec![0, F32.into()]),
        (either, vec![1, 0x7fa0_0001], vec![1, 0x7fa0_0001]),
    ] {
        let mut guest = Alone::new(&[], 64);
        guest.options.nan = nan;
        assert_eq!(guest.transfer(&ty, &values), Ok(arrived), "{ty}");
    }
}

#[test]
fn a_list_that_can_be_lifted_is_lowered_even_if_it_doubles() {
    // Elements are large, and nearly all of each is addresses.
    let strings = Type::fixed_length_list(Type::String, 4000).expect("there is such a type");
    let element = Type::option(strings).expect("there is such a type");
    let [narrow, wide] = [element.abi().narrow.size, element.abi().wide.size];
    let list = Type::list(element).expect("there is such a type");
    let count = 0xfff_ffff / narrow;
    assert!(count * wide > 0xfff_ffff);

    let mut guest = Alone::new(&[], usize::try_from(count * narrow).expect("it fits"));
    guest.memory = vec![0; guest.memory.len()];
    guest.options.address_type = IntegerType::I64;
    guest.last = 8;
    // `realloc` was asked for it, and there is no room.
    let no_room = Err(Trap::ListContentOutOfBounds.into());
    assert_eq!(guest.transfer(&list, &[0, count]), no_room);
    assert_eq!(guest.events, ["realloc"]);

    // The size at the source decides if it is too long, even if it would be shorter at the
    // destination.
    guest.events.clear();
    (guest.options, guest.source_options) = (guest.source_options, guest.options);
    assert_eq!(guest.transfer(&list, &[0, count]), Err(Trap::ListTooLong.into()));
    assert!(guest.events.is_empty());
}

#[test]
fn the_tag_of_utf16_moves_with_the_width_of_addresses() {
    let [narrow, wide] = [IntegerType::I32, IntegerType::I64];
    let tag = |address_type| match address_type {
        IntegerType::I32 => 1 << 31,
        IntegerType::I64 => 1 << 63,
    };
    for (from, to) in [(narrow, wide), (wide, narrow), (narrow, narrow), (wide, wide)] {
        for encoding in [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::Latin1Utf16] {
            let mut guest = Alone::new(b"\xac\x20A\0", 64);
            guest.source_options = Options {
                string_encoding: StringEncoding::Latin1Utf16,
                address_type: from,
                ..OPTIONS
            };
            guest.options = Options { string_encoding: encoding, address_type: to, ..OPTIONS };
            let (length, bytes): (u64, &[u8]) = match encoding {
                StringEncoding::Utf8 => (4, "€A".as_bytes()),
                StringEncoding::Utf16 => (2, b"\xac\x20A\0"),
                StringEncoding::Latin1Utf16 => (2 | tag(to), b"\xac\x20A\0"),
            };
            let moved = guest.transfer(&Type::String, &[0, 2 | tag(from)]);
            assert_eq!(moved, Ok(vec![8, length]), "{from:?} to {to:?}");
            assert_eq!(guest.at(8, bytes.len()), bytes);
        }
    }

    // With addresses of 64 bits, the tag of 32 bits is part of the length.
    let mut guest = Alone::new(b"\xac\x20A\0", 64);
    guest.source_options.string_encoding = StringEncoding::Latin1Utf16;
    guest.source_options.address_type = wide;
    let outcome = guest.transfer(&Type::String, &[0, 2 | tag(narrow)]);
    assert_eq!(outcome, Err(Trap::StringTooLong.into()));
}

#[test]
fn lists_in_one_place_are_refused_before_anything_is_moved() {
    // The elements of each list are this list itself: 512 to the power of 7 bytes.
    let lists = |depth, leaf| (0..depth).try_fold(leaf, |inner, _| Type::list(inner));
    let memory = [0, 0, 0, 0, 0, 2, 0, 0].repeat(512);
    for depth in [1, 2] {
        let mut guest = Alone::new(&memory, 64 << 20);
        let moved = guest.transfer(&lists(depth, Type::U8).unwrap(), &[0, 512]);
        assert!(moved.is_ok(), "{depth}: {moved:?}");
    }
    for ty in [lists(7, Type::U8), lists(6, Type::String)] {
        let mut guest = Alone::new(&memory, 64 << 20);
        let moved = guest.transfer(&ty.unwrap(), &[0, 512]);
        assert_eq!(moved, Err(AbiError::LiftedTooLarge.into()));
        assert_eq!(guest.events, [""; 0]);
    }
}

#[test]
fn a_list_as_long_as_the_memory_is_moved() {
    let memory = vec![1; 140 << 20];
    let mut guest = Alone::new(&memory, 281 << 20);
    let moved = guest.transfer(&Type::list(Type::U8).unwrap(), &[0, 140 << 20]);
    assert_eq!(moved, Ok(vec![140 << 20, 140 << 20]));
}
