//! Simulated guests: the firmware acts for them on the machine.

use weft_core::builtin::{
    Definition, OptionsIndex, Outcome, StreamDefinition, TaskDefinition, TypeIndex,
};
use weft_core::chooser::FirstInFirstOut;
use weft_core::code::{CallbackCode, CallbackResult, Ends};
use weft_core::core_value::CoreValue;
use weft_core::machine::{
    Event, FunctionId, Hooks, InstanceId, LiftMode, LiftedFunction, Machine, Resumed, Step,
    TypeDefinition,
};

use crate::board::{Board, Wrong, expect};

pub(crate) const STREAM: TypeIndex = TypeIndex(0);
pub(crate) const OPTIONS: OptionsIndex = OptionsIndex(0);
const TASK_RETURN: TaskDefinition = TaskDefinition::Return { result_type: None, options: OPTIONS };

/// The guests and the host, with their repeated actions.
pub(crate) struct Guests<'a, H = ()> {
    pub(crate) machine: &'a mut Machine<Board, FirstInFirstOut, H>,
    pub(crate) producer: Guest,
    pub(crate) consumer: Guest,
}

/// A component instance with its only export, which is lifted with a callback.
#[derive(Clone, Copy)]
pub(crate) struct Guest {
    pub(crate) instance: InstanceId,
    pub(crate) export: FunctionId,
}

impl Guest {
    fn new<H: Hooks>(machine: &mut Machine<Board, FirstInFirstOut, H>) -> Result<Self, Wrong> {
        let instance = machine.new_instance()?;
        let export = machine.lift(LiftedFunction {
            instance,
            is_async: true,
            lift: LiftMode::Callback,
            result_type: None,
            lift_options: OPTIONS,
        })?;
        Ok(Self { instance, export })
    }
}

impl<'a, H: Hooks> Guests<'a, H> {
    /// Creates two guests in an empty machine, which may have streams.
    pub(crate) fn new(machine: &'a mut Machine<Board, FirstInFirstOut, H>) -> Result<Self, Wrong> {
        machine.define_type(TypeDefinition::Ends { is_none_or_number: true })?;
        let producer = Guest::new(machine)?;
        let consumer = Guest::new(machine)?;
        Ok(Self { machine, producer, consumer })
    }

    fn outcome<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Result<Outcome<Option<CoreValue>, Step>, Wrong> {
        Ok(definition.into().call(self.machine, &arguments.map(CoreValue::I32))?)
    }

    /// Calls a built-in for the current guest that does not return at once.
    pub(crate) fn suspended<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Result<Step, Wrong> {
        match self.outcome(definition, arguments)? {
            Outcome::Suspend(step) => Ok(step),
            Outcome::Return(_) => Err(Wrong::Unexpected("a built-in that does not return")),
        }
    }

    /// Calls a built-in for the current guest that returns at once; returns its result, or 0.
    pub(crate) fn call<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Result<u32, Wrong> {
        match self.outcome(definition, arguments)? {
            Outcome::Return(Some(CoreValue::I32(value))) => Ok(value),
            Outcome::Return(None) => Ok(0),
            _ => Err(Wrong::Unexpected("a built-in that returns")),
        }
    }

    /// Creates a stream for the current guest.
    pub(crate) fn new_stream(&mut self) -> Result<Ends, Wrong> {
        match self.outcome(StreamDefinition::New { ty: STREAM }, [])? {
            Outcome::Return(Some(CoreValue::I64(ends))) => Ok(Ends::unpack(ends)),
            _ => Err(Wrong::Unexpected("two ends")),
        }
    }

    /// Returns from the current guest, to wait on a set.
    pub(crate) fn wait(&mut self, waitable_set: u32) -> Result<Step, Wrong> {
        self.returned(CallbackResult { code: CallbackCode::Wait, waitable_set })
    }

    /// Returns from the current guest, which ends its task.
    pub(crate) fn exit(&mut self) -> Result<Step, Wrong> {
        self.returned(CallbackResult { code: CallbackCode::Exit, waitable_set: 0 })
    }

    fn returned(&mut self, result: CallbackResult) -> Result<Step, Wrong> {
        let packed = result.pack().map_err(|_| Wrong::Unexpected("a small index"))?;
        Ok(self.machine.function_returned(Some(packed))?)
    }

    /// Lets a guest run that waits for its callback; returns the callback's event.
    pub(crate) fn callback_event(&mut self) -> Result<Event, Wrong> {
        match self.machine.tick()? {
            Step::CallCallback { event, .. } => Ok(event),
            _ => Err(Wrong::Unexpected("a callback is called")),
        }
    }

    /// Returns the result of the current guest's `function`.
    pub(crate) fn task_return(&mut self, function: FunctionId) -> Result<(), Wrong> {
        let Step::Return(token) = self.suspended(TASK_RETURN, [])? else {
            return Err(Wrong::Unexpected("a result for the caller"));
        };
        expect(token.function() == function, "the function that returns")?;
        self.machine.return_(&token)?;
        let step = self.machine.resolve(token, None)?;
        expect(builtin(&step) == Some(0), "`task.return` returns")
    }
}

/// Returns the result of a built-in in this step; nothing if it is another step.
pub(crate) fn builtin(step: &Step) -> Option<u64> {
    match step {
        Step::Resume { value: Resumed::Builtin(value), .. } => Some(*value),
        _ => None,
    }
}
