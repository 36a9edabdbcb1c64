//! Guests: the action of a thread for an entry, and its result.

use weft::builtin::{
    Builtin, CoreTypeIndex, Definition, MemoryIndex, OptionsIndex, Outcome, SymbolicType,
    TableIndex, TypeIndex,
};
use weft::chooser::Chooser;
use weft::code::Ends;
use weft::core_value::{CoreValue, IntegerType};
use weft::error::Failure;
use weft::limits::Limits;
use weft::machine::{Event, FunctionId, LiftMode, Resumed, SubtaskId, TaskId, ThreadId};

use crate::generated::definitions::Fixed;

use super::operation::{Entry, Operation, is_async, is_chosen, stored_at};
use super::player::{Call, Control, Pending, ProgramPlayer};
use super::world::{
    EVENT_ADDRESS, FUNCTIONS, FUTURES, Function, HOST_FUNCTIONS, MESSAGE_ADDRESS, STREAMS,
    result_type,
};

/// The code that a thread runs.
#[derive(Clone, Copy, Debug)]
pub enum Code {
    /// A lifted function, or its callback.
    Function(&'static Function),
    /// The destructor of a resource.
    Destructor,
    /// The start function of an explicit thread.
    StartFunction,
}

/// Options that no function has.
const WRONG_OPTIONS: OptionsIndex = OptionsIndex(1 << 20);
/// A type that no function returns.
const WRONG_TYPE: TypeIndex = TypeIndex(1 << 20);

impl<L: Limits, C: Chooser> ProgramPlayer<L, C> {
    /// Returns the number of the instance in which `thread` runs.
    ///
    /// # Panics
    ///
    /// If there is no such thread.
    #[must_use]
    pub fn instance_of(&self, thread: ThreadId) -> usize {
        let view = self.machine.thread_view(thread).expect("a thread of this machine");
        self.world.number_of(view.instance)
    }

    pub(crate) fn guest_says(&mut self, thread: ThreadId, words: &str) {
        let number = self.appear(thread);
        self.emit(format!("T{number} {words}"));
    }

    /// Performs `entry` for the guest on `thread`, which is in control.
    pub(crate) fn guest_does(&mut self, thread: ThreadId, entry: Entry) -> Result<(), Failure> {
        let Entry { operation, arguments: [a, b, c, d] } = entry;
        if operation.is_hosts() {
            return Ok(());
        }
        if operation == Operation::Return {
            return self.function_returns(thread, a, b);
        }
        self.guest_says(thread, &format!("{} {a} {b} {c} {d}", operation.name()));
        self.pending.insert(thread, Pending { operation, argument: a });
        let Operation::Builtin(builtin) = operation else {
            if operation == Operation::Store {
                self.store_word(self.instance_of(thread), stored_at(a), b);
                self.guest_says(thread, "= ");
                return Ok(());
            }
            return self.guest_calls(thread, entry.arguments);
        };
        let definition = self.definition(thread, builtin, entry.arguments);
        let values = values(builtin, entry.arguments);
        // Every other time without steps, as a driver does that can access the memories.
        if self.trace.len() % 2 == 1
            && let Some(step) = self.call_at_once(thread, definition, &values)?
        {
            return self.take(step);
        }
        match definition.call(&mut self.machine, &values)? {
            Outcome::Return(value) => {
                self.log_choices(None);
                if builtin == Builtin::TaskCancel {
                    self.resolved.extend(self.machine.task_of(thread).ok());
                }
                self.guest_says(thread, &format!("= {}", result(operation, value)));
                Ok(())
            }
            Outcome::Suspend(step) => self.take(step),
        }
    }

    fn guest_calls(
        &mut self,
        thread: ThreadId,
        [instance, index, is_async, argument]: [u32; 4],
    ) -> Result<(), Failure> {
        let caller = self.instance_of(thread);
        let is_async = is_async & 1 == 1;
        let (function, id) = self.callee(instance, index);
        let number = self.new_call_number();
        if self.calls_unrecorded(number, [instance, index, u32::from(is_async)])? {
            return Ok(());
        }
        let (subtask, step) = self.machine.canon_lower(id, is_async)?;
        self.calls
            .insert(subtask, Call { number, function, caller: Some(caller), argument, is_async });
        self.take(step)
    }

    /// Returns the function that a guest calls with these numbers.
    pub(crate) fn callee(&self, instance: u32, index: u32) -> (&'static Function, FunctionId) {
        let instance = instance as usize % (self.world.instances.len() + 1);
        match self.world.functions.get(instance) {
            Some(functions) => {
                let index = index as usize % FUNCTIONS.len();
                (&FUNCTIONS[index], functions[index])
            }
            None => {
                let index = index as usize % HOST_FUNCTIONS.len();
                (&HOST_FUNCTIONS[index], self.world.host_functions[index])
            }
        }
    }

    /// Returns from the function of `thread`.
    pub(crate) fn function_returns(
        &mut self,
        thread: ThreadId,
        a: u32,
        b: u32,
    ) -> Result<(), Failure> {
        self.guest_says(thread, &format!("return {a} {b}"));
        self.pending.insert(thread, Pending { operation: Operation::Return, argument: a });
        let packed = match self.codes.get(&thread) {
            Some(Code::Function(function)) if function.lift == LiftMode::Callback => {
                Some((a & 0xf) | (b << 4))
            }
            _ => None,
        };
        let step = self.machine.function_returned(packed)?;
        self.take(step)
    }

