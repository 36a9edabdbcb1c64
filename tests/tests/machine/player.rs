//! Plays random operations: the calls of guests, the actions of the host, and the answers of the
//! layer above. Numbers are small, so that they often select an existing object.
//!
//! An *obedient* host handles each step before its next action, and uses tokens and ids correctly.
//! A *wild* one does not.

mod answers;
mod rest;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use weft_core::builtin::{Outcome, TypeIndex};
use weft_core::chooser::Chooser;
use weft_core::code::SubtaskState;
use weft_core::error::{Error, Failure};
use weft_core::limits::{Limits, Table};
use weft_core::machine::{
    EndId, ErrorContextId, FunctionId, HandleView, InstanceId, LiftMode, LiftedFunction, Machine,
    Step, SubtaskId, TaskId, ThreadState, ThreadView, TypeDefinition,
};

use crate::calls::{Call, HOST_RESOURCE, OPTIONS, Of, task_return};
use crate::operations::{Doing, Operation, Shelf, Takes};

/// A player of random operations.
pub(crate) struct RandomPlayer<L: Limits, C> {
    pub(crate) machine: Machine<L, C>,
    /// The events, line by line.
    pub(crate) trace: Vec<String>,
    /// The built-ins that succeeded, the kinds of steps, and the broken rules.
    pub(crate) seen: BTreeSet<String>,
    is_obedient: bool,
    /// Set if the machine itself has unwound a trap.
    is_unwound: bool,
    /// Set while a step is being ended.
    is_half_way: bool,
    pub(super) instances: Vec<InstanceId>,
    /// The functions that can be called; `None` for the host function, which is the first.
    functions: Vec<(FunctionId, Option<LiftedFunction>)>,
    /// The functions of the tasks.
    called: BTreeMap<TaskId, FunctionId>,
    /// Calls that the host has made.
    pub(super) calls: Vec<SubtaskId>,
    /// Calls that guests have made.
    pub(super) guest_calls: Vec<SubtaskId>,
    /// The last states of calls.
    states: BTreeMap<SubtaskId, SubtaskState>,
    tasks: Vec<TaskId>,
    resolved: BTreeSet<TaskId>,
    pub(super) ends: Vec<EndId>,
    pub(super) error_contexts: Vec<ErrorContextId>,
    /// The next action of a guest that received an event.
    follows: Option<Call>,
    /// Steps that a wild host has not handled.
    steps: Vec<Step>,
    resource: TypeIndex,
}

/// Returns one of `items`; nothing if there are none.
fn one_of<T: Copy>(items: &[T], number: u8) -> Option<T> {
    items.get(usize::from(number) % items.len().max(1)).copied()
}

impl<L: Limits, C: Chooser> RandomPlayer<L, C> {
    pub(crate) fn new(chooser: C, is_obedient: bool) -> Self {
        let mut machine = Machine::new(chooser);
        for is_none_or_number in [true, true, false, false] {
            machine.define_type(TypeDefinition::Ends { is_none_or_number }).unwrap();
        }
        machine.define_type(TypeDefinition::Value).unwrap();
        let hosts = TypeDefinition::Resource { instance: None, destructor: None };
        assert_eq!(machine.define_type(hosts), Ok(HOST_RESOURCE));
        let mut player = Self {
            machine,
            trace: Vec::new(),
            seen: BTreeSet::new(),
            is_obedient,
            is_unwound: false,
            is_half_way: false,
            instances: Vec::new(),
            functions: Vec::new(),
            called: BTreeMap::new(),
            calls: Vec::new(),
            guest_calls: Vec::new(),
            states: BTreeMap::new(),
            tasks: Vec::new(),
            resolved: BTreeSet::new(),
            ends: Vec::new(),
            error_contexts: Vec::new(),
            follows: None,
            steps: Vec::new(),
            resource: HOST_RESOURCE,
        };
        player.functions.push((player.machine.define_host_function(0).unwrap(), None));
        for _ in 0..2 {
            player.new_instance();
        }
        let (instance, lift) = (player.instances[0], LiftMode::Sync { has_post_return: false });
        let destructor = Some(player.lift(instance, false, lift).unwrap());
        let instance = Some(instance);
        let guests = TypeDefinition::Resource { instance, destructor };
        player.resource = player.machine.define_type(guests).unwrap();
        player
    }

    fn lift(&mut self, instance: InstanceId, is_async: bool, lift: LiftMode) -> Option<FunctionId> {
        let (result_type, lift_options) = (None, OPTIONS);
        let lifted = LiftedFunction { instance, is_async, lift, result_type, lift_options };
        let function = self.machine.lift(lifted).ok()?;
        self.functions.push((function, Some(lifted)));
        Some(function)
    }

