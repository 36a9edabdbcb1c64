//! A store with instances and functions of every kind of lift, and short functions that drive it.
//! The tests act for the guests: a call is made by the current thread.
//!
//! A function that takes a step asserts that it is the expected one. A function that returns a step
//! has already handled earlier steps that concern only the layer above the machine.

mod host;

use std::collections::VecDeque;

use weft_core::builtin::Outcome;
use weft_core::chooser::{Chooser, FirstInFirstOut};
use weft_core::code::{CallbackCode, CallbackResult, Ends, SubtaskState};
use weft_core::core_value::CoreValue;
use weft_core::error::{Error, Failure};
use weft_core::host::ExtendedMachine;
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::{
    AfterServed, EndId, ErrorContextId, Event, FunctionId, InstanceId, LiftMode, LiftedFunction,
    Resumed, ReturnToken, Step, SubtaskId, ThreadId, TypeDefinition,
};
use weft_core::trap::Trap;

use crate::calls::{Call, OPTIONS, Of, task_return};
use crate::steps::{back, back_with_event, returned, subtask, trap_of};

weft_core::limits! {
    /// Limits that are large enough for every scenario.
    pub(crate) struct Bounded {
        instances: 6, functions: 24, types: 16, handles: 24, thread_indices: 16, tasks: 16,
        threads: 16, waitables: 32, waitable_sets: 8, resources: 16, lends: 8, error_contexts: 8,
        frames: 16, held_frames: 24, message_bytes: 16,
    }
    extensions {
        task_records: 16, contexts: 24, context_scopes: 12, context_values: 3, error_records: 8,
        stack_frames: 2, error_metadata: 2, text_bytes: 16, value_bytes: 8, thread_records: 16,
        thread_locals: 3, call_records: 32, task_metadata: 2, cancellation_tokens: 8,
        cancellation_handlers: 12, host_sets: 4,
    }
}

/// The number of the function with which the host gets control.
const HOSTS: u32 = u32::MAX;

/// A machine, and the objects of its host.
pub(crate) struct GuestMachine<L: ExtensionLimits, C = FirstInFirstOut> {
    pub(crate) machine: ExtendedMachine<L, C>,
    /// The number of values that each copy has moved.
    pub(crate) copies: Vec<u32>,
    /// The results of copies with ends that the host serves: the number of values, and the state of
    /// the end afterwards.
    pub(crate) served: VecDeque<(u32, AfterServed)>,
    /// The representations of host resources that guests have dropped.
    pub(crate) dropped: Vec<u64>,
    pub(crate) instances: Vec<InstanceId>,
    /// The errors of refused operations.
    pub(crate) refused: Vec<Error>,
    /// The active call of the host.
    pub(crate) host_function_call: Option<SubtaskId>,
    /// A function with which the host gets control while a guest waits.
    host: FunctionId,
    calls: Vec<SubtaskId>,
    ends: Vec<EndId>,
    error_contexts: Vec<ErrorContextId>,
}

impl<L: ExtensionLimits> GuestMachine<L> {
    /// Creates an empty store that decides first in, first out.
    pub(crate) fn new() -> Self {
        Self::with(FirstInFirstOut)
    }
}

/// The objects of the machine, and functions to call.
impl<L: ExtensionLimits, C: Chooser> GuestMachine<L, C> {
    /// Creates an empty store in which `chooser` decides.
    pub(crate) fn with(chooser: C) -> Self {
        let mut machine = ExtendedMachine::with_extensions(chooser);
        for is_none_or_number in [true, true, false, false] {
            machine.define_type(TypeDefinition::Ends { is_none_or_number }).unwrap();
        }
        machine.define_type(TypeDefinition::Value).unwrap();
        for _ in 0..2 {
            let resource = TypeDefinition::Resource { instance: None, destructor: None };
            machine.define_type(resource).unwrap();
        }
        let host = machine.define_host_function(HOSTS).unwrap();
        Self {
            machine,
            host,
            host_function_call: None,
            copies: Vec::new(),
            served: VecDeque::new(),
            dropped: Vec::new(),
            instances: Vec::new(),
            refused: Vec::new(),
            calls: Vec::new(),
            ends: Vec::new(),
            error_contexts: Vec::new(),
        }
    }

