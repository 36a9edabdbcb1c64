//! What lifting and lowering need of the world: a memory, `realloc`, handle tables, options. The
//! reference's `LiftLowerContext`.
//!
//! Lifting calls no guest code, so what is lifted may borrow the memory it lies in: a
//! [`LiftContext`] is a memory and whoever has the handle table. Lowering calls `realloc`, which
//! is a guest's code: it may trap, and the memory may be another one afterwards, so a
//! [`LowerContext`] is asked for the memory each time.

use core::any::Any;

use crate::builtin::TypeIndex;
use crate::chooser::{Choice, Chooser};
use crate::core_value::IntegerType;
use crate::error::{AbiError, Error, Failure};
use crate::id::{EndId, ErrorContextId};
use crate::limit::{
    CANONICAL_FLOAT32_NAN, CANONICAL_FLOAT64_NAN, MAX_LIST_BYTE_LENGTH, REALLOC_I32_MAX,
};
use crate::trap::{CopyDirection, EndKind, Trap};

use super::layout::is_aligned;
use super::memory::range;
use super::{FlatValues, Layout, Resource, Shape, StringEncoding};

/// The options of a canonical definition that lifting and lowering obey, and who is on the other
/// side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// What the addresses of the memory are.
    pub address_type: IntegerType,
    /// How strings lie in the memory.
    pub string_encoding: StringEncoding,
    /// Who gets what is lifted, or gave what is lowered. It decides only which rule a string or
    /// list that is out of bounds breaks: the spec's suite tells the two apart.
    pub peer: Peer,
    /// What a NaN is lowered as. The spec leaves that open: an adapter that makes these options
    /// for a call takes [`NanBits::choose`] of the machine's chooser.
    pub nan: NanBits,
}

impl Options {
    /// These addresses and this encoding, for values from or to the host.
    #[must_use]
    pub const fn new(address_type: IntegerType, string_encoding: StringEncoding) -> Self {
        Self { address_type, string_encoding, peer: Peer::Host, nan: NanBits::CANONICAL }
    }
}

/// Who is on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// The host.
    Host,
    /// A guest: values go from one memory to another.
    Guest,
}

/// The bits that a NaN is lowered as.
///
/// The reference makes them up for each NaN (`random_nan_bits`), or takes the canonical ones
/// where `DETERMINISTIC_PROFILE` is set. Here they are the same for all values of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NanBits {
    f32: u32,
    f64: u64,
}

impl NanBits {
    /// Those that the canonical ABI calls canonical.
    pub const CANONICAL: Self = Self { f32: CANONICAL_FLOAT32_NAN, f64: CANONICAL_FLOAT64_NAN };

    /// Every sign with every kind of fraction that a guest could tell apart: that of the canonical
    /// NaN, all ones, all ones but for the bit that makes a NaN quiet, and only the lowest bit.
    /// Each bit that is open is 0 in some and 1 in others.
    const ALL: [Self; 8] = [
        Self::CANONICAL,
        Self { f32: 0xffc0_0000, f64: 0xfff8_0000_0000_0000 },
        Self { f32: 0x7fff_ffff, f64: 0x7fff_ffff_ffff_ffff },
        Self { f32: 0xffff_ffff, f64: 0xffff_ffff_ffff_ffff },
        Self { f32: 0x7fbf_ffff, f64: 0x7ff7_ffff_ffff_ffff },
        Self { f32: 0xffbf_ffff, f64: 0xfff7_ffff_ffff_ffff },
        Self { f32: 0x7f80_0001, f64: 0x7ff0_0000_0000_0001 },
        Self { f32: 0xff80_0001, f64: 0xfff0_0000_0000_0001 },
    ];

