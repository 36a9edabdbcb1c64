//! A machine whose guests call one another without `async`, in one of two ways: with the records of
//! each call, or without them as long as they are not needed.

use std::collections::HashMap;
use std::fmt::Write as _;

use weft_core::builtin::{Outcome, TypeIndex};
use weft_core::chooser::{Choice, Chooser as _, FirstInFirstOut, Seeded};
use weft_core::code::{CallResult, SubtaskState};
use weft_core::core_value::CoreValue;
use weft_core::error::Failure;
use weft_core::host::ExtendedMachine;
use weft_core::host::HostExtensions as _;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{
    BacktraceEntry, CalleeView, DeferredCallee, EndId, FunctionId, HandleView, InstanceId,
    InstanceView, MadeCall, Resumed, Step, SubtaskId, ThreadState, TypeDefinition, WaitableId,
};

use crate::calls::{Call, OPTIONS, STREAM, task_return};
use crate::guests::GuestMachine;

/// The instances of every side.
pub(super) const INSTANCES: usize = 3;
/// The index of the host function.
pub(super) const HOSTS: usize = 3 * INSTANCES;
/// The number of the host function.
const HOST_FUNCTION: u32 = 7;

/// The kinds of active calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A guest's function.
    Guest {
        has_post_return: bool,
    },
    PostReturn {
        value: u32,
    },
    /// A guest's function with an `async` type and a callback; with its result, if it has resolved.
    Callback {
        resolved: Option<u32>,
    },
    Destructor,
    Host,
    Realloc,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Active {
    pub(super) kind: Kind,
    /// The instance that runs, or that has called the host.
    pub(super) instance: usize,
    /// Set if the host made the call.
    is_hosts: bool,
    /// Set if a guest made it with `async`.
    is_async: bool,
    /// The number of the call.
    number: usize,
    /// Set if it has records.
    is_made: bool,
    call: Option<SubtaskId>,
}

/// The next action.
#[derive(Clone, Debug)]
pub(super) enum Doing {
    /// The host calls a function of a guest.
    Invoke(usize),
    /// A guest calls a function of a guest, or the host function, which is the last one; with
    /// `async` or not.
    Call(usize, bool),
    /// `task.return` with this.
    Resolve(u32),
    /// The active call returns this.
    Return(u32),
    BeginRealloc,
    BuiltIn(Call),
    /// The host passes the readable end of a stream to an instance.
    NewStream(usize),
    HostDrop(usize),
    HostEvents,
    Look(Look),
    /// The host's last call is abandoned.
    Trapped,
}

/// A way to need the records of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    MakeRecords,
    Current,
    Threads,
    Backtrace,
    Contexts,
    HostTasks,
    Tokens,
    HostThreads,
    HostSets,
    ErrorContexts,
    Extensions,
    UnwindHeld,
    /// A call that the host cannot make.
    Refused,
}

impl Look {
    pub(super) const ALL: [Self; 13] = [
        Self::MakeRecords,
        Self::Current,
        Self::Threads,
        Self::Backtrace,
        Self::Contexts,
        Self::HostTasks,
        Self::Tokens,
        Self::HostThreads,
        Self::HostSets,
        Self::ErrorContexts,
        Self::Extensions,
        Self::UnwindHeld,
        Self::Refused,
    ];
}

/// Counts of events.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    /// Calls, including `realloc`, that started without records.
    pub(super) deferred: usize,
    /// Those of them that ended without records.
    pub(super) ended: usize,
    /// Those of them whose functions have an `async` type.
    pub(super) ended_async: usize,
    /// For each number of frames, the number of times that their records were made at once.
    pub(super) made: [usize; 6],
    /// The number of calls that could not start without records.
    pub(super) refused: usize,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.deferred += other.deferred;
        self.ended += other.ended;
        self.ended_async += other.ended_async;
        self.refused += other.refused;
        for (sum, made) in self.made.iter_mut().zip(other.made) {
            *sum += made;
        }
    }
}

pub(super) struct Side<L: ExtensionLimits> {
    pub(super) world: GuestMachine<L>,
    defers: bool,
    random: Seeded,
    pub(super) stack: Vec<Active>,
    /// Three functions of each instance: without `post-return`, with it, and with a callback; and
    /// the host function.
    functions: Vec<FunctionId>,
    /// A resource type whose destructor is in the first instance.
    pub(super) ty: TypeIndex,
    names: HashMap<SubtaskId, usize>,
    pub(super) host_ends: Vec<Option<EndId>>,
    num_calls: usize,
    /// Set if records were made whose ids are unknown.
    pub(super) is_lost: bool,
    /// Set after a trap.
    pub(super) must_unwind: bool,
    pub(super) count: Count,
}

