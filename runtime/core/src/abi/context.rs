//! The context of lifting and lowering: a memory, `realloc`, handle tables and options. The
//! reference's `LiftLowerContext`.
//!
//! Lifting calls no guest code. So a lifted value may borrow the memory that it is in, and a
//! [`LiftContext`] has the memory and the owner of the handle table. Lowering calls `realloc`,
//! which is guest code. It may trap, and the memory may be another one afterwards. So a
//! [`LowerContext`] is asked for the memory each time.

use core::any::Any;

use crate::builtin::TypeIndex;
use crate::chooser::{Choice, Chooser, check_choice};
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

/// The options of a canonical definition that lifting and lowering need, and the other side of
/// the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// The type of the memory's addresses.
    pub address_type: IntegerType,
    /// The encoding of strings in the memory.
    pub string_encoding: StringEncoding,
    /// The side that gets the lifted values, or that the lowered values come from. It only decides
    /// which rule a string or list that is out of bounds breaks, because the spec's suite
    /// distinguishes these rules.
    pub peer: Peer,
    /// The bits that a NaN is lowered as. The spec leaves them open. An adapter that makes these
    /// options for a call asks the machine's chooser with [`NanBits::choose`].
    pub nan: NanBits,
}

impl Options {
    /// Creates options with these addresses and this encoding, for values from or to the host.
    #[must_use]
    pub const fn new(address_type: IntegerType, string_encoding: StringEncoding) -> Self {
        Self { address_type, string_encoding, peer: Peer::Host, nan: NanBits::CANONICAL }
    }
}

/// The other side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// The host.
    Host,
    /// A guest: values go from one memory to another.
    Guest,
}

/// The bits that a NaN is lowered as.
///
/// The reference makes new bits for each NaN (`random_nan_bits`), or takes the canonical ones if
/// `DETERMINISTIC_PROFILE` is set. Here they are the same for all values that move together: the
/// arguments of a call, its result, or the elements of one copy of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NanBits {
    f32: u32,
    f64: u64,
}

impl NanBits {
    /// The canonical NaNs of the canonical ABI.
    pub const CANONICAL: Self = Self { f32: CANONICAL_FLOAT32_NAN, f64: CANONICAL_FLOAT64_NAN };

    /// Both signs, with each kind of fraction that a guest could distinguish: that of the
    /// canonical NaN, all ones, all ones without the bit that makes a NaN quiet, and only the
    /// lowest bit. Each bit that is open is 0 in some and 1 in others.
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

    /// Returns the bits that `chooser` chooses for [`Choice::NanBits`]: `random_nan_bits`. The
    /// first possibility is the canonical bits.
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
    /// [`Error::ChoiceOutOfRange`] if the chooser returned a choice that does not exist;
    /// [`Error::ChoiceRefused`] if it refused to choose.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    pub fn choose<C: Chooser + ?Sized>(chooser: &mut C) -> Result<Self, Error> {
        const COUNT: u32 = 8;
        let choice = Choice::NanBits;
        let chosen = check_choice(choice, COUNT, chooser.choose(choice, COUNT))?;
        let bits = usize::try_from(chosen).ok().and_then(|chosen| Self::ALL.get(chosen));
        bits.copied().ok_or(Error::ChoiceOutOfRange { choice, chosen, count: COUNT })
    }

    /// Creates bits from a random number, with any sign and any payload of a quiet NaN.
    #[must_use]
    pub const fn scrambled(random: u64) -> Self {
        let quiet = random | CANONICAL_FLOAT64_NAN;
        Self { f32: super::flat_values::low_half(random) | CANONICAL_FLOAT32_NAN, f64: quiet }
    }

    /// Returns the bits of a lowered `f32`: `maybe_scramble_nan32`.
    #[must_use]
    pub const fn encode_f32(&self, value: f32) -> u32 {
        if value.is_nan() { self.f32 } else { value.to_bits() }
    }

    /// Returns the bits of a lowered `f64`: `maybe_scramble_nan64`.
    #[must_use]
    pub const fn encode_f64(&self, value: f64) -> u64 {
        if value.is_nan() { self.f64 } else { value.to_bits() }
    }
}