    /// Adds an instance with a function of each kind, if there is room.
    fn new_instance(&mut self) {
        let Ok(instance) = self.attempt("new_instance", Machine::new_instance) else { return };
        self.instances.push(instance);
        let kinds = [
            (false, LiftMode::Sync { has_post_return: false }),
            (false, LiftMode::Sync { has_post_return: true }),
            (true, LiftMode::Sync { has_post_return: true }),
            (true, LiftMode::Stackful),
            (true, LiftMode::Callback),
        ];
        for (is_async, lift) in kinds {
            self.lift(instance, is_async, lift);
        }
    }

    /// Calls the machine: an error must change nothing.
    pub(super) fn attempt<T: Debug, F: Into<Failure> + Debug + Clone>(
        &mut self,
        name: &str,
        attempt: impl FnOnce(&mut Machine<L, C>) -> Result<T, F>,
    ) -> Result<T, Failure> {
        let before = self.snapshot();
        let result = attempt(&mut self.machine);
        self.trace.push(format!("{name} {result:?}"));
        let result = result.map_err(Into::into);
        match &result {
            Ok(_) => {}
            Err(Failure::Trap(trap)) => {
                self.seen.insert(trap.rule().id().to_owned());
                self.is_unwound =
                    matches!(name, "invoke" | "invoke_for_held" | "tick" | "cancel_call");
            }
            Err(Failure::Error(error)) => {
                assert_eq!(before, self.snapshot(), "{name}: {error} changes something");
            }
        }
        result
    }

    fn snapshot(&mut self) -> ([usize; Table::ALL.len()], u32, Vec<ThreadView>) {
        let counts = Table::ALL.map(|table| self.machine.count_of(table));
        (counts, self.machine.ready_threads(), self.machine.thread_views().collect())
    }

    /// Performs an operation, and checks the state.
    pub(crate) fn play(&mut self, operation: Operation) {
        self.trace.push(format!("{operation:?}"));
        self.is_half_way = false;
        let result = self.do_(operation);
        match result {
            Err(Failure::Trap(_)) => {
                if !self.is_unwound {
                    self.give_up();
                }
                if operation.b > 0 {
                    self.replace(None);
                }
            }
            Err(Failure::Error(Error::Full(_))) => {
                if self.is_obedient && self.is_half_way {
                    self.give_up();
                }
                let one = self.instance(operation.a).filter(|_| operation.b > 6);
                self.replace(one);
            }
            Ok(()) | Err(Failure::Error(_)) => {}
        }
        self.check();
    }

    /// Abandons the active calls.
    fn give_up(&mut self) {
        let entered = self.machine.count_of(Table::Frames) > 0;
        let ended = self.attempt("trapped", Machine::trapped);
        assert_eq!(ended.is_ok(), entered);
    }

    /// Removes the instances that trapped, and this one, and adds others.
    fn replace(&mut self, one: Option<InstanceId>) {
        for instance in self.instances.clone() {
            let is_locked_down = self.machine.is_locked_down(instance) == Ok(true);
            if (is_locked_down || one == Some(instance))
                && self.attempt("remove_instance", |m| m.remove_instance(instance)).is_ok()
            {
                self.forget(instance);
                self.new_instance();
            }
        }
    }

    fn forget(&mut self, instance: InstanceId) {
        self.instances.retain(|it| *it != instance);
        self.functions.retain(|(_, of)| of.is_none_or(|of| of.instance != instance));
    }

