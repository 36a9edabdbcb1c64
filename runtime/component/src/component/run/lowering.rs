//! Lowering values into a guest.

use crate::abi::{ComponentType, LowerContext, NanBits, Options, Peer, Resource, check_buffer};
use crate::builtin::{OptionsIndex, TypeIndex};
use crate::component::store::canonical::CanonicalOptions;
use crate::component::store::fault::Fault;
use crate::core_value::{CoreValue, IntegerType};
use crate::engine::{CoreContext as _, CoreEngine, CoreProgress, CoreTrap};
use crate::error::{AbiError, Failure, MachineError};
use crate::machine::{Buffer, CopySide, EndId, ErrorContextId, InstanceId, TaskId};
use crate::trap::{CopyDirection, EndKind, Trap};

use super::context::Context;

/// The number of times that a guest's `realloc` continues after the engine interrupted it, whatever
/// the limits are. It runs in the middle of a step, so that the host has no control before it ends.
const REALLOC_INTERRUPTIONS: u32 = 1_000;

/// The target of lowered values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) options: OptionsIndex,
    /// The task to which borrowed handles are lent.
    pub(crate) task: Option<TaskId>,
}

impl Target {
    /// Returns the target of values without borrowed handles.
    pub(crate) const fn without_task(options: OptionsIndex) -> Self {
        Self { options, task: None }
    }
}

/// A guest into which values are lowered.
pub(crate) struct Lowering<'a, 'c, E: CoreEngine, T: 'static> {
    pub(crate) cx: &'a mut Context<'c, E, T>,
    found: CanonicalOptions<E::Memory, E::Function>,
    options: Options,
    /// The task to which borrowed handles are lent, if there can be some.
    task: Option<TaskId>,
}

impl<'c, E: CoreEngine, T: 'static> Context<'c, E, T> {
    /// Lowers values into a guest.
    pub(crate) fn lower<'a>(
        &'a mut self,
        target: Target,
        peer: Peer,
    ) -> Result<Lowering<'a, 'c, E, T>, Failure> {
        let found = *self.data().options(target.options)?;
        Ok(Lowering { cx: self, found, options: found.abi(peer), task: target.task })
    }

    /// Lowers values of the host into a guest. If there may be a NaN among them, the chooser
    /// decides on its bits.
    #[inline]
    pub(crate) fn lower_from_host<'a>(
        &'a mut self,
        target: Target,
        contains_float: bool,
    ) -> Result<Lowering<'a, 'c, E, T>, Failure> {
        let mut lowering = self.lower(target, Peer::Host)?;
        if contains_float {
            let machine = &mut lowering.cx.data_mut().machine;
            lowering.options.nan = NanBits::choose(&mut machine.observed_chooser())?;
        }
        Ok(lowering)
    }
}

impl<E: CoreEngine, T: 'static> Lowering<'_, '_, E, T> {
    /// Checks the buffer of a guest that reads. Returns the options, the next address in the
    /// buffer, and the size of a value in bytes.
    pub(crate) fn place<V: ComponentType>(
        &mut self,
        to: &CopySide,
    ) -> Result<(Options, u64, u64), Failure> {
        let layout = V::ABI.of(self.found.address_type);
        let Buffer { address, length, progress, .. } = to.buffer;
        check_buffer(self.memory_mut(), layout, CopyDirection::Read, address, length)?;
        let start = layout.size.saturating_mul(progress.into());
        Ok((self.options, address.saturating_add(start), layout.size))
    }

    /// Returns the guest's instance.
    pub(crate) const fn instance(&self) -> InstanceId {
        self.found.instance
    }

    /// Returns the memory.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory_mut()
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Calls a `realloc`.
    #[inline]
    pub(crate) fn call_realloc(
        &mut self,
        options: &CanonicalOptions<E::Memory, E::Function>,
        arguments: [u64; 4],
    ) -> Result<u64, Fault> {
        let realloc = options.realloc.ok_or(AbiError::NoRealloc)?;
        let arguments = match options.address_type {
            IntegerType::I64 => arguments.map(CoreValue::I64),
            IntegerType::I32 => {
                let fits = arguments.iter().fold(0, |all, bits| all | bits) <= u32::MAX.into();
                if !fits {
                    return Err(Trap::ReallocOutOfBounds.into());
                }
                arguments.map(|bits| CoreValue::I32(u32::try_from(bits).unwrap_or(u32::MAX)))
            }
        };
        // If it calls something that may wait, it traps.
        match self.call_to_end(realloc, &arguments) {
            Ok(CoreProgress::Returned(Some(CoreValue::I32(address)))) => Ok(address.into()),
            Ok(CoreProgress::Returned(Some(CoreValue::I64(address)))) => Ok(address),
            Ok(CoreProgress::Interrupted(activation)) => self.resume_realloc(activation),
            Ok(CoreProgress::Returned(_) | CoreProgress::Stopped(_)) => {
                Err(Fault::Core(CoreTrap::CannotStop))
            }
            Err(trap) => Err(Fault::Core(trap)),
        }
    }

    /// Returns the failure that ends a lowering after `realloc` has failed. The cause is passed on
    /// separately.
    #[cold]
    pub(crate) fn realloc_failed(&mut self, fault: Fault) -> Failure {
        match fault {
            Fault::Failure(failure) => failure,
            fault => {
                self.data_mut().crossing.fail(fault);
                AbiError::CoreTrap.into()
            }
        }
    }

    /// Continues a `realloc` that the engine has interrupted until it ends.
    #[cold]
    fn resume_realloc(&mut self, mut activation: E::Activation) -> Result<u64, Fault> {
        for _ in 0..REALLOC_INTERRUPTIONS {
            if !self.may_go_on() {
                break;
            }
            match self.resume(activation, None).map_err(Fault::Core)? {
                CoreProgress::Returned(Some(CoreValue::I32(address))) => return Ok(address.into()),
                CoreProgress::Returned(Some(CoreValue::I64(address))) => return Ok(address),
                CoreProgress::Interrupted(interrupted) => activation = interrupted,
                CoreProgress::Returned(_) | CoreProgress::Stopped(_) => {
                    return Err(Fault::Core(CoreTrap::CannotStop));
                }
            }
        }
        Err(Fault::Interrupted)
    }
}

impl<E: CoreEngine, T: 'static> LowerContext for Lowering<'_, '_, E, T> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        match self.found.memory {
            Some(memory) => self.cx.memory_mut(memory).0,
            None => &mut [],
        }
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure> {
        self.cx.data_mut().machine.begin_realloc(self.found.instance)?;
        let arguments = [old_address, old_byte_length, alignment.into(), new_byte_length];
        match self.cx.call_realloc(&self.found, arguments) {
            Ok(address) => {
                self.cx.data_mut().machine.realloc_returned()?;
                Ok(address)
            }
            Err(fault) => Err(self.cx.realloc_failed(fault)),
        }
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        let representation = resource.representation_of(ty)?;
        let state = self.cx.data_mut();
        let index = state.machine.lower_own(self.found.instance, ty, representation)?;
        state.handles.values.guest_got(resource);
        Ok(index)
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        let task = self.task.ok_or(MachineError::HostHasNoHandles)?;
        let representation = resource.representation_of(ty)?;
        let lowered = self.cx.data_mut().machine.lower_borrow(task, ty, representation)?;
        Ok(lowered.to_core()?)
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.cx.data_mut().machine.lower_end(self.found.instance, kind, ty, end)
    }

    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure> {
        self.cx.data_mut().machine.lower_error_context(self.found.instance, error_context)
    }
}