impl<L: ExtensionLimits> Side<L> {
    pub(super) fn new(defers: bool, seed: u64, max_table_length: u32) -> Self {
        let mut world = GuestMachine::<L>::with(FirstInFirstOut);
        world.machine.set_eager(!defers);
        world.machine.set_max_table_length(max_table_length);
        let instances: [InstanceId; INSTANCES] = world.instances();
        let destructor = world.sync(instances[0]);
        let (instance, destructor) = (Some(instances[0]), Some(destructor));
        let resource = TypeDefinition::Resource { instance, destructor };
        let ty = world.machine.define_type(resource).unwrap();
        let mut functions = Vec::new();
        for instance in instances {
            functions.extend([
                world.sync(instance),
                world.sync_with_post_return(instance),
                world.callback(instance),
            ]);
        }
        functions.push(world.host_function(HOST_FUNCTION));
        Self {
            world,
            defers,
            random: Seeded::new(seed),
            stack: Vec::new(),
            functions,
            ty,
            names: HashMap::new(),
            host_ends: Vec::new(),
            num_calls: 0,
            is_lost: false,
            must_unwind: false,
            count: Count::default(),
        }
    }

    fn machine(&mut self) -> &mut ExtendedMachine<L> {
        &mut self.world.machine
    }

    fn is_one_in(&mut self, count: u32) -> bool {
        self.random.choose(Choice::Host, count) == 0
    }

    /// Returns the instance of the running guest, or of the guest that called the host.
    pub(super) fn instance(&self) -> Option<usize> {
        self.stack.last().map(|it| it.instance)
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.stack.last().map(|it| it.kind)
    }

    pub(super) fn host_has_control(&self) -> bool {
        matches!(self.kind(), None | Some(Kind::Host))
    }

    /// Returns true if a function with an `async` type enters an instance at once.
    pub(super) fn enters_at_once(&mut self, function: usize) -> bool {
        let (kind, instance) = self.callee(function);
        let instance = self.world.instances[instance];
        let view = self.world.machine.instance_view(instance).unwrap();
        !matches!(kind, Kind::Callback { .. })
            || view.backpressure == 0 && view.exclusive_thread.is_none()
    }

    pub(super) fn is_all_locked_down(&self) -> bool {
        self.world.instances.iter().all(|it| self.world.machine.is_locked_down(*it).unwrap())
    }

    /// Returns handles of the running instance.
    pub(super) fn indices(&mut self, condition: impl Fn(&HandleView) -> bool) -> Vec<u32> {
        let Some(instance) = self.instance().map(|it| self.world.instances[it]) else {
            return Vec::new();
        };
        let highest = self.world.machine.highest_handle(instance).unwrap();
        let mut is_one = |index: &u32| {
            let handle = self.world.machine.handle_view(instance, *index).unwrap();
            handle.is_some_and(|handle| condition(&handle))
        };
        (1..=highest).filter(|index| is_one(index)).collect()
    }

    fn has_unmade(&self) -> bool {
        self.stack.iter().any(|it| !it.is_made)
    }

    /// Performs an action, and describes its result.
    pub(super) fn act(&mut self, doing: &Doing) -> String {
        let told = self.try_act(doing).unwrap_or_else(|failure| {
            self.must_unwind |= matches!(failure, Failure::Trap(_));
            format!("{failure:?}")
        });
        if self.has_unmade() && !self.world.machine.has_deferred() {
            self.find_made();
        }
        assert_eq!(self.has_unmade() && !self.is_lost, self.world.machine.has_deferred());
        told
    }

