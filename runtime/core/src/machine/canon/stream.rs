//! `canon_stream_new`, `canon_stream_read` and the others of the family.

use crate::builtin::{OptionsIndex, Outcome, StreamBuiltins, TypeIndex};
use crate::chooser::Chooser;
use crate::code::{Ends, StreamResult};
use crate::error::Failure;
use crate::limits::Limits;
use crate::trap::CopyDirection::{Read, Write};
use crate::trap::EndKind::Stream;

use super::copy::Offer;
use crate::machine::hooks::Hooks;
use crate::machine::state::Machine;
use crate::machine::step::Step;

impl<L: Limits, C: Chooser, H: Hooks> StreamBuiltins for Machine<L, C, H> {
    fn canon_stream_new(&mut self, ty: TypeIndex) -> Result<Outcome<Ends, Step>, Failure> {
        self.new_ends_of(Stream, ty)
    }

    fn canon_stream_read(
        &mut self,
        ty: TypeIndex,
        options: OptionsIndex,
        is_async: bool,
        stream_end: u32,
        ptr: u64,
        num: u64,
    ) -> Result<Outcome<StreamResult, Step>, Failure> {
        let (index, address, length) = (stream_end, ptr, num);
        self.copy((Stream, Read, ty), &Offer { index, options, is_async, address, length })
    }

    fn canon_stream_write(
        &mut self,
        ty: TypeIndex,
        options: OptionsIndex,
        is_async: bool,
        stream_end: u32,
        ptr: u64,
        num: u64,
    ) -> Result<Outcome<StreamResult, Step>, Failure> {
        let (index, address, length) = (stream_end, ptr, num);
        self.copy((Stream, Write, ty), &Offer { index, options, is_async, address, length })
    }

    fn canon_stream_cancel_read(
        &mut self,
        ty: TypeIndex,
        is_async: bool,
        e: u32,
    ) -> Result<Outcome<StreamResult, Step>, Failure> {
        self.cancel_copy((Stream, Read, ty), e, is_async)
    }

    fn canon_stream_cancel_write(
        &mut self,
        ty: TypeIndex,
        is_async: bool,
        e: u32,
    ) -> Result<Outcome<StreamResult, Step>, Failure> {
        self.cancel_copy((Stream, Write, ty), e, is_async)
    }

    fn canon_stream_drop_readable(
        &mut self,
        ty: TypeIndex,
        end: u32,
    ) -> Result<Outcome<(), Step>, Failure> {
        self.drop((Stream, Read, ty), end)
    }

    fn canon_stream_drop_writable(
        &mut self,
        ty: TypeIndex,
        end: u32,
    ) -> Result<Outcome<(), Step>, Failure> {
        self.drop((Stream, Write, ty), end)
    }

    fn canon_stream_forward(
        &mut self,
        ty: TypeIndex,
        ri: u32,
        wi: u32,
    ) -> Result<Outcome<(), Step>, Failure> {
        self.forward(Stream, ty, (ri, wi))
    }
}
