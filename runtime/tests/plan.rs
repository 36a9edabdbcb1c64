//! From guest to guest, where the two memories are one, or can't be had at the same time.
#![cfg(feature = "alloc")]

use weft::abi::{
    CoreValueIter, Layout, LiftHandles, LowerContext, Options, Peer, Resource, StringEncoding,
    TransferContext, Type, TypeList, align_to, check_buffer,
};
use weft::builtin::TypeIndex;
use weft::core_value::IntegerType;
use weft::error::{Error, Failure};
use weft::machine::{EndId, ErrorContextId};
use weft::trap::{CopyDirection, EndKind, Trap};

const OPTIONS: Options =
    Options { peer: Peer::Guest, ..Options::new(IntegerType::I32, StringEncoding::Utf8) };

/// One instance that calls itself: both memories are the same.
struct Alone {
    source_options: Options,
    options: Options,
    memory: Vec<u8>,
    last: u64,
    /// How many bytes the memory grows by in each call of `realloc`.
    growth: usize,
}

impl Alone {
    fn new(memory: &[u8], size: usize) -> Self {
        let mut all = memory.to_vec();
        all.resize(size, 0xcc);
        let last = align_to(memory.len() as u64, 8);
        Self { source_options: OPTIONS, options: OPTIONS, memory: all, last, growth: 0 }
    }

    fn at(&self, address: u64, length: usize) -> &[u8] {
        let start = usize::try_from(address).unwrap_or(usize::MAX);
        self.memory.get(start..).and_then(|rest| rest.get(..length)).unwrap_or_default()
    }

    fn transfer(&mut self, ty: &Type, values: &[u64]) -> Result<Vec<u64>, Failure> {
        let list = TypeList::new([ty.clone()]).map_err(|_| Error::ValueMismatch)?;
        let mut values = CoreValueIter::new(values);
        let flat = list.transfer_flat_values(self, (16, 16), &mut values, None)?;
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
        u32::try_from(resource.representation + 100).map_err(|_| Error::TooLong.into())
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(Error::HostHasNoHandles.into())
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(Error::HostHasNoHandles.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(Error::HostHasNoHandles.into())
    }
}

impl LiftHandles for Alone {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        Ok(Resource { ty, representation: index.into() })
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

// The trait's own `copy`: it needs one memory at a time.
impl TransferContext for Alone {
    fn source_options(&self) -> &Options {
        &self.source_options
    }

    fn source_memory(&self) -> &[u8] {
        &self.memory
    }
}

#[test]
fn long_lists_are_copied_within_one_memory() -> Result<(), Failure> {
    let bytes: Vec<u8> = (0..5000_u32).map(|it| it.to_le_bytes()[0]).collect();
    let mut guest = Alone::new(&bytes, 20_000);
    let list = Type::list(Type::U8).map_err(|_| Error::ValueMismatch)?;
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
    let &[address, length] = moved.as_slice() else { return Err(Error::FlatValueCount.into()) };
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
fn a_buffer_is_aligned_and_lies_inside_the_memory() {
    let memory = [0; 16];
    let layout: Layout = Type::U32.abi().narrow;
    let (read, write) = (CopyDirection::Read, CopyDirection::Write);
    assert_eq!(check_buffer(&memory, layout, read, 8, 2), Ok(()));
    assert_eq!(check_buffer(&memory, layout, read, 16, 0), Ok(()));
    let unaligned = Trap::BufferUnaligned { copy_direction: read };
    assert_eq!(check_buffer(&memory, layout, read, 6, 1), Err(unaligned.into()));
    let beyond = Trap::BufferOutOfBounds { copy_direction: write };
    for (address, length) in [(8, 3), (u64::MAX - 3, 1), (20, 0), (0, u32::MAX)] {
        let outcome = check_buffer(&memory, layout, write, address, length);
        assert_eq!(outcome, Err(beyond.into()));
    }
}