/// The owner of the handle table that handles are lifted from.
///
/// The machine has methods for all of this: [`lift_own`](crate::machine::Machine::lift_own) and its
/// like.
///
/// The `ty` of each method is the number in the type, as in `Type::Own(ty)`. It may be the
/// component's own number. The implementation translates it to the machine's number, passes that
/// to the machine, and returns a [`Resource`] with it.
pub trait LiftHandles {
    /// Takes a resource out of the table: `lift_own`.
    ///
    /// # Errors
    ///
    /// Those of [`Machine::lift_own`](crate::machine::Machine::lift_own).
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure>;

    /// Lends a resource to the call: `lift_borrow`.
    ///
    /// # Errors
    ///
    /// Those of [`Machine::lift_borrow`](crate::machine::Machine::lift_borrow).
    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure>;

    /// Takes a readable end out of the table: `lift_stream` and `lift_future`.
    ///
    /// # Errors
    ///
    /// Those of [`Machine::lift_end`](crate::machine::Machine::lift_end).
    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure>;

    /// Returns the error context at `index` of the table: `lift_error_context`.
    ///
    /// # Errors
    ///
    /// Those of [`Machine::lift_error_context`](crate::machine::Machine::lift_error_context).
    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure>;

    /// Returns the number of a handle's type, which the other methods take. The handle is an
    /// [`Own`](Shape::Own), [`Borrow`](Shape::Borrow), [`Stream`](Shape::Stream) or
    /// [`Future`](Shape::Future).
    ///
    /// Only values of Rust types need it. A type that is known at run time contains the number.
    ///
    /// # Errors
    ///
    /// [`AbiError::UnknownHandleType`] if the Rust type is not bound to a type of the store.
    fn handle_type(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        let _ = shape;
        Err(AbiError::UnknownHandleType.into())
    }

    /// Lifts a resource of which the host keeps a value, and puts that value into `place`.
    ///
    /// The handle is an [`Own`](Shape::Own), which the host has from then on, or a
    /// [`Borrow`](Shape::Borrow). The keeper of values decides the type of `place`; with `alloc`,
    /// it is an `Option` of a `SharedValue`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ResourceValue`] if there is no such value.
    /// - Those of [`lift_own`](Self::lift_own), [`lift_borrow`](Self::lift_borrow) and
    ///   [`handle_type`](Self::handle_type).
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

/// A handle table without handles: every index is unknown.
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

/// The memory and the handles that values are lifted from.
#[derive(Clone, Copy, Debug)]
pub struct LiftContext<'a, H = NoHandles> {
    /// The memory.
    pub memory: &'a [u8],
    /// The options of the definition.
    pub options: Options,
    /// The owner of the handle table.
    pub handles: H,
    /// The number of bytes of memory on the host that lifted values may still take: see
    /// [`charge`](Self::charge).
    pub budget: u64,
}

impl<'a> LiftContext<'a> {
    /// Creates a context of a memory, without handles.
    #[must_use]
    pub const fn new(memory: &'a [u8], options: Options) -> Self {
        Self::with_handles(memory, options, NoHandles)
    }

    /// The [`budget`](Self::budget) of a new context: 128 MiB.
    pub const DEFAULT_BUDGET: u64 = 128 << 20;
}

impl<'a, H> LiftContext<'a, H> {
    /// Creates a context of a memory, with the owner of its instance's handle table.
    pub const fn with_handles(memory: &'a [u8], options: Options, handles: H) -> Self {
        Self { memory, options, handles, budget: LiftContext::DEFAULT_BUDGET }
    }