    /// Calls a lifted function with its argument.
    pub(crate) fn call_function(
        &mut self,
        thread: ThreadId,
        task: TaskId,
        caller: SubtaskId,
    ) -> Result<(), Failure> {
        let function = self.call(caller).function;
        self.functions.insert(task, function);
        let argument = self.carry_argument(task, caller)?;
        let instance = self.instance_of(thread);
        let index = FUNCTIONS.iter().position(|it| std::ptr::eq(it, function)).unwrap_or(0);
        let number = self.appear(thread);
        let words = argument.map(|argument| format!(" {argument}")).unwrap_or_default();
        self.emit(format!("call T{number} i{instance}.f{index}{words}"));
        self.enter(thread, Code::Function(function));
        Ok(())
    }

    /// Returns the result of the pending call of `thread`.
    pub(crate) fn resumes(&mut self, thread: ThreadId, value: Resumed) -> Result<(), Failure> {
        let operation = self.pending.get(&thread).map_or(Operation::Return, |it| it.operation);
        let words = match value {
            Resumed::Builtin(bits) => {
                let builtin = match operation {
                    Operation::Builtin(builtin) => builtin,
                    // The others are not built-ins, and never get here.
                    _ => Builtin::ThreadYield,
                };
                let value = self.definition(thread, builtin, [0; 4]).resumed(bits)?;
                result(operation, value)
            }
            Resumed::Event(Event { code, index, payload }) => {
                let instance = self.instance_of(thread);
                self.store_word(instance, EVENT_ADDRESS, index);
                self.store_word(instance, EVENT_ADDRESS + 4, payload);
                format!("{} {index} {payload}", code.code())
            }
            Resumed::Import(value) => result(operation, value),
            Resumed::AsyncImport(packed) => packed.to_string(),
        };
        self.guest_says(thread, &format!("= {words}"));
        self.control = Control::Guest(thread);
        Ok(())
    }

    /// Returns the definition of a built-in in a program.
    fn definition(&self, thread: ThreadId, builtin: Builtin, numbers: [u32; 4]) -> Definition {
        let function = self.task_function(thread);
        self.definition_in(self.instance_of(thread), function, builtin, numbers)
    }

    /// Returns the same as `definition`, for a guest of an instance that is in a function.
    pub(crate) fn definition_in(
        &self,
        instance: usize,
        function: Option<&'static Function>,
        builtin: Builtin,
        [a, b, ..]: [u32; 4],
    ) -> Definition {
        let world = &self.world;
        let own_options = OptionsIndex(u32::try_from(instance).unwrap_or(u32::MAX));
        let resource = if is_chosen(builtin) { a as usize } else { instance };
        let (result_type, options) = match builtin {
            Builtin::TaskReturn => task_return(function, b, own_options),
            _ => (None, own_options),
        };
        let fixed = Fixed {
            resource_type: world.resources[resource % world.resources.len()],
            representation: IntegerType::I32,
            context_type: IntegerType::I32,
            slot: a & 1,
            result_type,
            options,
            is_async: is_async(builtin, a),
            memory: MemoryIndex(own_options.0),
            memory_address: IntegerType::I32,
            stream_type: world.ends[((a & 0xf) % STREAMS) as usize],
            future_type: world.ends[(STREAMS + (a & 0xf) % FUTURES) as usize],
            start_type: CoreTypeIndex(0),
            table: TableIndex(0),
            table_address: IntegerType::I32,
            start_parameter: IntegerType::I32,
            is_shared: false,
        };
        fixed.definition(builtin)
    }

    /// Returns the lifted function of the task of `thread`.
    #[must_use]
    pub fn task_function(&self, thread: ThreadId) -> Option<&'static Function> {
        let task = self.machine.task_of(thread).ok()?;
        self.functions.get(&task).copied()
    }
}

/// Returns the type and options of `task.return`: those for the function that runs, or wrong ones
/// if `wrong` says so.
pub(crate) fn task_return(
    function: Option<&'static Function>,
    wrong: u32,
    options: OptionsIndex,
) -> (Option<TypeIndex>, OptionsIndex) {
    let right = function.and_then(result_type);
    let result_type = if wrong & 1 == 1 { Some(WRONG_TYPE) } else { right };
    (result_type, if wrong & 2 == 2 { WRONG_OPTIONS } else { options })
}

/// Returns the core arguments of a built-in, from the numbers of an entry.
///
/// Results are stored at addresses of their own, and the only function of the table is started.
pub(crate) fn values(builtin: Builtin, numbers: [u32; 4]) -> Vec<CoreValue> {
    let left = &numbers[usize::from(is_chosen(builtin))..];
    let parameters = builtin.description().params.iter();
    let mut left = left.iter().copied();
    let values = parameters.map(|parameter| match (builtin, parameter.ty, parameter.name) {
        (Builtin::ErrorContextNew, _, "ptr") => 128 + left.next().unwrap_or(0) % 8,
        (Builtin::ErrorContextNew, _, _) => left.next().unwrap_or(0) % 5,
        (Builtin::ErrorContextDebugMessage, SymbolicType::MemoryAddress, _) => MESSAGE_ADDRESS,
        (_, SymbolicType::MemoryAddress, "payload-addr") => EVENT_ADDRESS,
        (_, SymbolicType::TableAddress, _) => 1,
        _ => left.next().unwrap_or(0),
    });
    values.map(CoreValue::I32).collect()
}

/// Returns the words for the result of a call.
pub(crate) fn result(operation: Operation, value: Option<CoreValue>) -> String {
    match (operation, value) {
        (
            Operation::Builtin(Builtin::StreamNew | Builtin::FutureNew),
            Some(CoreValue::I64(packed)),
        ) => {
            let Ends { readable, writable } = Ends::unpack(packed);
            format!("{readable} {writable}")
        }
        (_, Some(CoreValue::I32(value) | CoreValue::F32(value))) => value.to_string(),
        (_, Some(CoreValue::I64(value) | CoreValue::F64(value))) => value.to_string(),
        (_, Some(CoreValue::Function(_)) | None) => String::new(),
    }
}