    fn do_(&mut self, operation: Operation) -> Result<(), Failure> {
        let Operation { a, b, c, .. } = operation;
        let doing = self.sensible(operation);
        match doing {
            Doing::Call => {
                let follows = self.follows.take().filter(|_| a % 4 > 0);
                let call = follows.unwrap_or_else(|| operation.built_in(self.resource, self));
                let thread = self.machine.current();
                let name = call.definition.builtin().name();
                let outcome =
                    self.attempt(name, |machine| call.definition.call(machine, &call.arguments))?;
                self.seen.insert(name.to_owned());
                match outcome {
                    Outcome::Return(_) => {
                        assert_eq!(self.machine.current(), thread);
                        Ok(())
                    }
                    Outcome::Suspend(step) => self.take(step, c),
                }
            }
            Doing::Import => {
                let host = self.functions[0].0;
                let guests = self.entered(operation.is_blind());
                let function = one_of(&guests, a).filter(|_| b % 4 > 0).unwrap_or(host);
                let is_async = b % 3 > 0;
                let (call, step) =
                    self.attempt("canon_lower", |machine| machine.canon_lower(function, is_async))?;
                self.guest_calls.push(call);
                self.take(step, c)
            }
            Doing::Return => {
                let set = self.index_of(Takes::Set, b).filter(|_| !operation.is_blind());
                let packed = match a % 6 {
                    0 => None,
                    1 => Some(1),
                    2..=4 if set.is_some() || operation.is_blind() => {
                        Some(2 | set.unwrap_or(b.into()) << 4)
                    }
                    _ => Some(0),
                };
                if !operation.is_blind() && matches!(packed, None | Some(0)) && self.may_return() {
                    self.returns_first(c)?;
                }
                let step =
                    self.attempt("function_returned", |machine| machine.function_returned(packed))?;
                self.take(step, c)
            }
            Doing::Invoke => {
                let guests = self.entered(operation.is_blind());
                let Some(function) = one_of(&guests, a) else { return Ok(()) };
                let (call, step) = self.attempt("invoke", |machine| machine.invoke(function))?;
                self.calls.push(call);
                self.take(step, c)
            }
            Doing::Tick => self.tick(c),
            Doing::CancelCall => {
                // One of the latest calls.
                let latest = self.calls.len().saturating_sub(3);
                let Some(call) = one_of(&self.calls[latest..], a) else { return Ok(()) };
                let step = self.attempt("cancel_call", |machine| machine.cancel_call(call))?;
                self.take(step, c)
            }
            Doing::HostReturned => {
                let step = self.attempt("host_returned", Machine::host_returned)?;
                self.take(step, c)
            }
            Doing::HoldCallers => {
                let Some(call) = self.guest_call(operation) else { return Ok(()) };
                let step = self.attempt("hold_callers", |machine| machine.hold_callers(call))?;
                self.seen.insert("held".to_owned());
                self.take(step, c)
            }
            Doing::InvokeForHeld => {
                let (Some(call), guests) = (self.held_call(operation), self.entered(false)) else {
                    return Ok(());
                };
                let Some(function) = one_of(&guests, c) else { return Ok(()) };
                let (call, step) = self.attempt("invoke_for_held", |machine| {
                    machine.invoke_for_held(call, function)
                })?;
                self.calls.push(call);
                self.take(step, c)
            }
            Doing::TakeStep if !self.is_obedient => {
                let Some(step) = (!self.steps.is_empty())
                    .then(|| self.steps.swap_remove(usize::from(a) % self.steps.len()))
                else {
                    return Ok(());
                };
                self.answer(step, c)
            }
            Doing::Borrow if !self.is_obedient => self.borrow(a, b),
            _ => self.do_as_host(Operation { doing, ..operation }),
        }
    }

    /// Performs an operation of the host on instances and ends.
    fn do_as_host(&mut self, operation: Operation) -> Result<(), Failure> {
        let Operation { doing, a, b, c } = operation;
        match doing {
            Doing::Copy => {
                let Some(end) = one_of(&self.ends, a) else { return Ok(()) };
                let step =
                    self.attempt("host_copy", |machine| machine.host_copy(end, 0, u32::from(b)))?;
                self.take(step, c)
            }
            Doing::Realloc => {
                let Some(instance) = one_of(&self.instances, a) else { return Ok(()) };
                self.attempt("begin_realloc", |machine| machine.begin_realloc(instance))
            }
            Doing::ReallocReturned => self.attempt("realloc_returned", Machine::realloc_returned),
            Doing::Trapped => {
                self.give_up();
                Ok(())
            }
            Doing::NewInstance => {
                self.new_instance();
                Ok(())
            }
            Doing::RemoveInstance => {
                let Some(instance) = one_of(&self.instances, a) else { return Ok(()) };
                let removed = self.attempt("remove_instance", |m| m.remove_instance(instance));
                if removed.is_ok() {
                    self.forget(instance);
                }
                removed
            }
            Doing::LockDown => {
                // Not an instance that runs, which would continue up to its next step.
                let Some(instance) = one_of(&self.instances, a) else { return Ok(()) };
                let runs = |thread: ThreadView| {
                    thread.instance == instance && thread.state == ThreadState::Running
                };
                if self.machine.current().is_some() && self.machine.thread_views().any(runs) {
                    return Ok(());
                }
                self.attempt("lock_down", |machine| machine.lock_down_instance(instance))
            }
            _ => self.do_at_rest(operation),
        }
    }