    pub(crate) fn instance(&mut self) -> InstanceId {
        let instance = self.machine.new_instance().unwrap();
        self.instances.push(instance);
        instance
    }

    pub(crate) fn instances<const N: usize>(&mut self) -> [InstanceId; N] {
        [(); N].map(|()| self.instance())
    }

    pub(crate) fn lift(
        &mut self,
        instance: InstanceId,
        is_async: bool,
        lift: LiftMode,
    ) -> FunctionId {
        let (result_type, lift_options) = (None, OPTIONS);
        let function = LiftedFunction { instance, is_async, lift, result_type, lift_options };
        self.machine.lift(function).unwrap()
    }

    /// Adds a function of a type that is not `async`.
    pub(crate) fn sync(&mut self, instance: InstanceId) -> FunctionId {
        self.lift(instance, false, LiftMode::Sync { has_post_return: false })
    }

    /// Adds a function of a type that is not `async`, with `post-return`.
    pub(crate) fn sync_with_post_return(&mut self, instance: InstanceId) -> FunctionId {
        self.lift(instance, false, LiftMode::Sync { has_post_return: true })
    }

    /// Adds a function of an `async` type, lifted without `async`.
    pub(crate) fn plain(&mut self, instance: InstanceId) -> FunctionId {
        self.lift(instance, true, LiftMode::Sync { has_post_return: false })
    }

    pub(crate) fn stackful(&mut self, instance: InstanceId) -> FunctionId {
        self.lift(instance, true, LiftMode::Stackful)
    }

    pub(crate) fn callback(&mut self, instance: InstanceId) -> FunctionId {
        self.lift(instance, true, LiftMode::Callback)
    }

    pub(crate) fn host_function(&mut self, number: u32) -> FunctionId {
        self.machine.define_host_function(number).unwrap()
    }

    /// Adds an instance in which a stackful function runs, which the host called.
    pub(crate) fn running(&mut self) -> (InstanceId, ThreadId) {
        let instance = self.instance();
        (instance, self.run_in(instance))
    }

    /// Calls a stackful function of `instance`.
    pub(crate) fn run_in(&mut self, instance: InstanceId) -> ThreadId {
        let function = self.stackful(instance);
        self.invoke(function).1
    }
}

/// Actions of the current thread.
impl<L: ExtensionLimits, C: Chooser> GuestMachine<L, C> {
    /// Calls a built-in. If it returns at once, returns the step of one that is resumed at once.
    pub(crate) fn try_call(&mut self, call: Call) -> Result<Step, Failure> {
        let thread = self.machine.current();
        let Call { definition, arguments } = call;
        match definition.call(&mut self.machine, &arguments)? {
            Outcome::Suspend(step) => self.answer(Ok(step)),
            Outcome::Return(value) => {
                let packed = value.map_or(0, bits);
                assert_eq!(definition.resumed(packed).unwrap(), value);
                let value = Resumed::Builtin(packed);
                Ok(Step::Resume { thread: thread.unwrap(), value })
            }
        }
    }

    /// Calls a built-in that breaks no rule.
    #[track_caller]
    pub(crate) fn step(&mut self, call: Call) -> Step {
        self.try_call(call).unwrap()
    }

    /// Calls a built-in that lets its caller continue at once, and returns its result.
    #[track_caller]
    pub(crate) fn value(&mut self, call: Call) -> u64 {
        let thread = self.machine.current().unwrap();
        let step = self.step(call);
        back(&step, thread)
    }

    /// Calls a built-in that returns a 32-bit number at once.
    #[track_caller]
    pub(crate) fn get(&mut self, call: Call) -> u32 {
        u32::try_from(self.value(call)).unwrap()
    }

    /// Calls a built-in that returns 0 or nothing at once.
    #[track_caller]
    pub(crate) fn run(&mut self, call: Call) {
        assert_eq!(self.value(call), 0);
    }

    /// Calls `waitable-set.wait` or `waitable-set.poll`, which returns an event at once.
    #[track_caller]
    pub(crate) fn event(&mut self, call: Call) -> Event {
        let thread = self.machine.current().unwrap();
        let step = self.step(call);
        back_with_event(&step, thread)
    }