    fn try_act(&mut self, doing: &Doing) -> Result<String, Failure> {
        let is_hosts_doing =
            matches!(doing, Doing::NewStream(_) | Doing::HostDrop(_) | Doing::HostEvents);
        if is_hosts_doing && self.has_unmade() && !self.is_one_in(8) {
            self.make();
        }
        match doing {
            Doing::Invoke(function) => self.invoke(*function),
            Doing::Call(function, is_async) => self.call(*function, *is_async),
            Doing::Resolve(value) => self.resolves(*value),
            Doing::Return(value) => self.returns(*value),
            Doing::BeginRealloc => {
                let instance = self.instance().unwrap_or(0);
                let id = self.world.instances[instance];
                self.machine().begin_realloc(id)?;
                let is_made = !self.world.machine.has_deferred();
                self.begin(Kind::Realloc, instance, None, is_made);
                Ok("realloc".to_owned())
            }
            Doing::BuiltIn(call) => self.built_in(call),
            Doing::NewStream(instance) => {
                let (readable, writable) = self.machine().new_host_ends(STREAM.kind, STREAM.ty)?;
                let to = self.world.instances[*instance];
                let index = self.machine().lower_end(to, STREAM.kind, STREAM.ty, readable);
                let kept = if index.is_ok() { writable } else { readable };
                if index.is_err() {
                    self.machine().drop_host_end(writable)?;
                }
                self.host_ends.push(Some(kept));
                Ok(format!("{:?}", index?))
            }
            Doing::HostDrop(end) => {
                let Some(end) = self.host_ends[*end].take() else { return Ok(String::new()) };
                self.machine().drop_host_end(end)?;
                Ok("dropped".to_owned())
            }
            Doing::HostEvents => self.host_events(),
            Doing::Look(look) => self.look(*look),
            Doing::Trapped => self.trapped(),
        }
    }

    fn begin(&mut self, kind: Kind, instance: usize, call: Option<SubtaskId>, is_made: bool) {
        let is_hosts = self.host_has_control() && kind != Kind::Realloc;
        let number = self.num_calls;
        self.num_calls += 1;
        self.names.extend(call.map(|call| (call, number)));
        self.count.deferred += usize::from(!is_made);
        let is_async = false;
        self.stack.push(Active { kind, instance, is_hosts, is_async, number, is_made, call });
    }

    /// Records that a guest made the innermost call.
    fn lowered(&mut self, is_async: bool) {
        if let Some(active) = self.stack.last_mut() {
            active.is_async = is_async;
        }
    }

    fn resolves(&mut self, value: u32) -> Result<String, Failure> {
        let result = Some(CoreValue::I32(value));
        let is_right = self.machine().check_deferred_return(None, OPTIONS)?;
        assert!(self.defers || !is_right);
        if is_right {
            assert_eq!(self.machine().deferred_resolved(result), Ok(true));
        } else {
            let call = task_return();
            let outcome = call.definition.call(&mut self.world.machine, &call.arguments)?;
            let Outcome::Suspend(Step::Return(token)) = outcome else { panic!("{outcome:?}") };
            self.machine().return_(&token)?;
            let step = self.machine().resolve(token, result)?;
            assert!(matches!(step, Step::Resume { value: Resumed::Builtin(0), .. }));
        }
        if let Some(Active { kind: Kind::Callback { resolved }, .. }) = self.stack.last_mut() {
            *resolved = Some(value);
        }
        Ok("resolved".to_owned())
    }

    /// Returns the kind and the instance of a function.
    fn callee(&self, function: usize) -> (Kind, usize) {
        let kind = match function % 3 {
            _ if function == HOSTS => return (Kind::Host, self.instance().unwrap_or(0)),
            2 => Kind::Callback { resolved: None },
            number => Kind::Guest { has_post_return: number == 1 },
        };
        (kind, function / 3)
    }

    fn invoke(&mut self, function: usize) -> Result<String, Failure> {
        let (id, (kind, instance)) = (self.functions[function], self.callee(function));
        if self.has_unmade() {
            self.make();
        }
        if self.defers {
            let before = format!("{:?}", self.world.machine);
            if self.machine().invoke_deferred(id)? {
                self.begin(kind, instance, None, false);
                return Ok("begins".to_owned());
            }
            self.count.refused += 1;
            assert_eq!(format!("{:?}", self.world.machine), before);
        }
        let (call, step) = self.machine().invoke(id)?;
        assert!(matches!(step, Step::CallFunction { .. }));
        self.begin(kind, instance, Some(call), true);
        Ok("begins".to_owned())
    }

