//! Moving values between ends of streams and futures.

use alloc::vec::Vec;

use crate::abi::{LowerFailure, TransferContext as _, Type, Val, check_buffer};
use crate::builtin::OptionsIndex;
use crate::component::store::core_function::{CopyFunction, CoreFunction};
use crate::component::store::fault::Fault;
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{AbiError, Error, MachineError};
use crate::machine::{AsyncCopy, AsyncCopyToken, CheckedCopy, CopySide, CopyToken, Step};
use crate::trap::CopyDirection;

use super::context::Context;
use super::element_layout::element_layout;
use super::lifting::Source;
use super::lowering::Target;

/// The value that moves if a stream or future has no element type: the empty tuple.
pub(crate) const NOTHING: Val = Val::Record(Vec::new());

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Moves values between guests for a read or write that never waits. Does nothing if the host
    /// copies the values, or if something about the call is wrong: the ordinary steps find that in
    /// the right order.
    pub(super) fn guest_copies(
        &mut self,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, Fault> {
        let (state, function) = (self.data(), self.copy_function(number)?);
        let Some((index, address, length)) = function.arguments(arguments) else {
            return Ok(None);
        };
        let CopyFunction { kind, direction, ty, options, .. } = *function;
        let Ok(length) = u32::try_from(length) else { return Ok(None) };
        let memory = state.options(options)?.memory;
        let memory = memory.map_or::<&[u8], _>(&[], |memory| self.memory(memory));
        if check_buffer(memory, function.layout, direction, address, length).is_err() {
            return Ok(None);
        }
        let copy = CheckedCopy { kind, direction, ty, index, options, address, length };
        let packed = match self.data_mut().machine.copy_async(&copy)? {
            AsyncCopy::Returns(packed) => packed,
            AsyncCopy::Moves(token) => {
                self.move_between(number, &copy, &token)?;
                self.data_mut().machine.copied_async(token)?
            }
            AsyncCopy::WithHost => return Ok(None),
        };
        Ok(Some(self.copy_function(number)?.result(packed)))
    }

    /// Moves values between the buffers of two guests, for a call of the function with this number.
    fn move_between(
        &mut self,
        number: u32,
        copy: &CheckedCopy,
        token: &AsyncCopyToken,
    ) -> Result<(), Fault> {
        let function = self.copy_function(number)?;
        let (is_plain, layout) = (function.is_plain, function.layout);
        let element = if is_plain { None } else { function.element.clone() };
        let other_size = match &element {
            // Plain values have the same size in each memory.
            None => layout.size,
            Some(element) => {
                let options = self.data().options(token.options())?;
                element_layout(Some(element), options.address_type).size
            }
        };
        let moved = other_size.saturating_mul(token.progress().into());
        let this = (copy.options, copy.address);
        let that = (token.options(), token.address().saturating_add(moved));
        let (from, to) = match copy.direction {
            CopyDirection::Read => (that, this),
            CopyDirection::Write => (this, that),
        };
        let (source, target) = (Source::without_call(from.0), Target::without_task(to.0));
        let mut between = self.between(source, target)?;
        match element {
            None => between.copy(from.1, to.1, layout.size.saturating_mul(token.count().into()))?,
            Some(element) => {
                element.transfer_elements(&mut between, from.1, to.1, token.count())?;
            }
        }
        Ok(())
    }

    fn copy_function(&self, number: u32) -> Result<&CopyFunction, Error> {
        match self.data().functions.core_function(number)? {
            CoreFunction::Copy(function) => Ok(function),
            _ => Err(MachineError::OtherStep.into()),
        }
    }

    /// Moves values from one end of a stream or future to the other.
    pub(crate) fn copy(&mut self, copy: CopyToken) -> Result<Step, Fault> {
        let (from, to) = (copy.writable(), copy.readable());
        if from.is_served || to.is_served {
            return self.copy_served(copy);
        }
        let element = self.data().element(copy.ty())?;
        match (from.buffer.options, to.buffer.options, &element) {
            (Some(source), Some(destination), Some(element)) => {
                let from = self.place(&from, element)?;
                let to = self.place(&to, element)?;
                let (source, target) =
                    (Source::without_call(source), Target::without_task(destination));
                let mut between = self.between(source, target)?;
                element.transfer_elements(&mut between, from, to, copy.count())?;
            }
            (Some(_), Some(_), None) => {}
            _ => self.copy_with_host(&copy, element.as_ref())?,
        }
        Ok(self.data_mut().machine.copied(copy)?)
    }

    /// Returns the next address in a guest's buffer.
    pub(super) fn place(&self, side: &CopySide, element: &Type) -> Result<u64, Error> {
        let options = self.data().options(side.buffer.options.ok_or(MachineError::OtherStep)?)?;
        let size = element_layout(Some(element), options.address_type).size;
        Ok(side.buffer.address.saturating_add(size.saturating_mul(side.buffer.progress.into())))
    }

    /// Moves values of which the host has at least one side.
    fn copy_with_host(&mut self, copy: &CopyToken, element: Option<&Type>) -> Result<(), Fault> {
        let (from, to) = (copy.writable(), copy.readable());
        let values = self.take_values(copy, element)?;
        match (to.buffer.options, element) {
            (Some(_), None) => Ok(()),
            (Some(options), Some(element)) => {
                let stored = self.store_elements(&to, options, element, &values);
                if stored.is_err()
                    && let Ok(buffer) = self.data_mut().handles.buffer(from.end)
                {
                    // Nobody has taken these values.
                    for value in values.into_iter().rev() {
                        buffer.push_front(value);
                    }
                }
                stored
            }
            (None, _) => {
                let state = self.data_mut();
                if from.buffer.options.is_none() {
                    // Both sides belong to the host.
                    state.handles.give_back(&state.machine, &values);
                }
                state.handles.buffer(to.end)?.extend(values);
                Ok(())
            }
        }
    }

    /// Takes the values to move from the writer: the host or a guest.
    fn take_values(&mut self, copy: &CopyToken, element: Option<&Type>) -> Result<Vec<Val>, Fault> {
        let from = copy.writable();
        let count = usize::try_from(copy.count()).map_err(|_| AbiError::TooLong)?;
        Ok(match (from.buffer.options, element) {
            (Some(_), None) => alloc::vec![NOTHING; count],
            (Some(options), Some(element)) => {
                let address = self.place(&from, element)?;
                self.lift(Source::without_call(options), None, |lifting| {
                    element.load_elements(lifting, address, copy.count())
                })?
            }
            (None, _) => {
                let buffer = self.data_mut().handles.buffer(from.end)?;
                buffer.drain(..count.min(buffer.len())).collect()
            }
        })
    }

    /// Lowers values of the host into a guest's buffer.
    pub(super) fn store_elements(
        &mut self,
        to: &CopySide,
        options: OptionsIndex,
        element: &Type,
        values: &[Val],
    ) -> Result<(), Fault> {
        let address = self.place(to, element)?;
        let contains_float = element.contains_float();
        let mut lowering = self.lower_from_host(Target::without_task(options), contains_float)?;
        match element.store_elements(&mut lowering, values, address) {
            Ok(()) => Ok(()),
            Err(LowerFailure::Failure(failure)) => Err(failure.into()),
            Err(LowerFailure::Mismatch(_)) => Err(AbiError::ValueMismatch.into()),
        }
    }
}
