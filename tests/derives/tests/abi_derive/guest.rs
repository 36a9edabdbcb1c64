//! A guest without code or handles: a memory and a bump allocator.

use weft::abi::{LowerContext, Options, Resource, StringEncoding, align_to};
use weft::builtin::TypeIndex;
use weft::core_value::IntegerType;
use weft::error::{Failure, MachineError};
use weft::machine::{EndId, ErrorContextId};
use weft::trap::EndKind;

pub struct Guest {
    pub options: Options,
    pub memory: Vec<u8>,
    pub calls: Vec<[u64; 4]>,
    last: u64,
}

impl Guest {
    pub fn new(address_type: IntegerType, encoding: StringEncoding) -> Self {
        let options = Options::new(address_type, encoding);
        Self { options, memory: vec![0xcc; 1 << 14], calls: Vec::new(), last: 8 }
    }
}

impl LowerContext for Guest {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_length: u64,
        alignment: u32,
        length: u64,
    ) -> Result<u64, Failure> {
        self.calls.push([old_address, old_length, alignment.into(), length]);
        let address = align_to(self.last, alignment);
        self.last = address + length;
        let [from, to, kept] =
            [old_address, address, old_length.min(length)].map(|it| usize::try_from(it).unwrap());
        self.memory.copy_within(from..from + kept, to);
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
