//! Strings and lists: an address and a length.

use crate::abi::{ListShape, Type, ptr_size};
use crate::component::definition::linking::link_import::{LinkFunction, direction_code};
use crate::component::definition::linking::link_trap::LinkTrap;
use crate::core_value::{CoreType, IntegerType};
use crate::limit::MAX_LIST_BYTE_LENGTH;

use super::shape::is_copied;
use super::values::{Memory, Place, Source, Target, Values};

/// A string or a list whose content is copied.
#[derive(Clone, Copy)]
pub(super) struct Buffer {
    /// The size of an element or code unit, in bytes.
    size: u64,
    alignment: u32,
    is_string: bool,
}

/// Returns the narrower of two types of addresses.
pub(super) const fn shorter(one: IntegerType, other: IntegerType) -> IntegerType {
    match (one, other) {
        (IntegerType::I64, IntegerType::I64) => IntegerType::I64,
        _ => IntegerType::I32,
    }
}

impl Values<'_, '_> {
    /// Returns the content of a string, or of a list of variable length.
    pub(super) fn buffer(&self, ty: &Type) -> Option<Buffer> {
        match ty {
            Type::String => {
                let encoding = self.from.side(self.input).options.string_encoding;
                let size = if encoding == crate::abi::StringEncoding::Utf16 { 2 } else { 1 };
                Some(Buffer { size: size.into(), alignment: size, is_string: true })
            }
            Type::List(list) if !matches!(list.shape(), ListShape::FixedLength(_)) => {
                debug_assert!(is_copied(list.element()), "native code moves it");
                let layout = list.element().abi().narrow;
                let (size, alignment) = (layout.size, layout.alignment);
                Some(Buffer { size, alignment, is_string: false })
            }
            _ => None,
        }
    }

    /// Returns locals with the address and the length.
    fn pair(&mut self, source: &mut Source<'_, '_>) -> (u32, u32) {
        let addresses = self.source_addresses();
        match source {
            Source::Flat(locals) => (locals.next(), locals.next()),
            Source::Memory(place) => {
                let place = *place;
                let second = place.after(ptr_size(addresses).into());
                (self.load_address(place), self.load_address(second))
            }
        }
    }

    /// Returns a local with the address stored at a place.
    fn load_address(&mut self, place: Place) -> u32 {
        let addresses = self.source_addresses();
        let argument = place.argument(self.source_memory());
        let mut code = self.body.code();
        code.local_get(place.base());
        match addresses {
            IntegerType::I32 => code.i32_load(argument),
            IntegerType::I64 => code.i64_load(argument),
        };
        self.body.set_local(addresses.into())
    }

    /// Checks a string or a list.
    pub(super) fn check_buffer(&mut self, buffer: &Buffer, source: &mut Source<'_, '_>) {
        let addresses = self.source_addresses();
        let (address, length) = self.pair(source);
        if buffer.is_string {
            let function = self.imports.host(LinkFunction::CheckString);
            let code = direction_code(self.input.number, self.from);
            self.body.code().i32_const(code.cast_signed());
            self.push_wide(addresses, address);
            self.push_wide(addresses, length);
            self.body.code().call(function);
        } else {
            self.check_list(buffer, address, length);
        }
        if let Some(sum) = self.sum {
            self.charge(buffer, sum, length);
        }
    }

    /// Checks the range of a list, as `load_list_from_range` does.
    fn check_list(&mut self, buffer: &Buffer, address: u32, length: u32) {
        let addresses = self.source_addresses();
        let max = u64::from(MAX_LIST_BYTE_LENGTH) / buffer.size.max(1);
        self.body.code().local_get(length);
        self.address_constant(addresses, max);
        match addresses {
            IntegerType::I32 => self.body.code().i32_gt_u(),
            IntegerType::I64 => self.body.code().i64_gt_u(),
        };
        self.trap_if(LinkTrap::ListTooLong);
        let trap = LinkTrap::PointerUnaligned;
        self.check_aligned(addresses, address, buffer.alignment, trap);
        let bytes = self.bytes(buffer, length);
        let (memory, trap) = (self.source_memory(), LinkTrap::ListContentOutOfBounds);
        self.check_bounds(memory, address, (addresses, bytes), trap);
    }

    /// Returns a local with the size in bytes of a string or list that is not too long. The local
    /// has the type of the source's addresses.
    fn bytes(&mut self, buffer: &Buffer, length: u32) -> u32 {
        if buffer.size == 1 {
            return length;
        }
        let addresses = self.source_addresses();
        self.body.code().local_get(length);
        self.address_constant(addresses, buffer.size);
        match addresses {
            IntegerType::I32 => self.body.code().i32_mul(),
            IntegerType::I64 => self.body.code().i64_mul(),
        };
        self.body.set_local(addresses.into())
    }

    /// Adds to the bytes of strings and lists. As these may overlap, their sum can be larger than
    /// the memory. Only then it may exceed the number of bytes that may be moved.
    fn charge(&mut self, buffer: &Buffer, sum: u32, length: u32) {
        let bytes = self.bytes(buffer, length);
        self.push_wide(self.source_addresses(), bytes);
        self.body.code().local_get(sum).i64_add().local_set(sum);
        let memory: Memory = self.source_memory();
        self.push_memory_bytes(memory);
        let size = self.body.set_local(CoreType::I64);
        let function = self.imports.host(LinkFunction::Charge);
        let mut code = self.body.code();
        code.local_get(sum).local_get(size).i64_gt_u().if_(wasm_encoder::BlockType::Empty);
        code.local_get(sum).local_get(size).i64_sub().call(function).end();
    }

    /// Moves a string or list, which was checked.
    pub(super) fn transfer_buffer(
        &mut self,
        buffer: &Buffer,
        source: &mut Source<'_, '_>,
        target: &mut Target<'_>,
    ) {
        let (from, to) = (self.source_addresses(), self.target_addresses());
        let (address, length) = self.pair(source);
        let bytes = self.bytes(buffer, length);
        let size = self.converted(bytes, to.into());
        let place = self.realloc(buffer.alignment, size);
        self.check_aligned(to, place, buffer.alignment, LinkTrap::PointerUnaligned);
        let (into, out_of) = (self.target_memory(), self.source_memory());
        let trap = if buffer.is_string {
            LinkTrap::StringContentOutOfBounds
        } else {
            LinkTrap::ListContentOutOfBounds
        };
        self.check_bounds(into, place, (to, size), trap);
        let count = if shorter(from, to) == to { size } else { bytes };
        let mut code = self.body.code();
        code.local_get(place).local_get(address).local_get(count);
        code.memory_copy(into.index, out_of.index);
        let length = self.converted(length, to.into());
        match target {
            Target::Flat(moved) => moved.extend([place, length]),
            Target::Memory(at) => {
                let second = at.after(ptr_size(to).into());
                for (at, local) in [(*at, place), (second, length)] {
                    let mut code = self.body.code();
                    code.local_get(at.base()).local_get(local);
                    match to {
                        IntegerType::I32 => code.i32_store(at.argument(into)),
                        IntegerType::I64 => code.i64_store(at.argument(into)),
                    };
                }
            }
        }
    }
}