    fn call(&mut self, function: usize, is_async: bool) -> Result<String, Failure> {
        let (id, (kind, instance)) = (self.functions[function], self.callee(function));
        if self.defers {
            let before = format!("{:?}", self.world.machine);
            if let Some(callee) = self.machine().canon_lower_deferred(id, is_async)? {
                let is_host = callee == DeferredCallee::Host(HOST_FUNCTION);
                assert_eq!(is_host, kind == Kind::Host);
                self.begin(kind, instance, None, false);
                self.lowered(is_async);
                return Ok("begins".to_owned());
            }
            self.count.refused += 1;
            assert_eq!(format!("{:?}", self.world.machine), before);
        }
        if self.has_unmade() && self.is_one_in(2) {
            self.make();
        }
        let (call, step) = self.machine().canon_lower(id, is_async)?;
        if let Step::CallHost { subtask, .. } = step {
            self.machine().start_host_function_call(subtask)?;
        }
        self.begin(kind, instance, Some(call), true);
        self.lowered(is_async);
        Ok("begins".to_owned())
    }

    fn returns(&mut self, value: u32) -> Result<String, Failure> {
        let Some(active) = self.stack.last().copied() else { return Ok(String::new()) };
        let result = Some(CoreValue::I32(value));
        if active.kind == Kind::Realloc {
            self.machine().realloc_returned()?;
            return Ok(self.ended(active, "realloc returned".to_owned()));
        }
        if !active.is_made {
            let has_post_return = active.kind == Kind::Guest { has_post_return: true };
            if has_post_return {
                assert_eq!(self.machine().deferred_resolved(result), Ok(true));
                return Ok(self.in_post_return(value));
            }
            let value = match active.kind {
                Kind::PostReturn { value } | Kind::Callback { resolved: Some(value) } => value,
                _ => value,
            };
            let is_unresolved = active.kind == Kind::Callback { resolved: None };
            assert_eq!(self.machine().deferred_returned(), Ok(!is_unresolved));
            if is_unresolved {
                let step = self.machine().function_returned(Some(0))?;
                return Ok(format!("{step:?}"));
            }
            let told = match (active.is_hosts, active.is_async) {
                (true, _) => "host".to_owned(),
                (_, true) => "gets a result with async".to_owned(),
                _ => format!("gets {value}"),
            };
            return Ok(self.ended(active, told));
        }
        let step = match active.kind {
            Kind::Guest { .. } => match self.machine().function_returned(None)? {
                Step::Return(token) => {
                    self.machine().return_(&token)?;
                    self.machine().resolve(token, result)?
                }
                step => return Ok(format!("{step:?}")),
            },
            Kind::Host => {
                let call = active.call.unwrap();
                self.machine().return_host_function_call(call, result)?;
                self.machine().host_returned()?
            }
            Kind::Callback { .. } => self.machine().function_returned(Some(0))?,
            _ => self.machine().function_returned(None)?,
        };
        let told = match step {
            Step::ReturnToHost => "host".to_owned(),
            Step::CallPostReturn { .. } => return Ok(self.in_post_return(value)),
            Step::Resume { value: Resumed::Import(Some(CoreValue::I32(value))), .. } => {
                format!("gets {value}")
            }
            Step::Resume { value: Resumed::AsyncImport(packed), .. } => {
                let returned = CallResult { state: SubtaskState::Returned, subtask: 0 };
                assert_eq!(Ok(packed), returned.pack());
                "gets a result with async".to_owned()
            }
            Step::Resume { value: Resumed::Builtin(value), .. } => {
                format!("continues with {value}")
            }
            step => panic!("{step:?}"),
        };
        Ok(self.ended(active, told))
    }

    fn in_post_return(&mut self, value: u32) -> String {
        if let Some(active) = self.stack.last_mut() {
            active.kind = Kind::PostReturn { value };
        }
        "post-return".to_owned()
    }

    fn ended(&mut self, active: Active, told: String) -> String {
        self.stack.pop();
        self.count.ended += usize::from(!active.is_made);
        let is_async = matches!(active.kind, Kind::Callback { .. });
        self.count.ended_async += usize::from(is_async && !active.is_made);
        self.forget(active);
        told
    }

    /// Drops a host call, as one that has ended without a record is dropped.
    fn forget(&mut self, active: Active) {
        if let Some(call) = active.call.filter(|_| active.is_hosts) {
            self.machine().drop_call(call).unwrap();
        }
    }

    fn built_in(&mut self, call: &Call) -> Result<String, Failure> {
        let step = match call.definition.call(&mut self.world.machine, &call.arguments)? {
            Outcome::Return(value) => return Ok(format!("{value:?}")),
            Outcome::Suspend(step) => self.world.answer(Ok(step))?,
        };
        Ok(match step {
            Step::CallDestructor { representation, .. } => {
                if self.has_unmade() {
                    self.find_made_below(1);
                }
                self.begin(Kind::Destructor, 0, None, true);
                format!("destroys {representation}")
            }
            Step::Resume { value, .. } => format!("{value:?}"),
            step => panic!("{step:?}"),
        })
    }

