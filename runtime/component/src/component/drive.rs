//! Taking the machine's steps on the engine.
//!
//! A step that calls a guest is taken where it comes up: inside of the function of the host that
//! another guest has called, if that is where control is. If the callee comes to its end, the
//! caller goes on as from any call, and never stopped. Only when the machine says that something
//! else is next than what can be reached by returning does the caller stop: its activation is
//! kept, and whoever called it takes the next step. So guests nest on the native stack as long as
//! that is possible, and no deeper than [`MAX_DEPTH`].

use crate::abi::{
    CoreValueIter, FlatValues, Flattening, Lift as _, Peer, Type, check_buffer, is_aligned,
    lower_flat_values,
};
use crate::builtin::{Definition, OptionsIndex, Outcome, TaskDefinition, WaitableDefinition};
use crate::core_value::{CoreType, CoreValue};
use crate::engine::{CoreContext as _, CoreEngine, CoreTrap, HostFunctions, HostStop};
use crate::engine::{Progress, TableEntry};
use crate::error::{Error, Failure};
use crate::limit::MAX_FLAT_PARAMS;
use crate::limits::Table;
use crate::machine::{BufferCheck, Resumed, StartFunctionSearch, Step, ThreadId};
use crate::trap::Trap;

use super::contexts::{Context, Source, lift, lower};
use super::state::{
    CoreFunction, Fault, HostCallSite, Next, StartFunction, State, Stopped, set_flat_values,
};
use super::transfer::{self, CoreValues};

/// So many calls of the engine nest in one another.
///
/// Each takes up to 30,200 bytes of the native stack on wasmi where nothing is optimised, and 7,200
/// where all is a little (`opt-level = 1`): measured by `runtime/component/tests/engine/nesting.rs`. So guests
/// take 730 KiB at most, of the 2 MiB that threads of Rust's have, and run on a thread with 1 MiB.
pub(crate) const MAX_DEPTH: u32 = 24;

/// So many calls by guests that wait for their callees are nested in one another, on the native
/// stack or stopped. An embedder's memory bounds them, not the spec; guests that call one another
/// without end trap before it is used up.
const MAX_NESTED_CALLS: usize = 10_000;

/// Where steps are taken, and what control returns to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base {
    /// The host began.
    Host,
    /// A guest called a function of the host.
    Guest(HostCallSite),
}

/// What taking steps led to.
#[derive(Debug)]
pub(crate) enum Driven {
    /// The host has control again.
    ReturnedToHost,
    /// The engine interrupted what ran; it goes on when the host says so.
    Interrupted,
    /// The guest goes on, and its call returns this.
    Resumed(Option<CoreValue>),
    /// The guest stops here; [`State::next`] is what comes next.
    Stop,
}

impl<E: CoreEngine, T: Send + 'static> HostFunctions<E> for State<E, T> {
    fn call(
        cx: E::Context<'_, Self>,
        number: u32,
        arguments: &[CoreValue],
    ) -> Result<Option<CoreValue>, HostStop> {
        let mut cx = Context::<E, T>(cx);
        match guest_calls(&mut cx, number, arguments) {
            Ok(Driven::Resumed(value)) => Ok(value),
            Ok(_) => Err(HostStop::Suspend),
            Err(fault) => {
                let place = &mut cx.data_mut().fault;
                if place.is_none() {
                    *place = Some(fault);
                }
                Err(HostStop::Trap)
            }
        }
    }
}

/// A guest calls the function with this number.
fn guest_calls<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    number: u32,
    arguments: &[CoreValue],
) -> Result<Driven, Fault> {
    let state = cx.data_mut();
    let thread = state.machine.current().ok_or(Error::NoCurrentThread)?;
    let mut site = HostCallSite { thread, number, event_address: 0 };
    let step = match *state.core_function(number)? {
        CoreFunction::Builtin(mut definition) => {
            match definition {
                Definition::Task(TaskDefinition::Return { options, .. }) => {
                    set_flat_values(&mut state.returned, arguments)?;
                    definition = without_memory(state, definition, options)?;
                }
                Definition::Waitable(
                    WaitableDefinition::SetWait { .. } | WaitableDefinition::SetPoll { .. },
                ) => site.event_address = arguments.get(1).map_or(0, bits),
                _ => {}
            }
            match definition.call(&mut state.machine, arguments)? {
                Outcome::Return(value) => return Ok(Driven::Resumed(value)),
                Outcome::Suspend(step) => step,
            }
        }
        CoreFunction::Lowered(ref lowered) => {
            let (function, is_async) = (lowered.function, lowered.is_async);
            let origin = state.origin_of_thread(thread);
            let (id, step) = state.machine.canon_lower(function, is_async)?;
            state.put_guest_call(id, number, arguments, origin)?;
            step
        }
    };
    drive(cx, Base::Guest(site), Next::Step(step))
}

