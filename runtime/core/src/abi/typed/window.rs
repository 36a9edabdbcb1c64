//! Memory for values that are only their bytes.

use crate::builtin::TypeIndex;
use crate::error::{AbiError, Failure};
use crate::id::{EndId, ErrorContextId};
use crate::trap::EndKind;

use crate::abi::{LowerContext, Options, Resource};

/// The memory of values that are [only their bytes](super::ComponentType::INLINE), from address 0
/// on. Lowering other values into it is [`AbiError::NotInline`].
///
/// If the length is known at compile time, the compiler removes the bounds checks of each store.
#[derive(Debug)]
pub struct Window<'a> {
    /// The options of the memory that it is a part of.
    pub options: Options,
    /// The bytes.
    pub bytes: &'a mut [u8],
}

impl LowerContext for Window<'_> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.bytes
    }

    fn realloc(&mut self, _: u64, _: u64, _: u32, _: u64) -> Result<u64, Failure> {
        Err(AbiError::NotInline.into())
    }

    fn lower_own(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(AbiError::NotInline.into())
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(AbiError::NotInline.into())
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(AbiError::NotInline.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(AbiError::NotInline.into())
    }
}