    fn host_events(&mut self) -> Result<String, Failure> {
        let mut told = String::new();
        while let Some(event) = self.machine().next_host_event()? {
            let who = match event.waitable {
                WaitableId::End(end) => {
                    format!("end {:?}", self.host_ends.iter().position(|it| *it == Some(end)))
                }
                WaitableId::Subtask(call) => format!("call {}", self.name(call)),
            };
            let event = event.event;
            write!(told, "{who} {:?} {}, ", event.code, event.payload).unwrap();
        }
        Ok(told)
    }

    /// Returns the number of a call by the host. An unknown one was made without telling its id.
    fn name(&mut self, call: SubtaskId) -> usize {
        if let Some(name) = self.names.get(&call) {
            return *name;
        }
        let active = self.stack.iter_mut().find(|it| it.is_hosts && it.call.is_none()).unwrap();
        active.call = Some(call);
        self.names.insert(call, active.number);
        active.number
    }

    fn look(&mut self, look: Look) -> Result<String, Failure> {
        let first = self.functions[0];
        if look == Look::MakeRecords {
            self.make();
            return self.view();
        }
        let machine = &mut self.world.machine;
        match look {
            Look::MakeRecords => {}
            Look::Current => drop(machine.current()),
            Look::Threads => drop(machine.thread_views().count()),
            Look::Backtrace => drop(machine.backtrace().count()),
            Look::Contexts => assert_eq!(machine.contexts().current(), None),
            Look::HostTasks => drop(machine.tasks()),
            Look::Tokens => drop(machine.cancellation_tokens()),
            Look::HostThreads => drop(machine.threads()),
            Look::HostSets => drop(machine.waitable_sets()),
            Look::ErrorContexts => drop(machine.error_contexts()),
            Look::Extensions => drop(machine.extensions()),
            Look::UnwindHeld => drop(machine.unwind_held()),
            Look::Refused => {
                if matches!(self.kind(), None | Some(Kind::Host)) {
                    self.make();
                } else {
                    assert!(self.machine().invoke(first).is_err());
                }
            }
        }
        assert!(!self.world.machine.has_deferred());
        self.view()
    }

    /// Makes the records, and learns their ids.
    pub(super) fn make(&mut self) {
        let unmade = self.stack.iter().filter(|it| !it.is_made).count();
        self.count.made[unmade.min(5)] += 1;
        let mut made = Vec::new();
        self.machine().make_records(|it| made.push(it)).unwrap();
        let mut made = made.into_iter();
        for position in 0..self.stack.len() {
            let Active { kind, instance, is_made, number, .. } = self.stack[position];
            if is_made {
                continue;
            }
            self.stack[position].is_made = true;
            if kind == Kind::Realloc {
                continue;
            }
            let MadeCall { call, caller, callee } = made.next().unwrap();
            self.stack[position].call = Some(call);
            self.names.insert(call, number);
            let id = self.world.instances[instance];
            let machine = self.machine();
            let calling = caller.map(|(task, _)| machine.instance_of(task).unwrap());
            assert_eq!(machine.calling_instance(call), Ok(calling));
            match callee {
                None => {
                    assert_eq!(kind, Kind::Host);
                    assert_eq!(machine.callee_view(call), Ok(CalleeView::Host(HOST_FUNCTION)));
                    assert_eq!(machine.calling_instance(call), Ok(Some(id)));
                }
                Some((task, thread)) => {
                    let view = machine.thread_view(thread).unwrap();
                    assert_eq!(
                        (view.task, view.instance, view.state),
                        (task, id, ThreadState::Running)
                    );
                    let is_over = matches!(
                        kind,
                        Kind::PostReturn { .. } | Kind::Callback { resolved: Some(_) }
                    );
                    assert_eq!(view.caller, (!is_over).then_some(call));
                    assert_eq!(machine.implicit_thread_of(task), Ok(Some(thread)));
                }
            }
        }
        assert_eq!(made.next(), None);
    }

    /// Finds the calls whose records were made by an observation.
    fn find_made(&mut self) {
        self.find_made_below(0);
    }