    /// Calls a built-in that traps.
    #[track_caller]
    pub(crate) fn trap(&mut self, call: Call) -> Trap {
        trap_of(self.try_call(call))
    }

    /// Creates ends: the readable one, and the writable one.
    #[track_caller]
    pub(crate) fn ends(&mut self, of: Of) -> (u32, u32) {
        let Ends { readable, writable } = Ends::unpack(self.value(of.make()));
        (readable, writable)
    }

    /// Calls an import.
    pub(crate) fn try_import(
        &mut self,
        function: FunctionId,
        is_async: bool,
    ) -> Result<Step, Failure> {
        let (_, step) = self.machine.canon_lower(function, is_async)?;
        self.answer(Ok(step))
    }

    /// Calls an import that is lowered without `async`.
    #[track_caller]
    pub(crate) fn import(&mut self, function: FunctionId) -> Step {
        self.try_import(function, false).unwrap()
    }

    /// Calls an import that is lowered with `async`.
    #[track_caller]
    pub(crate) fn import_async(&mut self, function: FunctionId) -> Step {
        self.try_import(function, true).unwrap()
    }

    /// Calls an import that is lowered with `async`, which lets its caller continue at once, with a
    /// subtask in this state. Returns its index.
    #[track_caller]
    pub(crate) fn subtask(&mut self, function: FunctionId, state: SubtaskState) -> u32 {
        let thread = self.machine.current().unwrap();
        let step = self.import_async(function);
        subtask(&step, thread, state)
    }

    /// Returns from the running core function; from a callback, or a function with one, with
    /// `exit`.
    #[track_caller]
    pub(crate) fn exit(&mut self) -> Step {
        let step = self.machine.function_returned(Some(0));
        self.answer(step).unwrap()
    }

    /// Returns from a function with a callback, or from the callback, to let others run.
    #[track_caller]
    pub(crate) fn exit_to_yield(&mut self) -> Step {
        let step = self.machine.function_returned(Some(CallbackCode::Yield.code()));
        self.answer(step).unwrap()
    }

    /// Returns from a function with a callback, or from the callback, to wait on a set.
    #[track_caller]
    pub(crate) fn exit_to_wait(&mut self, waitable_set: u32) -> Step {
        let packed = CallbackResult { code: CallbackCode::Wait, waitable_set }.pack().unwrap();
        let step = self.machine.function_returned(Some(packed));
        self.answer(step).unwrap()
    }

    /// Returns from a function that was lifted without `async`, up to the token for its result.
    #[track_caller]
    pub(crate) fn begin_return(&mut self) -> ReturnToken {
        returned(self.machine.function_returned(None).unwrap())
    }

    /// Returns `value` from a function that was lifted without `async`.
    #[track_caller]
    pub(crate) fn return_value(&mut self, value: Option<u32>) -> Step {
        let token = self.begin_return();
        self.resolve(token, value)
    }

    /// Calls `task.return`, up to the token for its result.
    #[track_caller]
    pub(crate) fn begin_task_return(&mut self) -> ReturnToken {
        returned(self.step(task_return()))
    }

    /// Calls `task.return` with `value`, after which the current thread continues.
    #[track_caller]
    pub(crate) fn task_return(&mut self, value: Option<u32>) {
        let thread = self.machine.current().unwrap();
        let token = self.begin_task_return();
        let step = self.resolve(token, value);
        assert_eq!(back(&step, thread), 0);
    }

    #[track_caller]
    pub(crate) fn resolve(&mut self, token: ReturnToken, value: Option<u32>) -> Step {
        self.machine.return_(&token).unwrap();
        let step = self.machine.resolve(token, value.map(CoreValue::I32));
        self.answer(step).unwrap()
    }
}

const fn bits(value: CoreValue) -> u64 {
    match value {
        CoreValue::I32(bits) | CoreValue::F32(bits) => bits as u64,
        CoreValue::I64(bits) | CoreValue::F64(bits) => bits,
        CoreValue::Function(_) => 0,
    }
}
