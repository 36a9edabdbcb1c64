//! Values in transit: arguments, results and debug messages, between memories of a few bytes.

use weft::chooser::Chooser;
use weft::core_value::CoreValue;
use weft::error::Failure;
use weft::limits::Limits;
use weft::machine::{
    EndId, ErrorContextId, InstanceId, ReturnToken, Step, SubtaskId, TaskId, ThreadId,
};
use weft::trap::{CopyDirection, EndKind, Trap};

use super::guest::address_of_bytes;
use super::host::{EndOrigin, HostEnd};
use super::player::{Call, ProgramPlayer};
use super::world::{MEMORY_BYTES, REALLOC_ADDRESS, Value, Width, end_kind};

/// A value that has been lifted.
#[derive(Clone, Copy, Debug)]
pub enum Lifted {
    /// A resource, by its representation.
    Resource(u32),
    /// An end of a stream or future.
    End(EndId),
    /// An error context.
    ErrorContext(ErrorContextId),
}

impl<L: Limits, C: Chooser> ProgramPlayer<L, C> {
    /// Passes the argument of a call from its caller to its task; returns the value that arrives.
    pub(crate) fn carry_argument(
        &mut self,
        task: TaskId,
        caller: SubtaskId,
    ) -> Result<Option<u32>, Failure> {
        let call = self.call(caller);
        let Some(param) = call.function.param else { return Ok(None) };
        let lifted = match call.caller {
            Some(instance) => {
                let lifted = self.lift(instance, param, call.argument, Some(caller));
                // The reference takes handles from a caller, which lives on, before it traps.
                self.is_over |= lifted.is_err();
                lifted?
            }
            None => self.host_argument(param, call)?,
        };
        let instance = self.instance_of_task(task);
        self.lower(instance, param, lifted, Some(task)).map(Some)
    }

    fn instance_of_task(&mut self, task: TaskId) -> InstanceId {
        let thread = self.machine.thread_views().find(|thread| thread.task == task);
        thread.expect("a task has a thread").instance
    }

    /// Returns the type of the ends at a position of `ENDS`.
    fn passed_end(&self, position: u32) -> (EndKind, weft::builtin::TypeIndex) {
        let (kind, _) = end_kind(position);
        (kind, self.world.ends[position as usize])
    }

    /// Creates an argument for the host.
    fn host_argument(&mut self, value: Value, call: Call) -> Result<Lifted, Failure> {
        Ok(match value {
            Value::Own | Value::Borrow => Lifted::Resource(call.argument),
            Value::End(position) => {
                let (kind, ty) = self.passed_end(position);
                let (readable, writable) = self.machine.new_host_ends(kind, ty)?;
                self.host_gets(writable, EndOrigin { call: call.number, is_writable: true });
                Lifted::End(readable)
            }
            Value::ErrorContext => {
                Lifted::ErrorContext(self.machine.new_host_error_context("host")?)
            }
        })
    }

    fn lift(
        &mut self,
        instance: usize,
        value: Value,
        index: u32,
        call: Option<SubtaskId>,
    ) -> Result<Lifted, Failure> {
        let (resource, id) = (self.world.resources[0], self.world.instances[instance]);
        Ok(match (value, call) {
            (Value::Borrow, Some(call)) => {
                Lifted::Resource(word(self.machine.lift_borrow(call, resource, index)?))
            }
            (Value::Own | Value::Borrow, _) => {
                Lifted::Resource(word(self.machine.lift_own(id, resource, index)?))
            }
            (Value::End(position), _) => {
                let (kind, ty) = self.passed_end(position);
                Lifted::End(self.machine.lift_end(id, kind, ty, index)?)
            }
            (Value::ErrorContext, _) => {
                Lifted::ErrorContext(self.machine.lift_error_context(id, index)?)
            }
        })
    }

    fn lower(
        &mut self,
        instance: InstanceId,
        value: Value,
        lifted: Lifted,
        task: Option<TaskId>,
    ) -> Result<u32, Failure> {
        let resource = self.world.resources[0];
        match (lifted, value, task) {
            (Lifted::Resource(representation), Value::Borrow, Some(task)) => {
                let lowered = self.machine.lower_borrow(task, resource, representation.into())?;
                Ok(lowered.to_core()?)
            }
            (Lifted::Resource(representation), ..) => {
                self.machine.lower_own(instance, resource, representation.into())
            }
            (Lifted::End(end), Value::End(position), _) => {
                let (kind, ty) = self.passed_end(position);
                self.machine.lower_end(instance, kind, ty, end)
            }
            (Lifted::ErrorContext(error_context), ..) => {
                self.machine.lower_error_context(instance, error_context)
            }
            (Lifted::End(_), ..) => panic!("an end is passed as {value:?}"),
        }
    }

