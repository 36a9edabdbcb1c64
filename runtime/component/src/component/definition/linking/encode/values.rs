//! The two sides of a link, and the places that values come from and go to.

use alloc::vec::Vec;

use wasm_encoder::{BlockType, MemArg, MemArgTarget};

use crate::abi::{CoreFunctionType, Offset};
use crate::component::definition::linking::call_part::CallPart;
use crate::component::definition::linking::core_space::MemoryKind;
use crate::component::definition::linking::link_import::{
    LinkEnd, LinkFunction, LinkImport, flat_types,
};
use crate::component::definition::linking::link_input::LinkInput;
use crate::component::definition::linking::link_input::LinkSide;
use crate::component::definition::linking::link_trap::LinkTrap;
use crate::core_value::{CoreType, IntegerType};

use super::body::Body;
use super::imports::Imports;

/// The code of a link that moves values in one direction.
pub(super) struct Values<'a, 'i> {
    pub(super) body: &'a mut Body,
    pub(super) imports: &'a mut Imports,
    pub(super) input: &'a LinkInput<'i>,
    /// The position of the link in its group.
    pub(super) member: usize,
    /// The index of the callee's flag.
    pub(super) flag: u32,
    /// The side that values come from.
    pub(super) from: LinkEnd,
    /// The local that counts the bytes of lists and strings, if there are several.
    pub(super) sum: Option<u32>,
    /// The local that is 1 after the bits of NaNs were chosen, if there are floats.
    pub(super) nan_chosen: Option<u32>,
}

/// The place that a value comes from.
pub(super) enum Source<'c, 's> {
    /// The first of these locals.
    Flat(&'c mut Locals<'s>),
    /// A place in memory.
    Memory(Place),
}

/// The locals that are not used yet.
#[derive(Clone)]
pub(super) struct Locals<'s>(pub(super) &'s [u32]);

/// The place that a value goes to.
pub(super) enum Target<'t> {
    /// After these locals.
    Flat(&'t mut Vec<u32>),
    /// A place in memory.
    Memory(Place),
}

/// A place in memory: a local with an address, and an offset from there.
#[derive(Clone, Copy)]
pub(super) struct Place {
    base: u32,
    offset: u64,
}

/// A memory, by its index.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    pub(super) index: u32,
    pub(super) kind: MemoryKind,
}

impl Locals<'_> {
    /// Takes the next local.
    pub(super) fn next(&mut self) -> u32 {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                *first
            }
            // There is a local for each core value of the type.
            [] => 0,
        }
    }

    /// Skips some locals.
    pub(super) fn skip(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }
}

impl Place {
    /// Returns the place at the address in a local.
    pub(super) const fn at(base: u32) -> Self {
        Self { base, offset: 0 }
    }

    /// Returns the place at an offset from this one.
    pub(super) const fn after(self, offset: u64) -> Self {
        Self { base: self.base, offset: self.offset.saturating_add(offset) }
    }

    /// Returns the argument of an instruction that loads or stores here.
    pub(super) const fn argument(self, memory: Memory) -> MemArg {
        let target = MemArgTarget::Memory(memory.index);
        MemArg { offset: self.offset, align: 0, target, ordering: None }
    }

    /// Returns the local with the base address.
    pub(super) const fn base(self) -> u32 {
        self.base
    }

    /// Returns the offset from the base address.
    pub(super) const fn offset(self) -> u64 {
        self.offset
    }
}

impl<'s> Source<'_, 's> {
    /// Returns a part of a value, at an offset in memories with such addresses.
    pub(super) fn part(&mut self, offset: Offset, addresses: IntegerType) -> Source<'_, 's> {
        match self {
            Self::Flat(locals) => Source::Flat(locals),
            Self::Memory(place) => Source::Memory(place.after(offset.of(addresses))),
        }
    }
}

impl Target<'_> {
    /// Returns a part of a value, at an offset in memories with such addresses.
    pub(super) fn part(&mut self, offset: Offset, addresses: IntegerType) -> Target<'_> {
        match self {
            Self::Flat(locals) => Target::Flat(locals),
            Self::Memory(place) => Target::Memory(place.after(offset.of(addresses))),
        }
    }
}

impl LinkEnd {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }

    pub(super) const fn side(self, input: &LinkInput<'_>) -> LinkSide {
        match self {
            Self::Caller => input.caller,
            Self::Callee => input.callee,
        }
    }

    pub(super) const fn addresses(self, input: &LinkInput<'_>) -> IntegerType {
        self.side(input).options.address_type
    }

    const fn instance(self, input: &LinkInput<'_>) -> usize {
        let [caller, callee] = input.instances;
        match self {
            Self::Caller => caller,
            Self::Callee => callee,
        }
    }
}

impl Values<'_, '_> {
    /// Returns the type of addresses on the side that values come from.
    pub(super) const fn source_addresses(&self) -> IntegerType {
        self.from.addresses(self.input)
    }

    /// Returns the type of addresses on the side that values go to.
    pub(super) const fn target_addresses(&self) -> IntegerType {
        self.from.other().addresses(self.input)
    }

    /// Returns the memory that values come from.
    pub(super) fn source_memory(&mut self) -> Memory {
        self.memory(self.from)
    }

