//! Guests: what a thread does by an entry, and what comes of it.

use weft::builtin::{
    BackpressureDefinition, ContextDefinition, CoreTypeIndex, Definition, ErrorContextDefinition,
    FutureDefinition, MemoryIndex, OptionsIndex, Outcome, ResourceDefinition, StreamDefinition,
    SubtaskDefinition, TableIndex, TaskDefinition, ThreadDefinition, TypeIndex, WaitableDefinition,
};
use weft::chooser::Chooser;
use weft::code::Ends;
use weft::core_value::{CoreValue, IntegerType};
use weft::error::Failure;
use weft::limits::Limits;
use weft::machine::{Event, Lift, Resumed, SubtaskId, TaskId, ThreadId};

use super::operation::{Entry, Operation};
use super::player::{Call, Control, Pending, Player};
use super::world::{
    EVENT_ADDRESS, FUNCTIONS, FUTURES, Function, HOST_FUNCTIONS, MESSAGE_ADDRESS, STREAMS,
    result_type,
};

/// Which code a thread is in.
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

impl<L: Limits, C: Chooser> Player<L, C> {
    /// The number of the instance that `thread` runs in.
    ///
    /// # Panics
    ///
    /// If there is no such thread.
    #[must_use]
    pub fn instance_of(&self, thread: ThreadId) -> usize {
        let view = self.machine.thread_view(thread).expect("a thread of this machine");
        self.world.number_of(view.instance)
    }

    fn guest_says(&mut self, thread: ThreadId, words: &str) {
        let number = self.appear(thread);
        self.emit(format!("T{number} {words}"));
    }