    /// Returns this context with another [`budget`](Self::budget). [`u64::MAX`] is no limit.
    #[must_use]
    pub fn with_budget(self, budget: u64) -> Self {
        Self { budget, ..self }
    }

    /// Subtracts the size of a lifted value, which is allocated next, from the
    /// [`budget`](Self::budget).
    ///
    /// A guest can make a host lift far more than its memory holds, because the lists in a list
    /// may all lie in the same place. Every `Val`, `String`, `Vec`, `Box` and map is charged
    /// before it is made. The charge is its own size, without what its allocator adds. A value
    /// that borrows the guest's memory costs nothing.
    ///
    /// # Errors
    ///
    /// [`AbiError::LiftedTooLarge`] if less is left.
    pub const fn charge(&mut self, bytes: u64) -> Result<(), Failure> {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(Failure::Error(Error::Abi(AbiError::LiftedTooLarge))),
        }
    }

    /// Returns the bytes of a value that was passed by its address: the checks of
    /// `lift_flat_values`.
    ///
    /// # Errors
    ///
    /// The traps `pointer-unaligned` and `pointer-out-of-bounds`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
    pub fn spilled(&self, address: u64, layout: Layout) -> Result<&'a [u8], Failure> {
        if !is_aligned(address, layout.alignment) {
            return Err(Trap::PointerUnaligned.into());
        }
        Ok(range(self.memory, address, layout.size).ok_or(Trap::PointerOutOfBounds)?)
    }

    /// Returns the bytes of a list's elements: the checks of `load_list_from_range`.
    ///
    /// # Errors
    ///
    /// The traps `list-too-long`, `pointer-unaligned` and `list-out-of-bounds`, or
    /// `list-content-out-of-bounds` if the list goes to another guest.
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

/// Checks that the buffer of a read or write of a stream or future is aligned and lies inside its
/// memory: the checks of the reference's `GuestBuffer`, with the traps of the built-in.
///
/// A buffer without elements, or whose elements have no type and so size 0, needs no memory, and
/// may have any address. The machine checks that the length is not above `MAX_BUFFER_LENGTH`.
///
/// # Errors
///
/// The traps `buffer-unaligned` and `buffer-out-of-bounds`.
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

/// The memory and the handles that values are lowered into.
///
/// The `ty` that handles are lowered with is the number in the type, as in `Type::Own(ty)`. It
/// may be the component's own number. The implementation translates it to the machine's number,
/// and compares that with the number of the value: a [`Resource`] with
/// [`representation_of`](Resource::representation_of), and an end with
/// [`Machine::lower_end`](crate::machine::Machine::lower_end). So a value of another type is
/// [`AbiError::ValueMismatch`], and nothing is lowered.
pub trait LowerContext {
    /// Returns the options of the definition.
    fn options(&self) -> &Options;

    /// Returns the memory as it is now.
    fn memory_mut(&mut self) -> &mut [u8];

    /// Calls the guest's `realloc`. The memory may be another one afterwards.
    ///
    /// The result is not checked here.
    ///
    /// # Errors
    ///
    /// The trap of the guest's code.
    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure>;

    /// Passes a resource to the instance, and returns its index there: `lower_own`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ValueMismatch`] if the resource has another type.
    /// - Those of [`Machine::lower_own`](crate::machine::Machine::lower_own).
    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure>;

    /// Lends a resource to the task: `lower_borrow`. Returns its index, or its representation if
    /// the task's instance defines the resource type:
    /// [`LoweredBorrow::to_core`](crate::machine::LoweredBorrow::to_core).
    ///
    /// # Errors
    ///
    /// - [`AbiError::ValueMismatch`] if the resource has another type.
    /// - Those of [`Machine::lower_borrow`](crate::machine::Machine::lower_borrow).
    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure>;

    /// Passes a readable end to the instance, and returns its index there: `lower_stream` and
    /// `lower_future`.
    ///
    /// # Errors
    ///
    /// Those of [`Machine::lower_end`](crate::machine::Machine::lower_end).
    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure>;

