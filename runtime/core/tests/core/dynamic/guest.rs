//! A guest without code: a memory, a `realloc` that only allocates, and a table of resources.

use weft_core::abi::{LiftHandles, LowerContext, Options, Resource, StringEncoding, align_to};
use weft_core::builtin::TypeIndex;
use weft_core::core_value::IntegerType;
use weft_core::error::{AbiError, Failure, MachineError};
use weft_core::machine::{EndId, ErrorContextId};
use weft_core::trap::{EndKind, Trap};

pub(crate) const OPTIONS: Options = Options::new(IntegerType::I32, StringEncoding::Utf8);

/// The difference between the machine's numbers of resource types and the component's.
pub(crate) const OFFSET: u32 = 100;

/// Returns the machine's number for a component's.
pub(crate) const fn translated(ty: TypeIndex) -> TypeIndex {
    TypeIndex(ty.0 + OFFSET)
}

pub(crate) struct Guest {
    pub(crate) memory: Vec<u8>,
    pub(crate) last: u64,
    /// The resources of the handle table. Indices start at 1, and none is used twice.
    pub(crate) table: Vec<Option<Resource>>,
}

impl Guest {
    pub(crate) fn new(size: usize) -> Self {
        Self { memory: vec![0xcc; size], last: 64, table: Vec::new() }
    }

    fn add(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        let ty = translated(ty);
        let representation = resource.representation_of(ty)?;
        self.table.push(Some(Resource { ty, representation }));
        u32::try_from(self.table.len()).map_err(|_| AbiError::TooLong.into())
    }
}

impl LowerContext for Guest {
    fn options(&self) -> &Options {
        &OPTIONS
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn realloc(&mut self, _: u64, _: u64, alignment: u32, length: u64) -> Result<u64, Failure> {
        let address = align_to(self.last, alignment);
        self.last = address + length;
        Ok(address)
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.add(ty, resource)
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.add(ty, resource)
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(MachineError::HostHasNoHandles.into())
    }
}

/// The guest's handle table, for lifting its values.
pub(crate) struct Table<'a>(pub(crate) &'a mut Vec<Option<Resource>>);

impl LiftHandles for Table<'_> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let resource = self.lift_borrow(ty, index)?;
        self.0.iter_mut().zip(1..).filter(|(_, it)| *it == index).for_each(|(it, _)| *it = None);
        Ok(resource)
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        let position = (index as usize).checked_sub(1);
        let resource = position.and_then(|position| *self.0.get(position)?);
        match resource {
            Some(resource) if resource.ty == translated(ty) => Ok(resource),
            Some(_) => Err(Trap::HandleWrongType { index }.into()),
            None => Err(Trap::UnknownHandleIndex { index }.into()),
        }
    }

    fn lift_end(&mut self, _: EndKind, _: TypeIndex, index: u32) -> Result<EndId, Failure> {
        Err(Trap::UnknownHandleIndex { index }.into())
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        Err(Trap::UnknownHandleIndex { index }.into())
    }
}
