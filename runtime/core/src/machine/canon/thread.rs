//! `canon_thread_index`, `canon_thread_new_indirect` and the others of the family.

use crate::builtin::{Builtin, CoreTypeIndex, Outcome, TableIndex, ThreadBuiltins};
use crate::chooser::{Choice, Chooser};
use crate::core_value::IntegerType;
use crate::error::{BuiltinCallError, Failure, MissingCapability};
use crate::limits::Limits;
use crate::trap::Trap;

use crate::machine::arena::Key;
use crate::machine::hooks::Hooks;
use crate::machine::record::frame::Outstanding;
use crate::machine::record::task::{Code, Continuation, Thread};
use crate::machine::record::words::words;
use crate::machine::state::Machine;
use crate::machine::step::{StartFunctionSearch, Step};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the thread at `index` of the current instance's thread table.
    ///
    /// Traps: `unknown-thread-index`.
    fn thread_at(&mut self, index: u32) -> Result<Key<Thread>, Failure> {
        self.look()?;
        let thread = self.tables(self.current_instance()?)?.threads.get(index);
        thread.ok_or_else(|| Trap::UnknownThreadIndex { index }.into())
    }

    /// Returns the thread at `index`, which must be suspended.
    ///
    /// Traps: `unknown-thread-index`, `thread-not-suspended`.
    fn suspended_thread_at(&mut self, index: u32) -> Result<Key<Thread>, Failure> {
        let thread = self.thread_at(index)?;
        if self.threads.get(thread)?.suspended() {
            Ok(thread)
        } else {
            Err(Trap::ThreadNotSuspended.into())
        }
    }

    /// Returns the thread at `index`, which must not be the current one.
    ///
    /// Traps: `unknown-thread-index`, `thread-not-suspended`.
    fn other_thread_at(&mut self, index: u32) -> Result<Key<Thread>, Failure> {
        let current = self.current_thread()?;
        if self.threads.get(current)?.index == index {
            return Err(Trap::ThreadNotSuspended.into());
        }
        self.thread_at(index)
    }

    /// Creates a thread that will call `function`, which is the host's number of the function
    /// that it found: `canon_thread_new_indirect` and `canon_thread_spawn_indirect`, after the
    /// search.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the search is not the current step, or has ended.
    /// - [`Error::Full`] if there is no room in [`Threads`](crate::limits::Table::Threads) or
    ///   [`ThreadIndices`](crate::limits::Table::ThreadIndices). The driver may call this again
    ///   with the same search.
    /// - The trap `table-full`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-threadnew-indirect)
    ///
    /// [`MachineError::OtherStep`]: crate::error::MachineError::OtherStep
    /// [`Error::Full`]: crate::error::Error::Full
    pub fn new_thread(
        &mut self,
        search: &StartFunctionSearch,
        function: u32,
    ) -> Result<Step, Failure> {
        let outstanding = Outstanding::token(search.serial);
        self.check_outstanding(outstanding)?;
        self.outstanding = Outstanding::Nothing;
        let current = self.current_thread()?;
        let (thread, index) = match self.new_suspended_thread(function, search.argument) {
            Ok(made) => made,
            Err(failure) => {
                self.outstanding = outstanding;
                return Err(failure);
            }
        };
        self.advance(|machine| {
            if search.is_spawn {
                machine.resume_later(thread)?;
            }
            machine.return_builtin(current, index.into())
        })
    }

    /// Creates a suspended thread of the current task, and returns it with its index.
    ///
    /// Traps: `table-full`.
    fn new_suspended_thread(
        &mut self,
        function: u32,
        argument: u64,
    ) -> Result<(Key<Thread>, u32), Failure> {
        let (task, instance) = (self.current_task()?, self.current_instance()?);
        self.threads.reserve(1)?;
        self.tables_mut(instance)?.threads.check_room::<Key<Thread>>(1)?;
        self.prepare_thread(task)?;
        let start = Continuation::StartFunction { function, argument: words(argument) };
        let thread = self.threads.insert(Thread::new(task, start, Code::StartFunction))?;
        self.thread_made(thread)?;
        let index = self.register_thread(thread)?;
        Ok((thread, index))
    }

    /// Returns the step that finds the start function of a thread.
    fn find_start_function(
        &mut self,
        (start_type, table): (CoreTypeIndex, TableIndex),
        (index, argument): (u64, u64),
        is_spawn: bool,
    ) -> Result<Outcome<u32, Step>, Failure> {
        let thread = self.current_thread()?;
        let thread = self.thread_id(thread)?;
        let serial = self.new_token();
        let search =
            StartFunctionSearch { serial, is_spawn, thread, start_type, table, index, argument };
        Ok(Outcome::Suspend(Step::FindStartFunction(search)))
    }
}

