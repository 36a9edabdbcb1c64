//! Moving values between guests.

use crate::abi::{
    LiftHandles, LiftedHandle, LowerContext, NanBits, Options, Peer, Resource, TransferContext,
};
use crate::builtin::TypeIndex;
use crate::component::store::canonical::CanonicalOptions;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Failure;
use crate::machine::{EndId, ErrorContextId, ReturnToken, SubtaskId};
use crate::trap::EndKind;

use super::context::Context;
use super::lifting::{Handles, Source};
use super::lowering::{Lowering, Target};

/// The two guests between which values move.
pub(crate) struct Between<'a, 'c, E: CoreEngine, T: 'static> {
    to: Lowering<'a, 'c, E, T>,
    found: CanonicalOptions<E::Memory, E::Function>,
    source_options: Options,
    call: Option<SubtaskId>,
    /// The return that is checked after everything was lifted.
    returning: Option<&'a ReturnToken>,
}

impl<'c, E: CoreEngine, T: 'static> Context<'c, E, T> {
    /// Moves values from one guest to another.
    pub(crate) fn between<'a>(
        &'a mut self,
        from: Source,
        to: Target,
    ) -> Result<Between<'a, 'c, E, T>, Failure> {
        let found = *self.data().options(from.options)?;
        let to = self.lower(to, Peer::Guest)?;
        let source_options = found.abi(Peer::Guest);
        Ok(Between { to, found, source_options, call: from.call, returning: None })
    }
}

impl<'a, E: CoreEngine, T: 'static> Between<'a, '_, E, T> {
    /// Lets a task return when the values, which are its result, have been lifted.
    pub(crate) const fn returning(mut self, task_return: &'a ReturnToken) -> Self {
        self.returning = Some(task_return);
        self
    }

    fn handles(&mut self) -> Handles<'_, E, T> {
        let state = self.to.cx.data_mut();
        let (instance, call) = (self.found.instance, self.call);
        Handles { state, instance, call, peer: Peer::Guest, types: None }
    }
}

impl<E: CoreEngine, T: 'static> LiftHandles for Between<'_, '_, E, T> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.handles().lift_own(ty, index)
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.handles().lift_borrow(ty, index)
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        self.handles().lift_end(kind, ty, index)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        self.handles().lift_error_context(index)
    }
}

impl<E: CoreEngine, T: 'static> LowerContext for Between<'_, '_, E, T> {
    fn options(&self) -> &Options {
        self.to.options()
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.to.memory_mut()
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure> {
        self.to.realloc(old_address, old_byte_length, alignment, new_byte_length)
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.to.lower_own(ty, resource)
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.to.lower_borrow(ty, resource)
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.to.lower_end(kind, ty, end)
    }

    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure> {
        self.to.lower_error_context(error_context)
    }
}

impl<E: CoreEngine, T: 'static> TransferContext for Between<'_, '_, E, T> {
    fn source_options(&self) -> &Options {
        &self.source_options
    }

    #[inline]
    fn source_memory(&self) -> &[u8] {
        self.found.memory.map_or(&[], |memory| self.to.cx.memory(memory))
    }

    fn shares_memory(&self) -> bool {
        // Component instances don't share memories with one another.
        self.found.instance == self.to.instance()
    }

    fn nan_bits(&mut self) -> Result<NanBits, Failure> {
        Ok(NanBits::choose(self.to.cx.data_mut().machine.chooser_mut())?)
    }

    fn budget(&self) -> u64 {
        self.to.cx.data().settings.limits.lifted_bytes
    }

    fn lifted(&mut self) -> Result<(), Failure> {
        match self.returning {
            Some(task_return) => self.to.cx.data().machine.return_(task_return),
            None => Ok(()),
        }
    }

    fn give_up(&mut self, handle: LiftedHandle) {
        let state = self.to.cx.data_mut();
        state.handles.give_up(&mut state.machine, handle);
    }
}
