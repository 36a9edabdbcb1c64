//! `canon_future_new`, `canon_future_read` and the others of the family.

use crate::builtin::{FutureBuiltins, OptionsIndex, Outcome, TypeIndex};
use crate::chooser::Chooser;
use crate::code::{Ends, FutureResult};
use crate::error::Failure;
use crate::limits::Limits;
use crate::trap::CopyDirection::{Read, Write};
use crate::trap::EndKind::Future;

use super::copy::Offer;
use crate::machine::hooks::Hooks;
use crate::machine::state::Machine;
use crate::machine::step::Step;

impl<L: Limits, C: Chooser, H: Hooks> FutureBuiltins for Machine<L, C, H> {
    fn canon_future_new(&mut self, ty: TypeIndex) -> Result<Outcome<Ends, Step>, Failure> {
        self.new_ends_of(Future, ty)
    }

    fn canon_future_read(
        &mut self,
        ty: TypeIndex,
        options: OptionsIndex,
        is_async: bool,
        readable_future_end: u32,
        ptr: u64,
    ) -> Result<Outcome<FutureResult, Step>, Failure> {
        let (index, address, length) = (readable_future_end, ptr, 1);
        self.copy((Future, Read, ty), &Offer { index, options, is_async, address, length })
    }

    fn canon_future_write(
        &mut self,
        ty: TypeIndex,
        options: OptionsIndex,
        is_async: bool,
        writable_future_end: u32,
        ptr: u64,
    ) -> Result<Outcome<FutureResult, Step>, Failure> {
        let (index, address, length) = (writable_future_end, ptr, 1);
        self.copy((Future, Write, ty), &Offer { index, options, is_async, address, length })
    }

    fn canon_future_cancel_read(
        &mut self,
        ty: TypeIndex,
        is_async: bool,
        e: u32,
    ) -> Result<Outcome<FutureResult, Step>, Failure> {
        self.cancel_copy((Future, Read, ty), e, is_async)
    }

    fn canon_future_cancel_write(
        &mut self,
        ty: TypeIndex,
        is_async: bool,
        e: u32,
    ) -> Result<Outcome<FutureResult, Step>, Failure> {
        self.cancel_copy((Future, Write, ty), e, is_async)
    }

    fn canon_future_drop_readable(
        &mut self,
        ty: TypeIndex,
        end: u32,
    ) -> Result<Outcome<(), Step>, Failure> {
        self.drop((Future, Read, ty), end)
    }

    fn canon_future_drop_writable(
        &mut self,
        ty: TypeIndex,
        end: u32,
    ) -> Result<Outcome<(), Step>, Failure> {
        self.drop((Future, Write, ty), end)
    }

    fn canon_future_forward(
        &mut self,
        ty: TypeIndex,
        ri: u32,
        wi: u32,
    ) -> Result<Outcome<(), Step>, Failure> {
        self.forward(Future, ty, (ri, wi))
    }
}