    /// Returns an operation that the side in control can do.
    fn sensible(&mut self, operation: Operation) -> Doing {
        use Doing as D;
        let Operation { mut doing, a, b, .. } = operation;
        if operation.is_blind() {
            return doing;
        }
        if matches!(doing, D::Trapped | D::LockDown | D::RemoveInstance | D::Realloc) && b < 7 {
            doing = D::Call;
        }
        let is_guests = matches!(doing, D::Call | D::Import | D::Return | D::ReallocReturned);
        let is_begun = matches!(doing, D::Invoke | D::Tick | D::CancelCall | D::Copy);
        let is_entered = self.machine.count_of(Table::Frames) > 0;
        let view = self.running_instance().and_then(|it| self.machine.instance_view(it).ok());
        if view.is_some_and(|view| !view.may_leave) {
            let is_allowed = doing == D::Call && (4..=8).contains(&(a % 52));
            let ends = if a % 2 == 0 { D::ReallocReturned } else { D::Return };
            return if is_allowed { doing } else { ends };
        }
        match (self.machine.current(), is_entered) {
            (Some(_), _) if is_begun || doing == D::HostReturned => D::Call,
            (None, true) if is_guests || doing == D::Tick => [
                D::StartHostFunctionCall,
                D::ReturnHostFunctionCall,
                D::HostReturned,
                D::Invoke,
                D::HoldCallers,
            ][usize::from(a) % 5],
            (None, false) if is_guests || doing == D::HostReturned => {
                if self.machine.ready_threads() > 0 && a % 3 > 0 { D::Tick } else { D::Invoke }
            }
            _ => doing,
        }
    }

    /// Returns a call that a guest has made: the latest, unless numbers are used without checks.
    pub(super) fn guest_call(&self, operation: Operation) -> Option<SubtaskId> {
        let Operation { a, .. } = operation;
        if operation.is_blind() {
            return one_of(&self.guest_calls, a);
        }
        self.guest_calls.last().copied()
    }

    /// Returns a call of a host function with held callers, unless numbers are used without checks.
    pub(super) fn held_call(&self, operation: Operation) -> Option<SubtaskId> {
        if operation.is_blind() {
            return self.guest_call(operation);
        }
        let is_held = |call: &SubtaskId| self.machine.are_callers_held(*call) == Ok(true);
        let held: Vec<_> = self.guest_calls.iter().copied().filter(is_held).collect();
        one_of(&held, operation.b)
    }

    /// Returns the guests' functions; only those of instances that may be entered, unless numbers
    /// are used without checks.
    fn entered(&self, is_blind: bool) -> Vec<FunctionId> {
        let may_enter =
            |of: &LiftedFunction| is_blind || self.machine.is_locked_down(of.instance) == Ok(false);
        let guests = self.functions.iter().filter(|(_, of)| of.as_ref().is_some_and(may_enter));
        guests.map(|(function, _)| *function).collect()
    }

    /// Returns the function of the running task.
    fn running_function(&mut self) -> Option<LiftedFunction> {
        let thread = self.machine.current()?;
        let task = self.machine.task_of(thread).ok()?;
        let called = self.called.get(&task)?;
        self.functions.iter().find(|(function, _)| function == called)?.1
    }

    /// Returns from a task that has not returned.
    fn returns_first(&mut self, c: u8) -> Result<(), Failure> {
        let call = task_return();
        let returned = self.attempt("task.return", |machine| call.definition.call(machine, &[]));
        match returned {
            Ok(Outcome::Suspend(step)) => self.take(step, c),
            _ => Ok(()),
        }
    }

    /// Checks that a tick lets a thread run if, and only if, one is ready.
    fn tick(&mut self, c: u8) -> Result<(), Failure> {
        let (ready, before) = (self.machine.ready_threads(), self.snapshot());
        let entered = self.machine.count_of(Table::Frames) > 0;
        let step = self.attempt("tick", Machine::tick)?;
        assert!(!entered);
        if ready == 0 {
            assert_eq!(step, Step::ReturnToHost);
        }
        assert_eq!(self.snapshot() == before, ready == 0);
        self.take(step, c)
    }

    /// Takes an end out of an instance.
    pub(super) fn lift_end(
        &mut self,
        instance: InstanceId,
        of: Of,
        index: u32,
    ) -> Result<(), Failure> {
        let end =
            self.attempt("lift_end", |machine| machine.lift_end(instance, of.kind, of.ty, index))?;
        if !self.ends.contains(&end) {
            self.ends.push(end);
        }
        Ok(())
    }

    fn running_instance(&mut self) -> Option<InstanceId> {
        let thread = self.machine.current()?;
        Some(self.machine.thread_view(thread).ok()?.instance)
    }

    /// Returns the handles of the running instance.
    fn handles(&mut self) -> impl Iterator<Item = (u32, HandleView)> {
        let instance = self.running_instance();
        self.handles_of(instance)
    }

    pub(super) fn handles_of(
        &mut self,
        instance: Option<InstanceId>,
    ) -> impl Iterator<Item = (u32, HandleView)> {
        let highest = instance.map_or(0, |it| self.machine.highest_handle(it).unwrap_or(0));
        (1..=highest).filter_map(move |index| {
            Some((index, self.machine.handle_view(instance?, index).ok()??))
        })
    }

    pub(super) fn resource_type(&self, number: u8) -> TypeIndex {
        if number.is_multiple_of(2) { HOST_RESOURCE } else { self.resource }
    }

    pub(super) fn instance(&self, number: u8) -> Option<InstanceId> {
        one_of(&self.instances, number)
    }
}
