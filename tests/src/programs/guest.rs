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
use weft::machine::{
    Event, FunctionId, LiftMode, Resumed, StartFunctionSearch, Step, SubtaskId, TaskId, ThreadId,
};
use weft::trap::Trap;

use crate::generated::definitions::Fixed;

use super::operation::{
    Entry, Operation, after_return, is_async, is_chosen, result_offset, stored_at,
};
use super::player::{Call, Control, Pending, ProgramPlayer};
use super::world::{
    EVENT_ADDRESS, FUNCTIONS, FUTURES, Function, HOST_FUNCTIONS, MEMORY_BYTES, RESULT_ADDRESS,
    STREAMS, Width, result_type,
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

/// The positions of start functions in their table: the right one, none, one of another type, and
/// a position after the last one.
pub(crate) const START_FUNCTIONS: [u32; 4] = [1, 0, 2, 3];

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
            return self.function_returns(thread, entry.arguments);
        }
        self.guest_says(thread, &format!("{} {a} {b} {c} {d}", operation.name()));
        let instance = self.instance_of(thread);
        let width = self.world.widths[instance];
        let mut pending = Pending::new(operation, a);
        let Operation::Builtin(builtin) = operation else {
            self.pending.insert(thread, pending);
            if operation == Operation::Store {
                self.store_word(instance, stored_at(a), b);
                self.guest_says(thread, "= ");
                return Ok(());
            }
            return self.guest_calls(thread, entry.arguments);
        };
        let definition = self.definition(thread, builtin, entry.arguments);
        let values = values(builtin, entry.arguments, width);
        pending.event_address = event_address(builtin, &values);
        self.pending.insert(thread, pending);
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
        let result_address = result_address(is_async, self.world.widths[caller]);
        let is_async = is_async & 1 == 1;
        let (function, id) = self.callee(instance, index);
        let number = self.new_call_number();
        if self.calls_unrecorded(number, [instance, index, u32::from(is_async)])? {
            return Ok(());
        }
        let (subtask, step) = self.machine.canon_lower(id, is_async)?;
        let caller = Some(caller);
        let call = Call { number, function, caller, argument, is_async, result_address };
        self.calls.insert(subtask, call);
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
        [a, b, c, _]: [u32; 4],
    ) -> Result<(), Failure> {
        self.guest_says(thread, &format!("return {a} {b} {c}"));
        let after_return = after_return(c);
        let pending = Pending { after_return, ..Pending::new(Operation::Return, a) };
        self.pending.insert(thread, pending);
        let packed = match self.codes.get(&thread) {
            Some(Code::Function(function)) if function.lift == LiftMode::Callback => {
                Some((a & 0xf) | (b << 4))
            }
            _ => None,
        };
        let step = self.machine.function_returned(packed)?;
        self.take(step)
    }

    /// Calls a built-in in a `post-return` function. There, the guest is the thread with this number
    /// in this instance, in a task of `function`.
    pub(crate) fn calls_after_return(
        &mut self,
        (thread, instance): (u32, usize),
        function: Option<&'static Function>,
        builtin: Builtin,
    ) -> Result<(), Failure> {
        self.emit(format!("after-return T{thread} {builtin}"));
        let definition = self.definition_in(instance, function, builtin, [0; 4]);
        let values = values(builtin, [0; 4], self.world.widths[instance]);
        let Outcome::Return(value) = definition.call(&mut self.machine, &values)? else {
            panic!("{builtin} leaves an instance that cannot be left");
        };
        self.emit(format!("after-return T{thread} = {}", result(builtin.into(), value)));
        Ok(())
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

    /// Finds the start function of a thread in the table.
    pub(crate) fn find_start_function(
        &mut self,
        search: &StartFunctionSearch,
    ) -> Result<Step, Failure> {
        let [right, _, other, _] = START_FUNCTIONS.map(u64::from);
        match search.index() {
            position if position == right => self.machine.new_thread(search, 0),
            position if position == other => Err(Trap::StartFunctionTypeMismatch.into()),
            _ => Err(Trap::StartFunctionUnknown.into()),
        }
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
                let address = self.pending.get(&thread).map_or(0, |it| it.event_address);
                let address = address_of_bytes(address, 8)?;
                self.store_word(instance, address, index);
                self.store_word(instance, address + 4, payload);
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
        let address_type = world.widths[instance].address_type();
        let own_options = OptionsIndex(u32::try_from(instance).unwrap_or(u32::MAX));
        let resource = if is_chosen(builtin) { a as usize } else { instance };
        let (result_type, options) = match builtin {
            Builtin::TaskReturn => task_return(function, b, own_options),
            _ => (None, own_options),
        };
        let fixed = Fixed {
            resource_type: world.resources[resource % world.resources.len()],
            representation: IntegerType::I32,
            context_type: address_type,
            slot: a & 1,
            result_type,
            options,
            is_async: is_async(builtin, a),
            memory: MemoryIndex(own_options.0),
            memory_address: address_type,
            stream_type: world.ends[((a & 0xf) % STREAMS) as usize],
            future_type: world.ends[(STREAMS + (a & 0xf) % FUTURES) as usize],
            start_type: CoreTypeIndex(0),
            table: TableIndex(0),
            table_address: address_type,
            start_parameter: address_type,
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

/// Returns the core arguments of a built-in, from the numbers of an entry, for an instance of a
/// width.
///
/// Some addresses and positions are fixed, and a number of the entry is added.
pub(crate) fn values(builtin: Builtin, numbers: [u32; 4], width: Width) -> Vec<CoreValue> {
    let wide = |number| width.core_value(width.widened(number));
    let from = |base: u32, offset| width.core_value(u64::from(base) + width.widened(offset));
    let [a, b, c, d] = numbers;
    let start = START_FUNCTIONS[b as usize % START_FUNCTIONS.len()];
    match builtin {
        Builtin::ErrorContextNew => vec![from(128 + a % 8, c), from(b % 5, d)],
        Builtin::ErrorContextDebugMessage => {
            vec![CoreValue::I32(a), from(width.message_address(), b)]
        }
        Builtin::WaitableSetWait | Builtin::WaitableSetPoll => {
            vec![CoreValue::I32(a), from(EVENT_ADDRESS, b)]
        }
        Builtin::ThreadNewIndirect | Builtin::ThreadSpawnIndirect => vec![from(start, c), wide(a)],
        Builtin::ThreadSpawnRef => vec![CoreValue::Function((b == 0).then_some(0)), wide(a)],
        _ => {
            let left = &numbers[usize::from(is_chosen(builtin))..];
            let parameters = builtin.description().params.iter();
            let values = parameters.zip(left).map(|(parameter, number)| match parameter.ty {
                SymbolicType::MemoryAddress | SymbolicType::ContextType => wide(*number),
                _ => CoreValue::I32(*number),
            });
            values.collect()
        }
    }
}

/// Returns the address of the event that a built-in stores; 0 if it stores none.
pub(crate) fn event_address(builtin: Builtin, values: &[CoreValue]) -> u64 {
    match (builtin, values) {
        (Builtin::WaitableSetWait | Builtin::WaitableSetPoll, [_, CoreValue::I32(address)]) => {
            u64::from(*address)
        }
        (Builtin::WaitableSetWait | Builtin::WaitableSetPoll, [_, CoreValue::I64(address)]) => {
            *address
        }
        _ => 0,
    }
}

/// Returns the address of the result of a call lowered with `async`, for the number of its entry.
pub(crate) fn result_address(number: u32, width: Width) -> u64 {
    u64::from(RESULT_ADDRESS) + width.widened(result_offset(number))
}

/// Returns an address of a number of bytes in a memory.
///
/// # Errors
///
/// The trap `pointer-out-of-bounds`.
pub(crate) fn address_of_bytes(address: u64, count: u64) -> Result<u32, Trap> {
    let is_inside = address.saturating_add(count) <= MEMORY_BYTES as u64;
    let address = u32::try_from(address).ok().filter(|_| is_inside);
    address.ok_or(Trap::PointerOutOfBounds)
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