    /// The guest on `thread`, which is in control, does what `entry` says.
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
        if operation == Operation::Call {
            return self.guest_calls(thread, entry.arguments);
        }
        let instance = self.instance_of(thread);
        let definition = self.definition(instance, thread, entry);
        let values = values(operation, entry.arguments);
        match definition.call(&mut self.machine, &values)? {
            Outcome::Return(value) => {
                self.log_choices(None);
                if operation == Operation::TaskCancel {
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
        let instance = instance as usize % (self.world.instances.len() + 1);
        let (function, id) = match self.world.functions.get(instance) {
            Some(functions) => {
                let index = index as usize % FUNCTIONS.len();
                (&FUNCTIONS[index], functions[index])
            }
            None => {
                let index = index as usize % HOST_FUNCTIONS.len();
                (&HOST_FUNCTIONS[index], self.world.host_functions[index])
            }
        };
        let number = self.new_call_number();
        let (subtask, step) = self.machine.canon_lower(id, is_async)?;
        self.calls
            .insert(subtask, Call { number, function, caller: Some(caller), argument, is_async });
        self.take(step)
    }

    /// The function that `thread` is in returns.
    pub(crate) fn function_returns(
        &mut self,
        thread: ThreadId,
        a: u32,
        b: u32,
    ) -> Result<(), Failure> {
        self.guest_says(thread, &format!("return {a} {b}"));
        self.pending.insert(thread, Pending { operation: Operation::Return, argument: a });
        let packed = match self.codes.get(&thread) {
            Some(Code::Function(function)) if function.lift == Lift::Callback => {
                Some((a & 0xf) | (b << 4))
            }
            _ => None,
        };
        let step = self.machine.function_returned(packed)?;
        self.take(step)
    }

    /// A lifted function is called, with its argument.
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

    /// What `thread` has called returns.
    pub(crate) fn resumes(&mut self, thread: ThreadId, value: Resumed) -> Result<(), Failure> {
        let operation = self.pending.get(&thread).map_or(Operation::Return, |it| it.operation);
        let words = match value {
            Resumed::Builtin(bits) => {
                let instance = self.instance_of(thread);
                let entry = Entry { operation, arguments: [0; 4] };
                let definition = self.definition(instance, thread, entry);
                result(operation, definition.resumed(bits)?)
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

    /// What a built-in is defined as, in a program.
    fn definition(&self, instance: usize, thread: ThreadId, entry: Entry) -> Definition {
        use Operation as O;
        let Entry { operation, arguments: [a, b, ..] } = entry;
        let options = OptionsIndex(u32::try_from(instance).unwrap_or(u32::MAX));
        let memory = MemoryIndex(options.0);
        let (memory_address, ty) = (IntegerType::I32, IntegerType::I32);
        let representation = IntegerType::I32;
        let resource_type = match operation {
            O::ResourceNew => self.world.resources[instance],
            _ => self.world.resources[a as usize % self.world.resources.len()],
        };
        let stream = self.world.ends[((a & 0xf) % STREAMS) as usize];
        let future = self.world.ends[(STREAMS + (a & 0xf) % FUTURES) as usize];
        let is_async = a >> 4 & 1 == 1;
        match operation {
            O::ResourceNew => ResourceDefinition::New { resource_type, representation }.into(),
            O::ResourceDrop => ResourceDefinition::Drop { resource_type }.into(),
            O::ResourceRep => ResourceDefinition::Rep { resource_type, representation }.into(),
            O::ContextGet => ContextDefinition::Get { ty, slot: a & 1 }.into(),
            O::ContextSet => ContextDefinition::Set { ty, slot: a & 1 }.into(),
            O::BackpressureInc => BackpressureDefinition::Inc.into(),
            O::BackpressureDec => BackpressureDefinition::Dec.into(),
            O::TaskReturn => self.task_return(thread, b, options).into(),
            O::TaskCancel => TaskDefinition::Cancel.into(),
            O::SubtaskCancel => SubtaskDefinition::Cancel { is_async: a & 1 == 1 }.into(),
            O::SubtaskDrop => SubtaskDefinition::Drop.into(),
            O::WaitableSetNew => WaitableDefinition::SetNew.into(),
            O::WaitableSetWait => WaitableDefinition::SetWait { memory, memory_address }.into(),
            O::WaitableSetPoll => WaitableDefinition::SetPoll { memory, memory_address }.into(),
            O::WaitableSetDrop => WaitableDefinition::SetDrop.into(),
            O::WaitableJoin => WaitableDefinition::Join.into(),
            O::StreamNew => StreamDefinition::New { ty: stream }.into(),
            O::StreamRead => {
                StreamDefinition::Read { ty: stream, options, is_async, memory_address }.into()
            }
            O::StreamWrite => {
                StreamDefinition::Write { ty: stream, options, is_async, memory_address }.into()
            }
            O::StreamCancelRead => StreamDefinition::CancelRead { ty: stream, is_async }.into(),
            O::StreamCancelWrite => StreamDefinition::CancelWrite { ty: stream, is_async }.into(),
            O::StreamDropReadable => StreamDefinition::DropReadable { ty: stream }.into(),
            O::StreamDropWritable => StreamDefinition::DropWritable { ty: stream }.into(),
            O::StreamForward => StreamDefinition::Forward { ty: stream }.into(),
            O::FutureNew => FutureDefinition::New { ty: future }.into(),
            O::FutureRead => {
                FutureDefinition::Read { ty: future, options, is_async, memory_address }.into()
            }
            O::FutureWrite => {
                FutureDefinition::Write { ty: future, options, is_async, memory_address }.into()
            }
            O::FutureCancelRead => FutureDefinition::CancelRead { ty: future, is_async }.into(),
            O::FutureCancelWrite => FutureDefinition::CancelWrite { ty: future, is_async }.into(),
            O::FutureDropReadable => FutureDefinition::DropReadable { ty: future }.into(),
            O::FutureDropWritable => FutureDefinition::DropWritable { ty: future }.into(),
            O::FutureForward => FutureDefinition::Forward { ty: future }.into(),
            O::ErrorContextNew => ErrorContextDefinition::New { options, memory_address }.into(),
            O::ErrorContextDebugMessage => {
                ErrorContextDefinition::DebugMessage { options, memory_address }.into()
            }
            O::ErrorContextDrop => ErrorContextDefinition::Drop.into(),
            O::ThreadNewIndirect => ThreadDefinition::NewIndirect {
                start_type: CoreTypeIndex(0),
                table: TableIndex(0),
                table_address: IntegerType::I32,
                start_parameter: IntegerType::I32,
            }
            .into(),
            O::ThreadIndex => ThreadDefinition::Index.into(),
            O::ThreadResumeLater => ThreadDefinition::ResumeLater.into(),
            O::ThreadSuspend => ThreadDefinition::Suspend.into(),
            O::ThreadSuspendThenResume => ThreadDefinition::SuspendThenResume.into(),
            O::ThreadYieldThenResume => ThreadDefinition::YieldThenResume.into(),
            O::ThreadSuspendThenPromote => ThreadDefinition::SuspendThenPromote.into(),
            O::ThreadYieldThenPromote => ThreadDefinition::YieldThenPromote.into(),
            // The others are not built-ins, and never get here.
            _ => ThreadDefinition::Yield.into(),
        }
    }

    /// `task.return`, defined for the current task, or wrongly if `wrong` says so.
    fn task_return(&self, thread: ThreadId, wrong: u32, options: OptionsIndex) -> TaskDefinition {
        let right = match self.task_function(thread) {
            Some(function) => result_type(function),
            None => None,
        };
        TaskDefinition::Return {
            result_type: if wrong & 1 == 1 { Some(WRONG_TYPE) } else { right },
            options: if wrong & 2 == 2 { WRONG_OPTIONS } else { options },
        }
    }

    /// The lifted function of the task that `thread` is of.
    #[must_use]
    pub fn task_function(&self, thread: ThreadId) -> Option<&'static Function> {
        let task = self.machine.task_of(thread).ok()?;
        self.functions.get(&task).copied()
    }
}

/// The core arguments of a built-in.
pub(crate) fn values(operation: Operation, [a, b, c, d]: [u32; 4]) -> Vec<CoreValue> {
    use Operation as O;
    let numbers = match operation {
        O::ResourceNew
        | O::SubtaskDrop
        | O::WaitableSetDrop
        | O::ErrorContextDrop
        | O::ThreadResumeLater
        | O::ThreadSuspendThenResume
        | O::ThreadYieldThenResume
        | O::ThreadSuspendThenPromote
        | O::ThreadYieldThenPromote
        | O::TaskReturn => vec![a],
        O::ResourceDrop
        | O::ResourceRep
        | O::ContextSet
        | O::SubtaskCancel
        | O::StreamCancelRead
        | O::StreamCancelWrite
        | O::StreamDropReadable
        | O::StreamDropWritable
        | O::FutureCancelRead
        | O::FutureCancelWrite
        | O::FutureDropReadable
        | O::FutureDropWritable => vec![b],
        O::WaitableSetWait | O::WaitableSetPoll => vec![a, EVENT_ADDRESS],
        O::WaitableJoin => vec![a, b],
        O::StreamRead | O::StreamWrite => vec![b, c, d],
        O::FutureRead | O::FutureWrite | O::StreamForward | O::FutureForward => vec![b, c],
        O::ErrorContextNew => vec![128 + a % 8, b % 5],
        O::ErrorContextDebugMessage => vec![a, MESSAGE_ADDRESS],
        O::ThreadNewIndirect => vec![1, a],
        _ => vec![],
    };
    numbers.into_iter().map(CoreValue::I32).collect()
}

/// The words for what a call returned.
pub(crate) fn result(operation: Operation, value: Option<CoreValue>) -> String {
    match (operation, value) {
        (Operation::StreamNew | Operation::FutureNew, Some(CoreValue::I64(packed))) => {
            let Ends { readable, writable } = Ends::unpack(packed);
            format!("{readable} {writable}")
        }
        (_, Some(CoreValue::I32(value) | CoreValue::F32(value))) => value.to_string(),
        (_, Some(CoreValue::I64(value) | CoreValue::F64(value))) => value.to_string(),
        (_, Some(CoreValue::Function(_)) | None) => String::new(),
    }
}
