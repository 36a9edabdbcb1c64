//! Moving values between ends of streams and futures.

use alloc::vec::Vec;

use crate::abi::{LowerFailure, Peer, Type, Val};
use crate::builtin::OptionsIndex;
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{AbiError, Error, MachineError};
use crate::machine::{CopySide, CopyToken, Step};

use super::context::Context;
use super::element_layout::element_layout;
use super::lifting::Source;
use super::lowering::Target;

/// The value that is moved where a stream or future has no element: the tuple of nothing.
pub(crate) const NOTHING: Val = Val::Record(Vec::new());

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
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

    /// Returns the address that a guest's buffer has come to.
    pub(super) fn place(&self, side: &CopySide, element: &Type) -> Result<u64, Error> {
        let options = self.data().options(side.buffer.options.ok_or(MachineError::OtherStep)?)?;
        let size = element_layout(Some(element), options.address_type).size;
        Ok(side.buffer.address.saturating_add(size.saturating_mul(side.buffer.progress.into())))
    }

    /// Moves values of which at least one side is the host's.
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
                    // Nobody has taken them.
                    for value in values.into_iter().rev() {
                        buffer.push_front(value);
                    }
                }
                stored
            }
            (None, _) => {
                let state = self.data_mut();
                if from.buffer.options.is_none() {
                    // From the host to the host.
                    state.handles.give_back(&state.machine, &values);
                }
                state.handles.buffer(to.end)?.extend(values);
                Ok(())
            }
        }
    }

    /// Takes the values to move from the writer, which is the host or a guest.
    fn take_values(&mut self, copy: &CopyToken, element: Option<&Type>) -> Result<Vec<Val>, Fault> {
        let from = copy.writable();
        let count = usize::try_from(copy.count()).map_err(|_| AbiError::TooLong)?;
        Ok(match (from.buffer.options, element) {
            (Some(_), None) => alloc::vec![NOTHING; count],
            (Some(options), Some(element)) => {
                let address = self.place(&from, element)?;
                let mut lifting = self.lift(Source::without_call(options), Peer::Host)?;
                element.load_elements(&mut lifting, address, copy.count())?
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
