//! Moving values for calls that start and return, and between ends of streams and futures.

use alloc::sync::Arc;

use arrayvec::ArrayVec;

use crate::abi::{CoreValueIter, FlatTypes, FlatValues, Flattening, Layout, Peer, Type, TypeList};
use crate::builtin::OptionsIndex;
use crate::core_value::{CoreValue, IntegerType};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::limit::MAX_FLAT_PARAMS;
use crate::machine::{Copy, CopySide, Step, SubtaskId, TaskId, TaskReturn};

use super::calls::{Call, GuestCall};
use super::contexts::{Context, Source, between, lift, lower_from_host};
use super::drive::element_layout;
use super::state::{Fault, Lifted, Lowered};

/// As many core arguments as a function has at most.
pub(super) type CoreValues = ArrayVec<CoreValue, { FlatTypes::CAPACITY }>;

/// Adds flat values as core values: those of `types`, or one address if they are more than `max`.
pub(super) fn core_values(
    values: &mut CoreValues,
    types: &TypeList,
    (address_type, max): (IntegerType, usize),
    flat: &FlatValues,
) {
    let types = types.abi().of(address_type).flat;
    let types = if types.exceed(max) { FlatTypes::one(address_type.into()) } else { types };
    let bits = flat.as_slice().iter().enumerate();
    values.extend(bits.filter_map(|(position, bits)| types.core_value(position, *bits)));
}

impl Lowered {
    /// The limits for its flat parameters and results.
    const fn flattening(&self) -> Flattening {
        if self.is_async { Flattening::AsyncLower } else { Flattening::Lower }
    }
}

/// Core values as bits, of which only so many are copied as there are.
pub(super) type Bits = ArrayVec<u64, { FlatTypes::CAPACITY }>;

/// The caller of an import: by which options, and where its result goes.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) options: OptionsIndex,
    /// The limits for its flat parameters and results.
    pub(super) flattening: Flattening,
    last_argument: Option<u64>,
}

impl Caller {
    /// Where results go in memory, if they do.
    pub(super) fn out_param(&self, layout: Layout) -> Option<u64> {
        let max = self.flattening.max_flat_results();
        self.last_argument.filter(|_| layout.flat.exceed(max))
    }
}

impl GuestCall {
    pub(super) fn caller(&self) -> Caller {
        Caller {
            options: self.lowered.options,
            flattening: self.lowered.flattening(),
            last_argument: self.arguments.as_slice().last().copied(),
        }
    }

    /// The core arguments, of which the first are its parameters, are put into `bits`.
    pub(super) fn bits(&self, bits: &mut Bits) {
        bits.extend(self.arguments.as_slice().iter().copied());
    }
}

/// The core arguments of a lifted function that starts, from the call that it is the callee of.
pub(super) fn arguments<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    lifted: &Arc<Lifted<E>>,
    task: TaskId,
    caller: SubtaskId,
    flat: &mut FlatValues,
) -> Result<(), Fault> {
    let max = MAX_FLAT_PARAMS as usize;
    let params = &lifted.ty.params;
    match cx.data_mut().call(caller)? {
        Call::Guest(call) => {
            let (side, mut bits) = (call.caller(), Bits::new());
            call.bits(&mut bits);
            let source = Source { options: side.options, call: Some(caller) };
            let max = (side.flattening.max_flat_params(), max);
            let mut between = between(cx, source, lifted.options, Some(task))?;
            let mut values = CoreValueIter::new(&bits);
            Ok(params.transfer_flat_values_into(flat, &mut between, max, &mut values, None)?)
        }
        Call::Host(call) => {
            let mut values = core::mem::take(&mut call.arguments);
            if let Some(lowered) = cx.data_mut().lowered.take() {
                *flat = lowered;
                return Ok(());
            }
            cx.data_mut().held.started(caller, task);
            let contains_float = params.contains_float();
            let mut lowering = lower_from_host(cx, lifted.options, Some(task), contains_float)?;
            // They were checked when the call began.
            params.lower_checked(flat, &mut lowering, max, &values, None)?;
            values.clear();
            cx.data_mut().host_call(caller)?.arguments = values;
            Ok(())
        }
    }
}