    /// Returns the memory that values go to.
    pub(super) fn target_memory(&mut self) -> Memory {
        self.memory(self.from.other())
    }

    fn memory(&mut self, end: LinkEnd) -> Memory {
        let LinkSide { options, memory } = end.side(self.input);
        // If values are in memory, validation has made sure that there is a memory.
        let kind =
            memory.unwrap_or(MemoryKind { address_type: options.address_type, page_size_log2: 16 });
        let key = (end.instance(self.input), options.memory.unwrap_or_default());
        let index = self.imports.memory(LinkImport::Memory(self.member, end), key, kind);
        Memory { index, kind }
    }

    /// Calls the `realloc` of the side that values go to, with the size in bytes in the local
    /// `size`. Returns the local with the new address.
    pub(super) fn realloc(&mut self, alignment: u32, size: u32) -> u32 {
        let end = self.from.other();
        let address: CoreType = self.target_addresses().into();
        let LinkSide { options, .. } = end.side(self.input);
        let ty =
            CoreFunctionType { params: flat_types(&[address; 4]), results: flat_types(&[address]) };
        let key = (end.instance(self.input), options.realloc.unwrap_or_default());
        let function = self.imports.function(LinkImport::Realloc(self.member, end), key, &ty);
        let part = match end {
            LinkEnd::Caller => CallPart::CallerRealloc,
            LinkEnd::Callee => CallPart::CalleeRealloc,
        };
        self.enter(part);
        for constant in [0, 0, u64::from(alignment)] {
            self.address_constant(self.target_addresses(), constant);
        }
        self.body.code().local_get(size).call(function);
        let local = self.body.set_local(address);
        self.enter(CallPart::Function);
        local
    }

    /// Sets the callee's flag to this part of the link's call.
    pub(super) fn enter(&mut self, part: CallPart) {
        let value = part.flag(self.input.position);
        self.body.code().i32_const(value).global_set(self.flag);
    }

    /// Pushes an address that is a constant.
    pub(super) fn address_constant(&mut self, addresses: IntegerType, value: u64) {
        match addresses {
            // Constants are never larger, as the sizes of values are limited.
            IntegerType::I32 => {
                let value = u32::try_from(value).unwrap_or(u32::MAX);
                self.body.code().i32_const(value.cast_signed())
            }
            IntegerType::I64 => self.body.code().i64_const(value.cast_signed()),
        };
    }

    /// Pushes an address or a length in a local as an `i64`.
    pub(super) fn push_wide(&mut self, addresses: IntegerType, local: u32) {
        self.body.code().local_get(local);
        if addresses == IntegerType::I32 {
            self.body.code().i64_extend_i32_u();
        }
    }

    /// Pushes the size of a memory in bytes, as an `i64`.
    pub(super) fn push_memory_bytes(&mut self, memory: Memory) {
        self.body.code().memory_size(memory.index);
        if memory.kind.address_type == IntegerType::I32 {
            self.body.code().i64_extend_i32_u();
        }
        if memory.kind.page_size_log2 > 0 {
            self.body.code().i64_const(i64::from(memory.kind.page_size_log2)).i64_shl();
        }
    }

    /// Traps if the value on the stack is not 0.
    pub(super) fn trap_if(&mut self, trap: LinkTrap) {
        let function = self.imports.host(LinkFunction::Trap);
        let mut code = self.body.code();
        code.if_(BlockType::Empty).i32_const(trap.code().cast_signed()).call(function);
        code.unreachable().end();
    }

    /// Traps unless the bytes at an address are inside of a memory. The address and the number of
    /// bytes are in locals.
    pub(super) fn check_bounds(
        &mut self,
        memory: Memory,
        address: u32,
        (addresses, bytes): (IntegerType, u32),
        trap: LinkTrap,
    ) {
        let own = memory.kind.address_type;
        match own {
            // With 64 bits, the end of a range of 32-bit addresses does not overflow.
            IntegerType::I32 => {
                self.push_wide(own, address);
                self.push_wide(addresses, bytes);
                self.body.code().i64_add();
                self.push_memory_bytes(memory);
                self.body.code().i64_gt_u();
            }
            // The address must not be above the size of the memory minus the number of bytes.
            IntegerType::I64 => {
                self.push_memory_bytes(memory);
                let size = self.body.set_local(CoreType::I64);
                self.push_wide(addresses, bytes);
                self.body.code().local_get(size).i64_gt_u();
                self.body.code().local_get(address).local_get(size);
                self.push_wide(addresses, bytes);
                self.body.code().i64_sub().i64_gt_u().i32_or();
            }
        }
        self.trap_if(trap);
    }

    /// Traps unless the address in a local is aligned.
    pub(super) fn check_aligned(
        &mut self,
        addresses: IntegerType,
        address: u32,
        alignment: u32,
        trap: LinkTrap,
    ) {
        if alignment <= 1 {
            return;
        }
        let mask = i32::try_from(alignment - 1).unwrap_or_default();
        let mut code = self.body.code();
        code.local_get(address);
        if addresses == IntegerType::I64 {
            code.i32_wrap_i64();
        }
        code.i32_const(mask).i32_and();
        self.trap_if(trap);
    }
}