    /// `random_nan_bits`: those that `chooser` chooses for [`Choice::NanBits`], of which the first
    /// are the canonical ones.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::NanBits;
    /// use weft::chooser::{DeterministicProfile, FirstInFirstOut, Replaying};
    ///
    /// assert_eq!(NanBits::choose(&mut FirstInFirstOut)?, NanBits::CANONICAL);
    /// assert_eq!(NanBits::choose(&mut DeterministicProfile)?, NanBits::CANONICAL);
    /// let negative = NanBits::choose(&mut Replaying::new(&[1]))?;
    /// assert_eq!(negative.encode_f32(f32::NAN), 0xffc0_0000);
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::ChoiceOutOfRange`]
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    pub fn choose<C: Chooser + ?Sized>(chooser: &mut C) -> Result<Self, Error> {
        const COUNT: u32 = 8;
        let choice = Choice::NanBits;
        let chosen = chooser.choose(choice, COUNT);
        let bits = usize::try_from(chosen).ok().and_then(|chosen| Self::ALL.get(chosen));
        bits.copied().ok_or(Error::ChoiceOutOfRange { choice, chosen, count: COUNT })
    }

    /// Bits made from a random number: any sign and any payload of a quiet NaN.
    #[must_use]
    pub const fn scrambled(random: u64) -> Self {
        let quiet = random | CANONICAL_FLOAT64_NAN;
        Self { f32: super::flat_values::low_half(random) | CANONICAL_FLOAT32_NAN, f64: quiet }
    }

    /// `maybe_scramble_nan32`, and the bits of what comes out.
    #[must_use]
    pub const fn encode_f32(&self, value: f32) -> u32 {
        if value.is_nan() { self.f32 } else { value.to_bits() }
    }

    /// `maybe_scramble_nan64`, and the bits of what comes out.
    #[must_use]
    pub const fn encode_f64(&self, value: f64) -> u64 {
        if value.is_nan() { self.f64 } else { value.to_bits() }
    }
}

/// Whoever has the handle table that handles are lifted from.
///
/// The machine does all of it: [`lift_own`](crate::machine::Machine::lift_own) and its like.
///
/// The `ty` that each method is given is the number in the type, as in `Type::Own(ty)`; it may be
/// the component's own. Whoever implements this translates it to the machine's, asks the machine
/// with that, and gives a [`Resource`] that has it.
pub trait LiftHandles {
    /// `lift_own`: takes a resource out of the table.
    ///
    /// # Errors
    ///
    /// As [`Machine::lift_own`](crate::machine::Machine::lift_own).
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure>;

    /// `lift_borrow`: lends a resource to the call.
    ///
    /// # Errors
    ///
    /// As [`Machine::lift_borrow`](crate::machine::Machine::lift_borrow).
    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure>;

    /// `lift_stream` and `lift_future`: takes a readable end out of the table.
    ///
    /// # Errors
    ///
    /// As [`Machine::lift_end`](crate::machine::Machine::lift_end).
    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure>;

    /// `lift_error_context`: the error context at `index` of the table.
    ///
    /// # Errors
    ///
    /// As [`Machine::lift_error_context`](crate::machine::Machine::lift_error_context).
    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure>;

    /// The number of a handle's type, by which the other functions know it: of an
    /// [`Own`](Shape::Own), [`Borrow`](Shape::Borrow), [`Stream`](Shape::Stream) or
    /// [`Future`](Shape::Future).
    ///
    /// Only values of Rust's own types ask for it; a type that is known at run time has the number
    /// in it.
    ///
    /// # Errors
    ///
    /// [`AbiError::UnknownHandleType`] if nobody has said which type of the store it is.
    fn handle_type(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        let _ = shape;
        Err(AbiError::UnknownHandleType.into())
    }

    /// Lifts a resource of which the host keeps a value, and puts that value into `place`: of an
    /// [`Own`](Shape::Own), which the host has from then on, or a [`Borrow`](Shape::Borrow). The type
    /// of `place` is a matter of those who keep values; with `alloc`, it is an `Option` of a
    /// `SharedValue`.
    ///
    /// # Errors
    ///
    /// [`AbiError::ResourceValue`] if there is no such value; those of [`lift_own`](Self::lift_own),
    /// [`lift_borrow`](Self::lift_borrow) and [`handle_type`](Self::handle_type).
    fn lift_value(
        &mut self,
        shape: &Shape,
        index: u32,
        place: &mut dyn Any,
    ) -> Result<(), Failure> {
        let _ = (shape, index, place);
        Err(AbiError::ResourceValue.into())
    }
}

/// The handle table of an instance that has no handles: every index is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NoHandles;

impl LiftHandles for NoHandles {
    fn lift_own(&mut self, _: TypeIndex, index: u32) -> Result<Resource, Failure> {
        Err(Trap::UnknownHandleIndex { index }.into())
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

/// What values are lifted from.
#[derive(Clone, Copy, Debug)]
pub struct LiftContext<'a, H = NoHandles> {
    /// The memory.
    pub memory: &'a [u8],
    /// The options of the definition.
    pub options: Options,
    /// Whoever has the handle table.
    pub handles: H,
    /// As many bytes of the host's memory as what is lifted may still take: see
    /// [`charge`](Self::charge).
    pub budget: u64,
}

impl<'a> LiftContext<'a> {
    /// A memory, with no handles.
    #[must_use]
    pub const fn new(memory: &'a [u8], options: Options) -> Self {
        Self::with_handles(memory, options, NoHandles)
    }

    /// The [`budget`](Self::budget) of a new context: 128 MiB.
    pub const DEFAULT_BUDGET: u64 = 128 << 20;
}

impl<'a, H> LiftContext<'a, H> {
    /// A memory, and whoever has the handle table of its instance.
    pub const fn with_handles(memory: &'a [u8], options: Options, handles: H) -> Self {
        Self { memory, options, handles, budget: LiftContext::DEFAULT_BUDGET }
    }

    /// This with another [`budget`](Self::budget); [`u64::MAX`] is none.
    #[must_use]
    pub fn with_budget(self, budget: u64) -> Self {
        Self { budget, ..self }
    }

    /// Takes what is about to be allocated for a lifted value from the [`budget`](Self::budget).
    ///
    /// A guest can have a host lift far more than its memory holds: the lists in a list may all
    /// lie in the same place. Every `Val`, `String`, `Vec`, `Box` and map is charged for before it
    /// is made, by its size and not by what its allocator adds; what borrows the guest's memory
    /// costs nothing.
    ///
    /// # Errors
    ///
    /// [`AbiError::LiftedTooLarge`] if there is not so much left.
    pub const fn charge(&mut self, bytes: u64) -> Result<(), Failure> {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(Failure::Error(Error::Abi(AbiError::LiftedTooLarge))),
        }
    }

    /// The bytes of a value that was passed by its address: the checks of `lift_flat_values`.
    ///
    /// # Errors
    ///
    /// Traps: `pointer-unaligned`, `pointer-out-of-bounds`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
    pub fn spilled(&self, address: u64, layout: Layout) -> Result<&'a [u8], Failure> {
        if !is_aligned(address, layout.alignment) {
            return Err(Trap::PointerUnaligned.into());
        }
        Ok(range(self.memory, address, layout.size).ok_or(Trap::PointerOutOfBounds)?)
    }

    /// The bytes of a list's elements: the checks of `load_list_from_range`.
    ///
    /// # Errors
    ///
    /// Traps: `list-too-long`, `pointer-unaligned`, `list-out-of-bounds`;
    /// `list-content-out-of-bounds` if it goes to another guest.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
    pub fn load_list_from_range(
        &self,
        address: u64,
        length: u64,
        element: Layout,
    ) -> Result<&'a [u8], Failure> {
        let byte_length = length.checked_mul(element.size).filter(|it| *it <= MAX_LIST);
        let byte_length = byte_length.ok_or(Trap::ListTooLong)?;
        if !is_aligned(address, element.alignment) {
            return Err(Trap::PointerUnaligned.into());
        }
        let bytes = range(self.memory, address, byte_length);
        Ok(bytes.ok_or(match self.options.peer {
            Peer::Host => Trap::ListOutOfBounds,
            Peer::Guest => Trap::ListContentOutOfBounds,
        })?)
    }
}

/// Whether the buffer of a read or write of a stream or future is aligned and lies in its memory:
/// the checks of the reference's `GuestBuffer`, with the traps of the built-in.
///
/// No elements, or elements of no type, which have size 0, need no memory: their address may be
/// any. That the length is not above `MAX_BUFFER_LENGTH` is for the machine to check.
///
/// # Errors
///
/// Traps: `buffer-unaligned`, `buffer-out-of-bounds`.
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#buffer-state)
#[inline]
pub fn check_buffer(
    memory: &[u8],
    element: Layout,
    copy_direction: CopyDirection,
    address: u64,
    length: u32,
) -> Result<(), Failure> {
    if length == 0 || element.size == 0 {
        return Ok(());
    }
    if !is_aligned(address, element.alignment) {
        return Err(Trap::BufferUnaligned { copy_direction }.into());
    }
    let bytes = element.size.checked_mul(u64::from(length));
    bytes
        .and_then(|bytes| range(memory, address, bytes))
        .ok_or(Trap::BufferOutOfBounds { copy_direction })?;
    Ok(())
}

const MAX_LIST: u64 = MAX_LIST_BYTE_LENGTH as u64;
const MAX_REALLOC: u64 = REALLOC_I32_MAX as u64;

/// What values are lowered into.
///
/// The `ty` that handles are lowered with is the number in the type, as in `Type::Own(ty)`; it
/// may be the component's own. Whoever implements this translates it to the machine's, and
/// compares that with the value's: a [`Resource`] does so with
/// [`representation_of`](Resource::representation_of), and an end is compared by
/// [`Machine::lower_end`](crate::machine::Machine::lower_end). So a host's value of another type
/// is [`AbiError::ValueMismatch`], and nothing is lowered.
pub trait LowerContext {
    /// The options of the definition.
    fn options(&self) -> &Options;

    /// The memory, as it is now.
    fn memory_mut(&mut self) -> &mut [u8];

    /// Calls the guest's `realloc`; the memory may be another one afterwards.
    ///
    /// What it returns is not checked here.
    ///
    /// # Errors
    ///
    /// What the guest's code traps with.
    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure>;

    /// `lower_own`: gives a resource to the instance, and gives its index there.
    ///
    /// # Errors
    ///
    /// [`AbiError::ValueMismatch`] if the resource is of another type; and as
    /// [`Machine::lower_own`](crate::machine::Machine::lower_own).
    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure>;

    /// `lower_borrow`: lends a resource to the task, and gives its index, or its representation
    /// if the task's instance defines the resource type:
    /// [`LoweredBorrow::to_core`](crate::machine::LoweredBorrow::to_core).
    ///
    /// # Errors
    ///
    /// [`AbiError::ValueMismatch`] if the resource is of another type; and as
    /// [`Machine::lower_borrow`](crate::machine::Machine::lower_borrow).
    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure>;

    /// `lower_stream` and `lower_future`: gives a readable end to the instance, and gives its
    /// index there.
    ///
    /// # Errors
    ///
    /// As [`Machine::lower_end`](crate::machine::Machine::lower_end).
    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure>;

    /// `lower_error_context`: gives an error context to the instance, and gives its index there.
    ///
    /// # Errors
    ///
    /// As [`Machine::lower_error_context`](crate::machine::Machine::lower_error_context).
    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure>;

    /// The number of a handle's type, by which the other functions know it: of an
    /// [`Own`](Shape::Own), [`Borrow`](Shape::Borrow), [`Stream`](Shape::Stream) or
    /// [`Future`](Shape::Future).
    ///
    /// Only values of Rust's own types ask for it; a type that is known at run time has the number
    /// in it.
    ///
    /// # Errors
    ///
    /// [`AbiError::UnknownHandleType`] if nobody has said which type of the store it is.
    fn handle_type(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        let _ = shape;
        Err(AbiError::UnknownHandleType.into())
    }

    /// Lowers a resource whose value is `value`: an [`Own`](Shape::Own) or a
    /// [`Borrow`](Shape::Borrow). Returns its index. The type of `value` is a matter of those who keep
    /// values; with `alloc`, it is a `SharedValue`.
    ///
    /// # Errors
    ///
    /// [`AbiError::ResourceValue`] if resources of this type have no such values; those of
    /// [`lower_own`](Self::lower_own), [`lower_borrow`](Self::lower_borrow) and
    /// [`handle_type`](Self::handle_type).
    fn lower_value(&mut self, shape: &Shape, value: &dyn Any) -> Result<u32, Failure> {
        let _ = (shape, value);
        Err(AbiError::ResourceValue.into())
    }
}

/// The checked allocations that lowering makes with the help of its context.
pub trait LowerContextExt: LowerContext {
    /// New memory for the `length` elements of a list: the checks of `store_list_into_range`.
    ///
    /// # Errors
    ///
    /// [`AbiError::TooLong`] if `realloc` can't be asked for so much; no list that was lifted is so
    /// long in any memory. Traps: `realloc-unaligned`, `realloc-out-of-bounds`;
    /// `pointer-unaligned`, `list-content-out-of-bounds` if the list
    /// comes from another guest; and what `realloc` traps with.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    fn allocate_list(&mut self, length: usize, element: Layout) -> Result<u64, Failure> {
        let byte_length = lowered_byte_length(length, element.size).ok_or(AbiError::TooLong)?;
        self.allocate(element.alignment, byte_length, Trap::ListContentOutOfBounds)
    }

    /// The memory for values that are passed by their address: what a guest gave as
    /// `out_param`, or new memory, whose address is added to `flat`. The checks of
    /// `lower_flat_values`.
    ///
    /// # Errors
    ///
    /// Traps: `realloc-unaligned`, `realloc-out-of-bounds`; `pointer-unaligned`,
    /// `pointer-out-of-bounds` for an `out_param`, and if the values come from another guest; and
    /// what `realloc` traps with.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
    fn spill(
        &mut self,
        layout: Layout,
        out_param: Option<u64>,
        flat: &mut FlatValues,
    ) -> Result<u64, Failure> {
        let Some(address) = out_param else {
            let out = Trap::PointerOutOfBounds;
            let address = self.allocate(layout.alignment, layout.size, out)?;
            flat.push(address)?;
            return Ok(address);
        };
        if !is_aligned(address, layout.alignment) {
            return Err(Trap::PointerUnaligned.into());
        }
        range(self.memory_mut(), address, layout.size).ok_or(Trap::PointerOutOfBounds)?;
        Ok(address)
    }
}

impl<C: LowerContext + ?Sized> LowerContextExt for C {}

/// The steps of lowering that this crate's own types share.
pub(super) trait LoweringSteps: LowerContext {
    /// Allocates, and checks the result. `guest` is the trap for an address out of bounds if the value
    /// comes from another guest.
    fn allocate(&mut self, alignment: u32, length: u64, guest: Trap) -> Result<u64, Failure> {
        self.reallocate(0, 0, alignment, length, guest)
    }

    /// Reallocates, and checks the result.
    fn reallocate(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
        guest: Trap,
    ) -> Result<u64, Failure> {
        if new_byte_length > MAX_REALLOC {
            return Err(AbiError::TooLong.into());
        }
        let address = self.realloc(old_address, old_byte_length, alignment, new_byte_length)?;
        let (unaligned, out_of_bounds) = match self.options().peer {
            Peer::Host => (Trap::ReallocUnaligned, Trap::ReallocOutOfBounds),
            Peer::Guest => (Trap::PointerUnaligned, guest),
        };
        if !is_aligned(address, alignment) {
            return Err(unaligned.into());
        }
        range(self.memory_mut(), address, new_byte_length).ok_or(out_of_bounds)?;
        Ok(address)
    }

    /// Writes bytes into memory that was checked before.
    fn write<const N: usize>(&mut self, address: u64, bytes: [u8; N]) -> Result<(), Failure> {
        let memory = self.memory_mut();
        Ok(super::memory::store_array(memory, address, bytes).ok_or(AbiError::UncheckedAddress)?)
    }

    /// Writes an address and a length into memory that was checked before.
    fn write_pair(&mut self, address: u64, pair: (u64, u64)) -> Result<(), Failure> {
        let address_type = self.options().address_type;
        let second = address.saturating_add(super::layout::ptr_size(address_type).into());
        let memory = self.memory_mut();
        let stored = super::memory::store_ptr(memory, address, pair.0, address_type)
            .and_then(|()| super::memory::store_ptr(memory, second, pair.1, address_type));
        Ok(stored.ok_or(AbiError::UncheckedAddress)?)
    }
}

impl<C: LowerContext + ?Sized> LoweringSteps for C {}

/// The length in bytes of `length` elements of so many bytes, if `realloc` can be asked for it.
///
/// That is all that limits what is lowered, with addresses of either width: `MAX_LIST_BYTE_LENGTH`
/// and `MAX_STRING_BYTE_LENGTH` are limits of lifting, so low that what is lifted can always be
/// lowered.
pub(super) fn lowered_byte_length(length: usize, element_size: u64) -> Option<u64> {
    let byte_length = u64::try_from(length).ok()?.checked_mul(element_size)?;
    (byte_length <= MAX_REALLOC).then_some(byte_length)
}