/// The core values that a guest has returned.
pub(super) fn returned<E: CoreEngine, T: Send + 'static>(cx: &Context<'_, E, T>) -> Bits {
    let mut bits = Bits::new();
    bits.extend(cx.data().returned.as_slice().iter().copied());
    bits
}

/// A task returns: takes its result to the caller.
pub(super) fn return_<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    task_return: TaskReturn,
) -> Result<Step, Fault> {
    let lifted = cx.data_mut().take_lifted(task_return.function())?;
    let results = &lifted.ty.results;
    let flattening = if lifted.is_async { Flattening::AsyncLift } else { Flattening::Lift };
    let max = flattening.max_flat_results();
    let source = Source { options: lifted.options, call: None };
    let Some(caller) = task_return.caller() else {
        let returned = returned(cx);
        let mut values = CoreValueIter::new(&returned);
        let mut lifting = lift(cx, source, Peer::Host)?;
        let unclaimed = results.lift_flat_values(&mut lifting, max, &mut values)?;
        cx.data().machine.return_(&task_return)?;
        cx.data_mut().discard(unclaimed)?;
        return Ok(cx.data_mut().machine.resolve(task_return, None)?);
    };
    let value = match cx.data_mut().call(caller)? {
        Call::Guest(call) => {
            let side = call.caller();
            let returned = returned(cx);
            let mut values = CoreValueIter::new(&returned);
            let layout = results.abi().of(cx.data().options(side.options)?.address_type);
            let out_param = side.out_param(layout);
            let max = (max, side.flattening.max_flat_results());
            let mut between = between(cx, source, side.options, None)?.returning(&task_return);
            let mut flat = FlatValues::EMPTY;
            let (flat, values) = (&mut flat, &mut values);
            results.transfer_flat_values_into(flat, &mut between, max, values, out_param)?;
            flat_result(layout, flat)
        }
        Call::Host(call) => {
            let lift_result = call.lift_result;
            let outcome = lift_result(cx, &lifted, max)?;
            cx.data().machine.return_(&task_return)?;
            cx.data_mut().host_call(caller)?.result = Some(outcome);
            None
        }
    };
    let state = cx.data_mut();
    state.spare_lifted.put(lifted);
    Ok(state.machine.resolve(task_return, value)?)
}

/// The one core value of a result that is not in memory.
pub(super) fn flat_result(layout: Layout, flat: &FlatValues) -> Option<CoreValue> {
    flat.as_slice().first().and_then(|bits| layout.flat.core_value(0, *bits))
}

/// Values move from one end of a stream or future to the other.
pub(super) fn copy<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    copy: Copy,
) -> Result<Step, Fault> {
    let element = cx.data().element(copy.ty())?;
    let (from, to) = (copy.writable(), copy.readable());
    match (from.buffer.options, to.buffer.options, &element) {
        (Some(source), Some(destination), Some(element)) => {
            let from = place(cx, &from, element)?;
            let to = place(cx, &to, element)?;
            let source = Source { options: source, call: None };
            let mut between = between(cx, source, destination, None)?;
            element.transfer_elements(&mut between, from, to, copy.count())?;
        }
        (Some(_), Some(_), None) => {}
        _ => super::host_ends::copy(cx, &copy, element.as_ref())?,
    }
    Ok(cx.data_mut().machine.copied(copy)?)
}

/// The address that a guest's buffer has come to.
pub(super) fn place<E: CoreEngine, T: Send + 'static>(
    cx: &Context<'_, E, T>,
    side: &CopySide,
    element: &Type,
) -> Result<u64, Error> {
    let options = cx.data().options(side.buffer.options.ok_or(Error::OtherStep)?)?;
    let size = element_layout(Some(element), options.address_type).size;
    Ok(side.buffer.address.saturating_add(size.saturating_mul(side.buffer.progress.into())))
}