/// `task.return` with the options of the current task's function, if it lifts no memory and is
/// equal to them but for that.
///
/// The text compares memories even where there is none; the suite returns flat values without a
/// memory from functions whose parameters need one, and validation makes sure that there is a
/// memory wherever the result lies in it.
fn without_memory<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    definition: Definition,
    options: OptionsIndex,
) -> Result<Definition, Error> {
    let found = state.options(options)?;
    let (None, Some(lifted)) = (found.memory, state.machine.lift_options()) else {
        return Ok(definition);
    };
    if state.options(lifted)?.string_encoding != found.string_encoding {
        return Ok(definition);
    }
    Ok(match definition {
        Definition::Task(TaskDefinition::Return { result_type, .. }) => {
            TaskDefinition::Return { result_type, options: lifted }.into()
        }
        definition => definition,
    })
}

/// An integer's bits.
fn bits(value: &CoreValue) -> u64 {
    match *value {
        CoreValue::I32(bits) | CoreValue::F32(bits) => bits.into(),
        CoreValue::I64(bits) | CoreValue::F64(bits) => bits,
        CoreValue::Function(_) => 0,
    }
}

/// Takes steps until control is back at `base`, or can't get there by returning.
pub(crate) fn drive<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    base: Base,
    mut next: Next,
) -> Result<Driven, Fault> {
    loop {
        let step = match next {
            Next::Step(step) => step,
            Next::Continue(thread) => {
                if let Base::Guest(site) = base {
                    return Ok(stop(cx, site, next));
                }
                cx.data_mut().interrupted = Some(thread);
                return Ok(Driven::Interrupted);
            }
        };
        match (&step, base) {
            (Step::ReturnToHost, Base::Host) => return Ok(Driven::ReturnedToHost),
            (Step::Resume { thread, value }, Base::Guest(site)) if *thread == site.thread => {
                return Ok(Driven::Resumed(encode(cx, site, *value)?));
            }
            (_, Base::Guest(site)) if !can_be_taken(cx.data(), &step) => {
                return Ok(stop(cx, site, Next::Step(step)));
            }
            _ => next = take(cx, step)?,
        }
    }
}

/// Whether a step can be taken inside of a guest's call.
fn can_be_taken<E: CoreEngine, T: Send + 'static>(state: &State<E, T>, step: &Step) -> bool {
    match step {
        Step::ReturnToHost => false,
        Step::Resume { thread, .. } => state.has_stopped(*thread) && state.depth < MAX_DEPTH,
        Step::CallFunction { .. }
        | Step::CallDestructor { .. }
        | Step::CallCallback { .. }
        | Step::CallPostReturn { .. }
        | Step::CallStartFunction { .. } => state.depth < MAX_DEPTH,
        _ => true,
    }
}

/// The guest stops where it is.
fn stop<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    site: HostCallSite,
    next: Next,
) -> Driven {
    let state = cx.data_mut();
    state.stopping = Some(site);
    state.next = Some(next);
    Driven::Stop
}

/// Lets the thread that was interrupted go on.
pub(crate) fn go_on<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    thread: ThreadId,
) -> Result<Next, Fault> {
    let stopped = cx.data_mut().take_stopped(thread).ok_or(Error::NotEntered)?;
    cx.data_mut().depth += 1;
    let progress = cx.resume(stopped.activation, None);
    cx.data_mut().depth -= 1;
    progressed(cx, thread, progress)
}