impl<L: Limits, C: Chooser, H: Hooks> ThreadBuiltins for Machine<L, C, H> {
    fn canon_thread_index(&mut self) -> Result<Outcome<u32, Step>, Failure> {
        let thread = self.current_thread()?;
        Ok(Outcome::Return(self.threads.get(thread)?.index))
    }

    fn canon_thread_new_indirect(
        &mut self,
        start_type: CoreTypeIndex,
        table: TableIndex,
        _: IntegerType,
        fi: u64,
        c: u64,
    ) -> Result<Outcome<u32, Step>, Failure> {
        self.find_start_function((start_type, table), (fi, c), false)
    }

    fn canon_thread_resume_later(&mut self, t: u32) -> Result<Outcome<(), Step>, Failure> {
        let other = self.suspended_thread_at(t)?;
        self.resume_later(other)?;
        Ok(Outcome::Return(()))
    }

    fn canon_thread_suspend(&mut self) -> Result<Outcome<(), Step>, Failure> {
        let thread = self.current_thread()?;
        self.suspended(|machine| machine.suspend(thread, Continuation::Zero))
    }

    fn canon_thread_yield(&mut self) -> Result<Outcome<(), Step>, Failure> {
        let thread = self.current_thread()?;
        self.suspended(|machine| machine.yield_(thread))
    }

    fn canon_thread_suspend_then_resume(&mut self, t: u32) -> Result<Outcome<(), Step>, Failure> {
        let other = self.suspended_thread_at(t)?;
        let thread = self.current_thread()?;
        self.suspended(|machine| machine.suspend_then_resume(thread, other))
    }

    fn canon_thread_yield_then_resume(&mut self, t: u32) -> Result<Outcome<(), Step>, Failure> {
        let other = self.suspended_thread_at(t)?;
        let thread = self.current_thread()?;
        self.suspended(|machine| machine.yield_then_resume(thread, other))
    }

    fn canon_thread_suspend_then_promote(&mut self, t: u32) -> Result<Outcome<(), Step>, Failure> {
        let other = self.other_thread_at(t)?;
        let thread = self.current_thread()?;
        self.suspended(|machine| machine.suspend_then_promote(thread, other))
    }

    fn canon_thread_yield_then_promote(&mut self, t: u32) -> Result<Outcome<(), Step>, Failure> {
        let other = self.other_thread_at(t)?;
        let thread = self.current_thread()?;
        self.suspended(|machine| machine.yield_then_promote(thread, other))
    }

    fn canon_thread_spawn_ref(
        &mut self,
        is_shared: bool,
        _: CoreTypeIndex,
        _: IntegerType,
        f: Option<u32>,
        c: u64,
    ) -> Result<Outcome<u32, Step>, Failure> {
        refuse_shared(Builtin::ThreadSpawnRef, is_shared)?;
        self.current_thread()?;
        if self.choose(Choice::Spawn, 2)? == 1 {
            return Ok(Outcome::Return(0));
        }
        let (thread, index) = self.new_suspended_thread(f.ok_or(Trap::StartFunctionUnknown)?, c)?;
        self.resume_later(thread)?;
        Ok(Outcome::Return(index))
    }

    fn canon_thread_spawn_indirect(
        &mut self,
        is_shared: bool,
        start_type: CoreTypeIndex,
        table: TableIndex,
        _: IntegerType,
        i: u64,
        c: u64,
    ) -> Result<Outcome<u32, Step>, Failure> {
        refuse_shared(Builtin::ThreadSpawnIndirect, is_shared)?;
        self.current_thread()?;
        if self.choose(Choice::Spawn, 2)? == 1 {
            return Ok(Outcome::Return(0));
        }
        self.find_start_function((start_type, table), (i, c), true)
    }

    fn canon_thread_available_parallelism(
        &mut self,
        is_shared: bool,
    ) -> Result<Outcome<u32, Step>, Failure> {
        refuse_shared(Builtin::ThreadAvailableParallelism, is_shared)?;
        // Cooperative threads take turns.
        self.current_thread()?;
        Ok(Outcome::Return(1))
    }
}

/// Refuses `shared`: a function that is defined with it is shared, and its threads run in
/// parallel.
const fn refuse_shared(builtin: Builtin, is_shared: bool) -> Result<(), BuiltinCallError> {
    let capability = MissingCapability::SharedFunctions;
    if is_shared { Err(BuiltinCallError::EngineCapability { builtin, capability }) } else { Ok(()) }
}