    /// Passes the result of a task to its caller.
    pub(crate) fn carry_result(&mut self, task_return: ReturnToken) -> Result<Step, Failure> {
        let thread = task_return.thread();
        self.resolved.insert(task_return.task());
        let value = self.task_function(thread).and_then(|function| function.result);
        let Some(value) = value else {
            self.machine.return_(&task_return)?;
            return self.machine.resolve(task_return, None);
        };
        let index = self.pending.get(&thread).map_or(0, |pending| pending.argument);
        let lifted = self.lift(self.instance_of(thread), value, index, None)?;
        self.machine.return_(&task_return)?;
        let call = task_return.caller().map(|caller| self.call(caller));
        let Some(caller) = call.and_then(|call| call.caller) else {
            match (lifted, call) {
                (Lifted::Resource(_), _) | (Lifted::End(_), None) => {}
                (Lifted::End(end), Some(call)) => {
                    self.host_gets(end, EndOrigin { call: call.number, is_writable: false });
                }
                (Lifted::ErrorContext(it), _) => self.machine.drop_error_context(it)?,
            }
            return self.machine.resolve(task_return, None);
        };
        let place = call.filter(|call| call.is_async).map(|call| call.result_address);
        let place = place.map(|address| address_of_bytes(address, 4)).transpose();
        let place = place.inspect_err(|_| self.lost.push(lifted))?;
        let index = self.lower(self.world.instances[caller], value, lifted, None)?;
        if let Some(address) = place {
            self.store_word(caller, address, index);
            return self.machine.resolve(task_return, None);
        }
        self.machine.resolve(task_return, Some(CoreValue::I32(index)))
    }

    /// Lifts the argument of a call by the host.
    pub(crate) fn carry_to_host(&mut self, subtask: SubtaskId) -> Result<(), Failure> {
        let call = self.call(subtask);
        if let (Some(param), Some(caller)) = (call.function.param, call.caller)
            && let Lifted::End(end) = self.lift(caller, param, call.argument, Some(subtask))?
        {
            self.host_gets(end, EndOrigin { call: call.number, is_writable: false });
        }
        Ok(())
    }

    fn host_gets(&mut self, end: EndId, origin: EndOrigin) {
        self.host_ends.push(Some(HostEnd { id: end }));
        self.end_origins.push(origin);
        self.received.push(Vec::new());
    }

    pub(crate) fn load_debug_message(
        &self,
        thread: ThreadId,
        address: u64,
        length: u64,
    ) -> Result<String, Failure> {
        const MAX_STRING_BYTES: u64 = (1 << 28) - 1;
        let memory = &self.world.memories[self.instance_of(thread)];
        if length > MAX_STRING_BYTES {
            return Err(Trap::StringTooLong.into());
        }
        if address + length > MEMORY_BYTES as u64 {
            return Err(Trap::StringOutOfBounds.into());
        }
        let range = word(address) as usize..word(address + length) as usize;
        let bytes = memory.get(range).ok_or(Trap::StringContentOutOfBounds)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Trap::InvalidUtf8.into())
    }

    pub(crate) fn store_debug_message(
        &mut self,
        thread: ThreadId,
        error_context: ErrorContextId,
        address: u64,
    ) -> Result<(), Failure> {
        let message = self.machine.debug_message(error_context)?.to_owned();
        let number = self.instance_of(thread);
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let width = self.world.widths[number];
        let bytes = width.address_bytes();
        let address = address_of_bytes(address, u64::from(2 * bytes))?;
        self.machine.begin_realloc(self.world.instances[number])?;
        let [first, second] = [0, 1].map(|slot| self.context_slot(number, slot));
        self.emit(format!("realloc i{number} {length} context {first} {second}"));
        self.machine.realloc_returned()?;
        for (at, byte) in (REALLOC_ADDRESS as usize..).zip(message.bytes()) {
            self.world.memories[number][at] = byte;
        }
        for (address, word) in [(address, REALLOC_ADDRESS), (address + bytes, length)] {
            self.store_word(number, address, word);
            if width == Width::Wide {
                self.store_word(number, address + 4, 0);
            }
        }
        Ok(())
    }

    fn context_slot(&mut self, number: usize, slot: u32) -> u64 {
        use weft::builtin::{ContextBuiltins, Outcome};
        match self.machine.canon_context_get(self.world.widths[number].address_type(), slot) {
            Ok(Outcome::Return(value)) => value,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn store_word(&mut self, number: usize, address: u32, word: u32) {
        for (at, byte) in (address as usize..).zip(word.to_le_bytes()) {
            self.world.memories[number][at] = byte;
        }
    }
}

/// Converts a number of a program, which always fits in 32 bits.
pub(super) fn word(number: u64) -> u32 {
    u32::try_from(number).expect("the numbers of programs are small")
}

/// Returns the letter of a direction.
pub(crate) const fn letter(direction: CopyDirection) -> char {
    match direction {
        CopyDirection::Read => 'r',
        CopyDirection::Write => 'w',
    }
}