/// Takes one step.
fn take<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    step: Step,
) -> Result<Next, Fault> {
    let step = match step {
        Step::CallFunction { thread, task, function, caller } => {
            let lifted = cx.data_mut().take_lifted(function)?;
            cx.data_mut().task_begins(task, caller);
            let Some(core) = lifted.core else { return super::instantiate::start(cx) };
            check_nested_calls(cx.data())?;
            let mut flat = FlatValues::EMPTY;
            transfer::arguments(cx, &lifted, task, caller, &mut flat)?;
            let address_type = cx.data().options(lifted.options)?.address_type;
            let (types, max) = (&lifted.ty.params, MAX_FLAT_PARAMS as usize);
            let mut arguments = CoreValues::new();
            transfer::core_values(&mut arguments, types, (address_type, max), &flat);
            cx.data_mut().spare_lifted.put(lifted);
            return call(cx, thread, core, &arguments);
        }
        Step::CallDestructor { thread, function, representation, .. } => {
            let lifted = cx.data().lifted(function)?;
            let core = lifted.core.ok_or(Error::NoDestructor)?;
            check_nested_calls(cx.data())?;
            let flat = lifted.ty.params.abi().narrow.flat;
            let representation = match flat.get(0) {
                Some(CoreType::I64) => CoreValue::I64(representation),
                _ => representation_value(representation)?,
            };
            return call(cx, thread, core, &[representation]);
        }
        Step::CallCallback { thread, function, event, .. } => {
            let lifted = cx.data().lifted(function)?;
            let callback = lifted.callback.ok_or(Error::NoCallbackResult)?;
            let arguments = [event.code.code(), event.index, event.payload].map(CoreValue::I32);
            return call(cx, thread, callback, &arguments);
        }
        Step::CallPostReturn { thread, function, .. } => {
            let lifted = cx.data().lifted(function)?;
            let post_return = lifted.post_return.ok_or(Error::Unknown(Table::Functions))?;
            let address_type = cx.data().options(lifted.options)?.address_type;
            let (types, max) = (&lifted.ty.results, Flattening::Lift.max_flat_results());
            let mut arguments = CoreValues::new();
            let returned = &cx.data().returned;
            transfer::core_values(&mut arguments, types, (address_type, max), returned);
            return call(cx, thread, post_return, &arguments);
        }
        Step::CallStartFunction { thread, function, argument } => {
            let start = cx.data_mut().take_start_function(function)?;
            let argument = match start.ty.params.get(0) {
                Some(CoreType::I64) => CoreValue::I64(argument),
                _ => CoreValue::I32(crate::abi::low_half(argument)),
            };
            return call(cx, thread, start.function, &[argument]);
        }
        Step::Resume { thread, value } => return resume(cx, thread, value),
        Step::CallHost { subtask, function, .. } => super::host_call::call(cx, subtask, function)?,
        Step::CancelHost { subtask, .. } => super::host_call::cancel(cx, subtask)?,
        Step::DropHostResource { resource_type, representation, .. } => {
            super::host_call::drop_resource(cx, resource_type, representation)?
        }
        Step::Return(task_return) => transfer::return_(cx, task_return)?,
        Step::CheckBuffer(check) => check_guest_buffer(cx, check)?,
        Step::Copy(copy) => transfer::copy(cx, copy)?,
        Step::LoadDebugMessage { options, address, length, .. } => {
            let mut lifting = lift(cx, Source { options, call: None }, Peer::Host)?;
            let flat = [address, length];
            let mut message =
                alloc::string::String::lift_flat(&mut lifting, &mut CoreValueIter::new(&flat))?;
            let state = cx.data_mut();
            message.truncate(message.floor_char_boundary(state.max_debug_message_length));
            state.machine.new_error_context(&message)?
        }
        Step::StoreDebugMessage { options, error_context, address, .. } => {
            let message = cx.data().machine.debug_message(error_context)?;
            let message = alloc::string::String::from(message);
            let mut lowering = lower(cx, options, None, Peer::Host)?;
            lower_flat_values(&mut lowering, 0, &message, Some(address))?;
            cx.data_mut().machine.debug_message_stored()?
        }
        Step::FindStartFunction(search) => find_start_function(cx, &search)?,
        Step::ReturnToHost => return Err(Error::OtherStep.into()),
    };
    Ok(Next::Step(step))
}

/// Whether one more guest may be called by those that wait for it.
fn check_nested_calls<E: CoreEngine, T: Send + 'static>(state: &State<E, T>) -> Result<(), Fault> {
    // The machine has one frame for each call that waits, and another if its callee isn't `async`.
    if state.machine.count_of(Table::Frames) > 2 * MAX_NESTED_CALLS {
        return Err(Fault::Core(CoreTrap::CallStackExhausted));
    }
    Ok(())
}

/// A representation of 32 bits as the argument of a destructor.
fn representation_value(representation: u64) -> Result<CoreValue, Error> {
    u32::try_from(representation).map(CoreValue::I32).map_err(|_| Error::ValueMismatch)
}

/// Calls a core function, for a thread that is new or is called back.
pub(crate) fn call<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    thread: ThreadId,
    function: E::Function,
    arguments: &[CoreValue],
) -> Result<Next, Fault> {
    cx.data_mut().depth += 1;
    let progress = cx.call(function, arguments);
    cx.data_mut().depth -= 1;
    progressed(cx, thread, progress)
}

