//! Moving values for calls that start and return.

use alloc::sync::Arc;

use arrayvec::ArrayVec;

use crate::abi::{CoreValueIter, FlatLimits, FlatTypes, FlatValues, Flattening, Layout, TypeList};
use crate::component::store::calls::{Bits, Call, CallerOptions};
use crate::component::store::canonical::Lifted;
use crate::component::store::fault::Fault;
use crate::component::store::flat_values::bits;
use crate::core_value::{CoreValue, IntegerType};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::limit::MAX_FLAT_PARAMS;
use crate::machine::{ReturnToken, Step, SubtaskId, TaskId};

use super::context::Context;
use super::lifting::Source;
use super::lowering::Target;

/// Core arguments of a function, with room for the largest possible number.
pub(crate) type CoreValues = ArrayVec<CoreValue, { FlatTypes::CAPACITY }>;

/// Returns core values as bits.
#[inline]
pub(crate) fn core_bits(values: &[CoreValue]) -> Bits {
    // No function has more parameters than there is room for.
    values.iter().map(bits).take(FlatTypes::CAPACITY).collect()
}

/// Adds flat values as core values: those of `types`, or one address if there are more than `max`.
pub(crate) fn core_values(
    values: &mut CoreValues,
    types: &TypeList,
    address_type: IntegerType,
    max: usize,
    flat: &FlatValues,
) {
    let types = types.abi().of(address_type).flat;
    let types = if types.exceed(max) { FlatTypes::one(address_type.into()) } else { types };
    let bits = flat.as_slice().iter().enumerate();
    values.extend(bits.filter_map(|(position, bits)| types.core_value(position, *bits)));
}

/// Returns the one core value of a result that is not in memory.
pub(crate) fn flat_result(layout: Layout, flat: &FlatValues) -> Option<CoreValue> {
    flat.as_slice().first().and_then(|bits| layout.flat.core_value(0, *bits))
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Puts the core arguments of a lifted function that starts into `flat`: those of the call to
    /// it.
    pub(crate) fn pass_arguments(
        &mut self,
        lifted: &Lifted<E::Function>,
        task: TaskId,
        caller: SubtaskId,
        flat: &mut FlatValues,
    ) -> Result<(), Fault> {
        let max = MAX_FLAT_PARAMS as usize;
        let params = &lifted.ty.params;
        let target = Target { options: lifted.options, task: Some(task) };
        match self.data_mut().calls.get(caller)? {
            Call::Guest(call) => {
                let (side, mut bits) = (call.caller(), Bits::new());
                call.bits(&mut bits);
                let source = Source { options: side.options, call: Some(caller) };
                let max =
                    FlatLimits { source: side.flattening.max_flat_params(), destination: max };
                let mut between = self.between(source, target)?;
                let mut values = CoreValueIter::new(&bits);
                Ok(params.transfer_flat_values_into(flat, &mut between, max, &mut values, None)?)
            }
            Call::Embedder(call) => {
                let mut values = call.take_arguments();
                if let Some(lowered) = self.data_mut().crossing.take_lowered() {
                    *flat = lowered;
                    return Ok(());
                }
                self.data_mut().handles.started(caller, task);
                let mut lowering = self.lower_from_host(target, params.contains_float())?;
                // The arguments were checked when the call began.
                let lowered = params.lower_checked(flat, &mut lowering, max, &values, None);
                if let Err(failure) = lowered {
                    self.data_mut().handles.values.give_back(&values);
                    return Err(failure.into());
                }
                values.clear();
                self.data_mut().calls.embedder_call(caller)?.put_arguments(values);
                Ok(())
            }
        }
    }

    /// Adds the core arguments of a lifted function to `arguments`, from flat values.
    #[inline]
    pub(crate) fn core_arguments(
        &self,
        lifted: &Lifted<E::Function>,
        flat: &FlatValues,
        arguments: &mut CoreValues,
    ) -> Result<(), Error> {
        if flat.count() > 0 {
            let address_type = self.data().options(lifted.options)?.address_type;
            let max = MAX_FLAT_PARAMS as usize;
            core_values(arguments, &lifted.ty.params, address_type, max, flat);
        }
        Ok(())
    }

    /// Returns the core values that a guest has returned.
    pub(crate) fn returned(&self) -> Bits {
        let mut bits = Bits::new();
        bits.extend(self.data().crossing.returned().as_slice().iter().copied());
        bits
    }

    /// Takes the result of a task that returns, and passes it to its caller.
    pub(crate) fn return_(&mut self, task_return: ReturnToken) -> Result<Step, Fault> {
        let lifted = self.data_mut().functions.take_lifted(task_return.function())?;
        let flattening = if lifted.is_async { Flattening::AsyncLift } else { Flattening::Lift };
        let max = flattening.max_flat_results();
        let Some(caller) = task_return.caller() else {
            return self.return_to_nobody(&lifted, max, task_return);
        };
        let value = match self.data_mut().calls.get(caller)? {
            Call::Guest(call) => {
                let side = call.caller();
                self.return_to_guest(&lifted, max, &task_return, side)?
            }
            Call::Embedder(call) => {
                let lift_result = call.lift_result();
                let outcome = self.guarded(|cx| Ok(lift_result(cx, &lifted, max)?))?;
                if let Err(failure) = self.data().machine.return_(&task_return) {
                    self.data_mut().handles.add_unclaimed(outcome.into_val());
                    return Err(failure.into());
                }
                // A guest that returns has returned all its borrows.
                self.data_mut().handles.values.returned(caller);
                self.data_mut().calls.embedder_call(caller)?.put_result(outcome);
                None
            }
        };
        let state = self.data_mut();
        state.functions.put_lifted(lifted);
        Ok(state.machine.resolve(task_return, value)?)
    }

    /// Lifts the result of a task whose caller no longer exists, and drops it.
    fn return_to_nobody(
        &mut self,
        lifted: &Arc<Lifted<E::Function>>,
        max: usize,
        task_return: ReturnToken,
    ) -> Result<Step, Fault> {
        let returned = self.returned();
        let mut values = CoreValueIter::new(&returned);
        let unclaimed = self.lift(Source::without_call(lifted.options), None, |lifting| {
            lifted.ty.results.lift_flat_values(lifting, max, &mut values)
        })?;
        let state = self.data_mut();
        let returned = state.machine.return_(&task_return);
        state.handles.discard(&mut state.machine, unclaimed)?;
        returned?;
        let task = task_return.task();
        let step = state.machine.resolve(task_return, None)?;
        state.handles.values.task_returned(task);
        Ok(step)
    }

    /// Moves the result of a task, of at most `max` flat values, to the guest that has called it.
    /// Returns the core value that the call returns, if there is one.
    fn return_to_guest(
        &mut self,
        lifted: &Lifted<E::Function>,
        max: usize,
        task_return: &ReturnToken,
        side: CallerOptions,
    ) -> Result<Option<CoreValue>, Fault> {
        let results = &lifted.ty.results;
        let returned = self.returned();
        let mut values = CoreValueIter::new(&returned);
        let layout = results.abi().of(self.data().options(side.options)?.address_type);
        let out_param = side.out_param(layout);
        let max = FlatLimits { source: max, destination: side.flattening.max_flat_results() };
        let (from, to) = (Source::without_call(lifted.options), Target::without_task(side.options));
        let mut between = self.between(from, to)?.returning(task_return);
        let mut flat = FlatValues::EMPTY;
        results.transfer_flat_values_into(&mut flat, &mut between, max, &mut values, out_param)?;
        Ok(flat_result(layout, &flat))
    }
}