    /// Passes an error context to the instance, and returns its index there:
    /// `lower_error_context`.
    ///
    /// # Errors
    ///
    /// Those of [`Machine::lower_error_context`](crate::machine::Machine::lower_error_context).
    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure>;

    /// Returns the number of a handle's type, which the other methods take. The handle is an
    /// [`Own`](Shape::Own), [`Borrow`](Shape::Borrow), [`Stream`](Shape::Stream) or
    /// [`Future`](Shape::Future).
    ///
    /// Only values of Rust types need it. A type that is known at run time contains the number.
    ///
    /// # Errors
    ///
    /// [`AbiError::UnknownHandleType`] if the Rust type is not bound to a type of the store.
    fn handle_type(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        let _ = shape;
        Err(AbiError::UnknownHandleType.into())
    }

    /// Lowers a resource whose value is `value`, as an [`Own`](Shape::Own) or a
    /// [`Borrow`](Shape::Borrow), and returns its index. The keeper of values decides the type of
    /// `value`; with `alloc`, it is a `SharedValue`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ResourceValue`] if resources of this type have no such values.
    /// - Those of [`lower_own`](Self::lower_own), [`lower_borrow`](Self::lower_borrow) and
    ///   [`handle_type`](Self::handle_type).
    fn lower_value(&mut self, shape: &Shape, value: &dyn Any) -> Result<u32, Failure> {
        let _ = (shape, value);
        Err(AbiError::ResourceValue.into())
    }
}

/// The checked allocations of lowering, with the `realloc` of its context.
pub trait LowerContextExt: LowerContext {
    /// Allocates memory for the `length` elements of a list: the checks of
    /// `store_list_into_range`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::TooLong`] if that is more than `realloc` can be asked for. No lifted list is
    ///   that long, in any memory.
    /// - The traps `realloc-unaligned` and `realloc-out-of-bounds`, or `pointer-unaligned` and
    ///   `list-content-out-of-bounds` if the list comes from another guest.
    /// - The trap of `realloc`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    fn allocate_list(&mut self, length: usize, element: Layout) -> Result<u64, Failure> {
        let byte_length = lowered_byte_length(length, element.size).ok_or(AbiError::TooLong)?;
        self.allocate(element.alignment, byte_length, Trap::ListContentOutOfBounds)
    }

    /// Returns the address of the memory for values that are passed by address: the checks of
    /// `lower_flat_values`.
    ///
    /// The memory is the `out_param` of the guest, or new memory, whose address is added to
    /// `flat`.
    ///
    /// # Errors
    ///
    /// - The traps `realloc-unaligned` and `realloc-out-of-bounds`, or `pointer-unaligned` and
    ///   `pointer-out-of-bounds` for an `out_param`, and if the values come from another guest.
    /// - The trap of `realloc`.
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
    /// Allocates memory, and checks its address. `guest` is the trap for an address out of bounds
    /// if the value comes from another guest.
    fn allocate(&mut self, alignment: u32, length: u64, guest: Trap) -> Result<u64, Failure> {
        self.reallocate(0, 0, alignment, length, guest)
    }

    /// Reallocates memory, and checks its address.
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

/// Returns the length in bytes of `length` elements of `element_size` bytes, if `realloc` can be
/// asked for it.
///
/// That is the only limit of lowering, with addresses of either width. `MAX_LIST_BYTE_LENGTH` and
/// `MAX_STRING_BYTE_LENGTH` are limits of lifting. They are so low that a lifted value can always
/// be lowered.
pub(super) fn lowered_byte_length(length: usize, element_size: u64) -> Option<u64> {
    let byte_length = u64::try_from(length).ok()?.checked_mul(element_size)?;
    (byte_length <= MAX_REALLOC).then_some(byte_length)
}