/// Lets a thread go on that has stopped.
fn resume<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    thread: ThreadId,
    value: Resumed,
) -> Result<Next, Fault> {
    let state = cx.data_mut();
    let Some(stopped) = state.take_stopped(thread) else {
        // It goes on where it stands, but a function of the host is in between.
        return Err(if state.depth > 0 { Fault::CallerResumed } else { Error::NotEntered.into() });
    };
    let site = stopped.site.ok_or(Error::NotEntered)?;
    let value = encode(cx, site, value)?;
    cx.data_mut().depth += 1;
    let progress = cx.resume(stopped.activation, value);
    cx.data_mut().depth -= 1;
    progressed(cx, thread, progress)
}

/// What comes next after a call of the engine.
fn progressed<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    thread: ThreadId,
    progress: Result<Progress<E::Activation>, CoreTrap>,
) -> Result<Next, Fault> {
    let state = cx.data_mut();
    match progress {
        Ok(Progress::Returned(value)) => {
            set_flat_values(&mut state.returned, value.as_slice())?;
            let packed = match value {
                Some(CoreValue::I32(packed)) => Some(packed),
                _ => None,
            };
            Ok(Next::Step(state.machine.function_returned(packed)?))
        }
        Ok(Progress::Stopped(activation)) => {
            let site = state.stopping.take();
            state.put_stopped(thread, Stopped { activation, site });
            Ok(state.next.take().ok_or(Error::OtherStep)?)
        }
        Ok(Progress::Interrupted(activation)) => {
            state.put_stopped(thread, Stopped { activation, site: None });
            Ok(Next::Continue(thread))
        }
        Err(trap) => Err(state.fault.take().unwrap_or(Fault::Core(trap))),
    }
}

/// What a guest's call returns, when it does so later than it was made.
fn encode<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    site: HostCallSite,
    value: Resumed,
) -> Result<Option<CoreValue>, Failure> {
    Ok(match value {
        Resumed::Builtin(packed) => match *cx.data().core_function(site.number)? {
            CoreFunction::Builtin(definition) => definition.resumed(packed)?,
            CoreFunction::Lowered(_) => None,
        },
        Resumed::Event(event) => {
            let memory = match *cx.data().core_function(site.number)? {
                CoreFunction::Builtin(Definition::Waitable(
                    WaitableDefinition::SetWait { memory, .. }
                    | WaitableDefinition::SetPoll { memory, .. },
                )) => cx.data().numbers.memory(memory)?,
                _ => return Err(Error::OtherStep.into()),
            };
            let (bytes, _) = cx.memory_mut(memory);
            if !is_aligned(site.event_address, 4) {
                return Err(Trap::PointerUnaligned.into());
            }
            let place = crate::abi::range_mut(bytes, site.event_address, 8);
            let words = event.index.to_le_bytes().into_iter().chain(event.payload.to_le_bytes());
            for (place, byte) in place.ok_or(Trap::PointerOutOfBounds)?.iter_mut().zip(words) {
                *place = byte;
            }
            Some(CoreValue::I32(event.code.code()))
        }
        Resumed::Import(value) => value,
        Resumed::AsyncImport(packed) => Some(CoreValue::I32(packed)),
    })
}

/// Checks a guest's buffer.
fn check_guest_buffer<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    check: BufferCheck,
) -> Result<Step, Failure> {
    let (state, buffer) = (cx.data(), check.buffer());
    let options = *state.options(buffer.options.ok_or(Error::OtherStep)?)?;
    let element = state.element(check.ty())?;
    let layout = element_layout(element.as_ref(), options.address_type);
    let memory = options.memory.map_or::<&[u8], _>(&[], |memory| cx.memory(memory));
    check_buffer(memory, layout, check.direction(), buffer.address, buffer.length)?;
    cx.data_mut().machine.buffer_checked(check)
}

/// The layout of a stream's or future's element.
pub(crate) fn element_layout(
    element: Option<&Type>,
    address_type: crate::core_value::IntegerType,
) -> crate::abi::Layout {
    element.map_or(crate::abi::Abi::NOTHING, Type::abi).of(address_type)
}

/// Finds the function that a new thread is to start with.
fn find_start_function<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    search: &StartFunctionSearch,
) -> Result<Step, Failure> {
    let ty = cx.data().numbers.core_type(search.start_type())?;
    let table = cx.data().numbers.table(search.table())?;
    let function = match cx.table_function(table, search.index(), &ty) {
        TableEntry::Function(function) => cx.callable(function),
        TableEntry::OtherType => return Err(Trap::StartFunctionTypeMismatch.into()),
        TableEntry::Empty => return Err(Trap::StartFunctionUnknown.into()),
    };
    let state = cx.data_mut();
    let number = state.put_start_function(StartFunction { function, ty })?;
    state.machine.new_thread(search, number)
}