    /// Does the same as `find_made`, below `num_tasks` tasks.
    fn find_made_below(&mut self, num_tasks: usize) {
        let unmade = self.stack.iter().filter(|it| !it.is_made).count();
        self.count.made[unmade.min(5)] += 1;
        let depth = self.stack.len();
        let tasks = self.machine().backtrace().filter_map(|entry| match entry {
            BacktraceEntry::Task { task, .. } => Some(task),
            _ => None,
        });
        let tasks: Vec<_> = tasks.skip(num_tasks).take(depth).collect();
        let mut tasks = tasks.into_iter();
        for position in (0..self.stack.len()).rev() {
            let Active { kind, is_made, number, .. } = self.stack[position];
            match kind {
                // The ids of these are not reported.
                Kind::Host | Kind::PostReturn { .. } | Kind::Callback { resolved: Some(_) }
                    if !is_made =>
                {
                    self.is_lost = true;
                    return;
                }
                Kind::Host => continue,
                _ => {}
            }
            let task = tasks.next().unwrap();
            if is_made {
                continue;
            }
            let Some(thread) = self.machine().implicit_thread_of(task).unwrap() else {
                // It has ended without a result, which is a trap.
                self.is_lost = true;
                return;
            };
            let call = self.machine().thread_view(thread).unwrap().caller;
            assert_eq!(call.is_none(), kind == Kind::Realloc);
            self.stack[position].is_made = true;
            self.stack[position].call = call;
            self.names.extend(call.map(|call| (call, number)));
        }
    }

    fn trapped(&mut self) -> Result<String, Failure> {
        if self.has_unmade() && !self.is_lost && self.is_one_in(2) {
            self.make();
        }
        let mut told = format!("{:?} ", self.machine().trapped());
        told += &self.host_events()?;
        while let Some(active) = self.stack.pop() {
            self.forget(active);
            if active.is_hosts {
                break;
            }
        }
        // The calls below also have records.
        if !self.is_lost {
            assert!(!self.has_unmade());
        }
        self.is_lost = false;
        self.must_unwind = false;
        Ok(told + &self.view()?)
    }

    /// Formats the visible state.
    pub(super) fn view(&mut self) -> Result<String, Failure> {
        let mut view = String::new();
        let machine = &mut self.world.machine;
        let mut threads: Vec<String> = Vec::new();
        let found: Vec<_> = machine.thread_views().collect();
        for thread in found {
            let at = self.world.instances.iter().position(|it| *it == thread.instance).unwrap();
            let caller = thread.caller.is_some();
            threads.push(format!("{at}.{} {:?} {caller}", thread.index, thread.state));
        }
        threads.sort();
        writeln!(view, "{threads:?}").unwrap();
        for (at, instance) in self.world.instances.iter().enumerate() {
            let instance = *instance;
            let InstanceView { backpressure, exclusive_thread, may_leave, is_locked_down, .. } =
                machine.instance_view(instance)?;
            let exclusive = exclusive_thread.map(|it| machine.thread_view(it).unwrap().index);
            writeln!(view, "{at} {backpressure} {exclusive:?} {may_leave} {is_locked_down}")
                .unwrap();
            for index in 1..=machine.highest_handle(instance)? {
                let handle = match machine.handle_view(instance, index)? {
                    None => continue,
                    Some(HandleView::End { direction, state, waitable, .. }) => {
                        format!("{direction:?} {state:?} {waitable:?}")
                    }
                    Some(HandleView::ErrorContext(_)) => "error context".to_owned(),
                    Some(handle) => format!("{handle:?}"),
                };
                writeln!(view, "{at} {index} {handle}").unwrap();
            }
        }
        let backtrace = machine.backtrace().take(20).map(|entry| match entry {
            BacktraceEntry::Task { instance, function, code, is_waiting, .. } => {
                format!("{instance:?} {function:?} {code:?} {is_waiting}")
            }
            entry => format!("{entry:?}"),
        });
        writeln!(view, "{:?}", backtrace.collect::<Vec<_>>()).unwrap();
        for table in Table::ALL {
            write!(view, "{} ", machine.count_of(table)).unwrap();
        }
        Ok(view)
    }

    /// Stops everything, and asserts that nothing is left.
    pub(super) fn clean_up(mut self) -> Count {
        while !self.stack.is_empty() {
            self.act(&Doing::Trapped);
        }
        for end in std::mem::take(&mut self.host_ends).into_iter().flatten() {
            self.machine().drop_host_end(end).unwrap();
        }
        self.world.clean_up();
        self.count
    }
}
