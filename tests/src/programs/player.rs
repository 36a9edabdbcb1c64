//! Plays a program on a machine: follows its steps, and records the events.

use std::collections::{HashMap, HashSet};

use weft::builtin::Builtin;
use weft::chooser::{Choice, Chooser, Chosen, Recording};
use weft::error::Failure;
use weft::limits::Limits;
use weft::machine::{
    Event, Machine, Resumed, Step, SubtaskId, TaskId, ThreadId, ThreadState, ThreadView,
};
use weft::trap::Trap;

use super::guest::Code;
use super::host::{EndOrigin, HostEnd, HostFunctionCall, HostedCall, Place};
use super::operation::{Entry, Operation};
use super::snapshot::Snapshots;
use super::touched::Touched;
use super::unrecorded::{UnrecordedCall, Watch};
use super::values::Lifted;
use super::world::{Function, ProgramWorld};

/// A source of entries.
pub trait Script<L: Limits, C: Chooser> {
    /// Returns the next action of the guest or host in control; nothing if the program has ended.
    fn next(&mut self, player: &mut ProgramPlayer<L, C>) -> Option<Entry>;
}

/// A recorded program.
#[derive(Clone, Debug)]
pub struct Tape<'a>(pub std::slice::Iter<'a, Entry>);

impl<L: Limits, C: Chooser> Script<L, C> for Tape<'_> {
    fn next(&mut self, _: &mut ProgramPlayer<L, C>) -> Option<Entry> {
        self.0.next().copied()
    }
}

/// The result of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The actions.
    pub entries: Vec<Entry>,
    /// The events, line by line.
    pub trace: Vec<String>,
    /// The choices.
    pub choices: Vec<NamedChoice>,
    /// The trap that it ended with.
    pub trap: Option<Trap>,
    /// The settings that it was played with.
    pub settings: Settings,
}

/// The settings of a program, beside the number of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The largest number of handles, and of threads, of an instance.
    pub table_length: u32,
    /// Set if the program goes on after a trap.
    pub goes_on: bool,
    /// The instances with memories and tables of 64 bits: bit 0 is the first one's.
    pub wide: u32,
}

/// A decision that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedChoice {
    /// The decision, and the number that was chosen.
    pub chosen: Chosen,
    /// The name of the thread or waitable that the number stands for, if any.
    pub name: Option<String>,
}

/// The side in control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The host.
    Host,
    /// A guest, on this thread.
    Guest(ThreadId),
    /// A guest that was called without records.
    Unrecorded,
}

/// A call of an import, or a call by the host.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Its number, in the order of calls.
    pub number: u32,
    /// The function.
    pub function: &'static Function,
    /// The instance that made it; `None` for the host.
    pub caller: Option<usize>,
    /// The argument: a handle, or a representation.
    pub argument: u32,
    /// Set if it was lowered with `async`.
    pub is_async: bool,
    /// The address of its result, if it was.
    pub result_address: u64,
}

/// The pending call of a thread.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// The operation.
    pub operation: Operation,
    /// Its first number.
    pub argument: u32,
    /// The address of the event that it stores, if it stores one.
    pub event_address: u64,
    /// The built-in that a `post-return` function calls after it.
    pub after_return: Option<Builtin>,
}

impl Pending {
    /// Returns a call with this first number.
    pub(crate) const fn new(operation: Operation, argument: u32) -> Self {
        Self { operation, argument, event_address: 0, after_return: None }
    }
}

/// A player of a program.
#[derive(Debug)]
pub struct ProgramPlayer<L: Limits, C: Chooser> {
    /// The machine.
    pub machine: Machine<L, Recording<C>, Touched>,
    /// The objects in it.
    pub world: ProgramWorld,
    /// The side in control.
    pub control: Control,
    /// The code that each thread is in, and the value that it returned last.
    pub codes: HashMap<ThreadId, Code>,
    pub(crate) pending: HashMap<ThreadId, Pending>,
    pub(crate) calls: HashMap<SubtaskId, Call>,
    /// The function of each task.
    pub(crate) functions: HashMap<TaskId, &'static Function>,
    /// The tasks that have resolved.
    pub resolved: HashSet<TaskId>,
    /// The tasks that have received a request for cancellation.
    pub cancelled: HashSet<TaskId>,
    pub(crate) call_count: u32,
    /// The calls that the host made, in order.
    pub host_function_calls: Vec<HostFunctionCall>,
    /// The calls of host functions, in order.
    pub hosted_calls: Vec<HostedCall>,
    /// The ends that the host received, in order.
    pub host_ends: Vec<Option<HostEnd>>,
    /// The origin of each of them.
    pub end_origins: Vec<EndOrigin>,
    /// The values that the host has read from each of them.
    pub received: Vec<Vec<u32>>,
    /// The positions of the host: at the bottom of the stack, and inside calls by guests.
    pub places: Vec<Place>,
    /// The calls without records, the outermost first.
    pub(crate) unrecorded: Vec<UnrecordedCall>,
    /// The moments of observation, and the states seen, if the program is observed.
    pub(crate) watch: Option<Watch>,
    pub(crate) thread_numbers: HashMap<ThreadId, u32>,
    num_appeared: u32,
    snapshots: Snapshots,
    entries: Vec<Entry>,
    pub(super) trace: Vec<String>,
    choices: Vec<NamedChoice>,
    pub(crate) settings: Settings,
    /// Set after a trap with which every program ends.
    pub(crate) is_over: bool,
    /// The threads that were ready before the last tick, if the program goes on after traps.
    pub(crate) ready: Vec<(ThreadId, String)>,
    /// The numbers of calls whose callers trapped, by the threads that had not entered.
    forsaken: HashMap<ThreadId, u32>,
    /// Set if the host's last call did not begin.
    pub(crate) is_refused: bool,
    /// The values that were lifted before a trap, and arrived nowhere.
    pub lost: Vec<Lifted>,
}

impl<L: Limits, C: Chooser> ProgramPlayer<L, C> {
    /// Creates a player on a new machine with `instances` instances.
    ///
    /// # Panics
    ///
    /// If the machine's tables are too small for the world.
    pub fn new(chooser: C, instances: u32) -> Self {
        Self::wide(chooser, instances, 0)
    }

    /// Creates the same. Instance `number` has a memory and a table of 64 bits if bit `number` of
    /// `wide` is set.
    ///
    /// # Panics
    ///
    /// If the machine's tables are too small for the world.
    pub fn wide(chooser: C, instances: u32, wide: u32) -> Self {
        let settings = Settings { table_length: L::MAX_TABLE_LENGTH, goes_on: false, wide };
        Self::with_settings(chooser, instances, settings)
    }

    /// Creates the same with other settings.
    ///
    /// # Panics
    ///
    /// If the machine's tables are too small for the world.
    pub fn with_settings(chooser: C, instances: u32, settings: Settings) -> Self {
        let mut machine = Machine::with_hooks(Recording::new(chooser), Touched::default());
        machine.set_max_table_length(settings.table_length);
        let world = ProgramWorld::new(&mut machine, instances, settings.wide)
            .expect("a machine that holds the world");
        Self {
            machine,
            world,
            control: Control::Host,
            codes: HashMap::new(),
            pending: HashMap::new(),
            calls: HashMap::new(),
            functions: HashMap::new(),
            resolved: HashSet::new(),
            cancelled: HashSet::new(),
            call_count: 0,
            host_function_calls: Vec::new(),
            hosted_calls: Vec::new(),
            host_ends: Vec::new(),
            end_origins: Vec::new(),
            received: Vec::new(),
            places: vec![Place::Top],
            unrecorded: Vec::new(),
            watch: None,
            thread_numbers: HashMap::new(),
            num_appeared: 0,
            snapshots: Snapshots::default(),
            entries: Vec::new(),
            trace: Vec::new(),
            choices: Vec::new(),
            settings,
            is_over: false,
            ready: Vec::new(),
            forsaken: HashMap::new(),
            is_refused: false,
            lost: Vec::new(),
        }
    }

    /// Plays `script` to its end. Returns the run, and the player in its final state.
    ///
    /// # Panics
    ///
    /// If the machine returns an error; no program should cause one.
    pub fn play(mut self, script: &mut impl Script<L, C>) -> (Run, Self) {
        self.emit_snapshots();
        let mut trap = None;
        loop {
            match self.play_until_over(script) {
                Ok(()) => break,
                Err(Failure::Trap(found)) => {
                    self.log_choices(None);
                    self.emit(format!("trap {}", found.rule().id()));
                    trap = Some(found);
                }
                Err(Failure::Error(error)) => panic!("{error}\n{}", self.trace.join("\n")),
            }
            if !self.settings.goes_on || self.is_over {
                break;
            }
            self.note_forsaken();
            // The innermost action of the host is over, and so are all calls in it.
            if !std::mem::take(&mut self.is_refused) {
                self.machine.trapped().expect("a call is active");
            }
            self.control = Control::Host;
        }
        let entries = std::mem::take(&mut self.entries);
        let (trace, choices) = (std::mem::take(&mut self.trace), std::mem::take(&mut self.choices));
        (Run { entries, trace, choices, trap, settings: self.settings }, self)
    }

    fn play_until_over(&mut self, script: &mut impl Script<L, C>) -> Result<(), Failure> {
        loop {
            self.emit_snapshots();
            let entry = script.next(self);
            self.entries.extend(entry);
            match (self.control, entry) {
                (Control::Unrecorded, Some(entry)) => self.unrecorded_does(entry)?,
                (Control::Unrecorded, None) => self.unrecorded_returns([0; 4])?,
                (Control::Guest(thread), Some(entry)) => self.guest_does(thread, entry)?,
                (Control::Guest(thread), None) => self.function_returns(thread, [0; 4])?,
                (Control::Host, Some(entry)) => {
                    // A trap here is outside of any call.
                    self.is_over = entry.operation == Operation::HostStart;
                    self.host_does(entry)?;
                    self.is_over = false;
                }
                (Control::Host, None) => {
                    if self.places.len() > 1 {
                        self.host_is_done()?;
                    } else if self.machine.ready_threads() > 0 {
                        self.host_ticks()?;
                    } else {
                        self.emit("end".to_owned());
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Follows `step` and the steps after it, until a guest or the host is in control.
    pub(crate) fn take(&mut self, step: Step) -> Result<(), Failure> {
        let mut next = Some(step);
        while let Some(step) = next.take() {
            self.find_recorded();
            self.log_choices(Some(&step));
            next = self.take_one(step)?;
        }
        Ok(())
    }

    fn take_one(&mut self, step: Step) -> Result<Option<Step>, Failure> {
        match step {
            Step::CallFunction { thread, task, caller, .. } => {
                self.call_function(thread, task, caller)?;
            }
            Step::CallDestructor { thread, representation, .. } => {
                let number = self.appear(thread);
                self.emit(format!("destructor T{number} {representation}"));
                self.enter(thread, Code::Destructor);
            }
            Step::CallCallback { thread, task, event, .. } => {
                if event == Event::TASK_CANCELLED {
                    self.cancelled.insert(task);
                }
                let number = self.appear(thread);
                let Event { code, index, payload } = event;
                self.emit(format!("callback T{number} {} {index} {payload}", code.code()));
                self.control = Control::Guest(thread);
            }
            Step::CallPostReturn { thread, .. } => {
                let number = self.appear(thread);
                self.emit(format!("post-return T{number}"));
                let after_return = self.pending.get(&thread).and_then(|it| it.after_return);
                if let Some(builtin) = after_return {
                    let place = (number, self.instance_of(thread));
                    self.calls_after_return(place, self.task_function(thread), builtin)?;
                }
                return self.machine.function_returned(None).map(Some);
            }
            Step::CallStartFunction { thread, argument, .. } => {
                let number = self.appear(thread);
                self.emit(format!("start T{number} {argument}"));
                self.enter(thread, Code::StartFunction);
            }
            Step::CallHost { subtask, function, .. } => self.call_host(subtask, function),
            Step::CancelHost { subtask, .. } => self.cancel_hosted(subtask),
            Step::DropHostResource { .. } => {
                return self.machine.host_resource_dropped().map(Some);
            }
            Step::Return(task_return) => return self.carry_result(task_return).map(Some),
            Step::CheckBuffer(check) => return self.check_buffer(check).map(Some),
            Step::Copy(copy) => return self.copy(copy).map(Some),
            Step::LoadDebugMessage { thread, address, length, .. } => {
                let message = self.load_debug_message(thread, address, length)?;
                return self.machine.new_error_context(&message).map(Some);
            }
            Step::StoreDebugMessage { thread, error_context, address, .. } => {
                self.store_debug_message(thread, error_context, address)?;
                return self.machine.debug_message_stored().map(Some);
            }
            Step::FindStartFunction(search) => {
                return self.find_start_function(&search).map(Some);
            }
            Step::Resume { thread, value } => {
                self.resumes(thread, value)?;
                self.control = Control::Guest(thread);
            }
            Step::ReturnToHost => self.control = Control::Host,
        }
        Ok(None)
    }

    /// Enters a function on `thread`.
    pub(crate) fn enter(&mut self, thread: ThreadId, code: Code) {
        self.codes.insert(thread, code);
        self.control = Control::Guest(thread);
    }

    /// Writes a line of the trace.
    pub(crate) fn emit(&mut self, line: String) {
        self.trace.push(line);
    }

    fn emit_snapshots(&mut self) {
        if self.watch.is_some() {
            self.watch_moment();
            return;
        }
        let mut snapshots = std::mem::take(&mut self.snapshots);
        let changed = snapshots.changed(self);
        if self.machine.hooks().is_checked() {
            self.check_touched(&changed);
        }
        for line in changed {
            self.emit(line);
        }
        self.snapshots = snapshots;
    }

    /// Returns the number of `thread`, which runs code of a guest, perhaps for the first time.
    pub(crate) fn appear(&mut self, thread: ThreadId) -> u32 {
        if let Some(number) = self.thread_numbers.get(&thread) {
            return *number;
        }
        let number = self.new_thread_number();
        self.thread_numbers.insert(thread, number);
        number
    }

    /// Returns the next number of a thread.
    pub(crate) fn new_thread_number(&mut self) -> u32 {
        let number = self.num_appeared;
        self.num_appeared += 1;
        number
    }

    /// Returns the name of a thread: its number if it has run code of a guest, its place in the
    /// thread table if it has one, or its call.
    ///
    /// # Panics
    ///
    /// If there is no such thread.
    #[must_use]
    pub fn thread_name(&self, thread: ThreadId) -> String {
        if let Some(number) = self.thread_numbers.get(&thread) {
            return format!("T{number}");
        }
        let view = self.machine.thread_view(thread).expect("a thread of this machine");
        let instance = self.world.number_of(view.instance);
        match (view.index, self.call_of(&view).or_else(|| self.forsaken.get(&thread).copied())) {
            (0, Some(call)) => format!("C{call}"),
            (index, _) => format!("i{instance}.t{index}"),
        }
    }

    /// Returns the number of the call that a thread is for.
    fn call_of(&self, view: &ThreadView) -> Option<u32> {
        view.caller.and_then(|caller| self.calls.get(&caller)).map(|call| call.number)
    }

    /// Notes the numbers of calls that have not entered, because their callers may have trapped. A
    /// call that trapped at once is the last one.
    fn note_forsaken(&mut self) {
        let last = self.call_count.saturating_sub(1);
        let views: Vec<ThreadView> = self.machine.thread_views().collect();
        let waiting = views.iter().filter(|view| view.index == 0);
        let unknown = waiting.filter(|view| !self.forsaken.contains_key(&view.id));
        let calls = unknown.map(|view| (view.id, self.call_of(view).unwrap_or(last)));
        let calls: Vec<(ThreadId, u32)> = calls.collect();
        self.forsaken.extend(calls);
    }

    /// Records the choices that were made before `step`.
    pub(crate) fn log_choices(&mut self, step: Option<&Step>) {
        let known = self.choices.len();
        let new: Vec<Chosen> =
            self.machine.chooser().chosen().get(known..).unwrap_or_default().to_vec();
        for chosen in new {
            let name = match chosen.choice {
                Choice::Tick | Choice::SyncCall | Choice::Cancellation => {
                    let resumed = Self::resumed_by(step);
                    let name = resumed.map(|thread| self.thread_name_before(thread, step));
                    name.or_else(|| self.ended_at_once())
                }
                Choice::Event => Self::delivered_by(step).map(|index| index.to_string()),
                _ => None,
            };
            self.choices.push(NamedChoice { chosen, name });
        }
    }

    /// Returns the name of a thread that ended in the last tick without a step: the caller of its
    /// task was locked down before the task could enter.
    fn ended_at_once(&self) -> Option<String> {
        let has_ended = |(id, _): &&(ThreadId, String)| self.machine.thread_view(*id).is_err();
        self.ready.iter().find(has_ended).map(|(_, name)| name.clone())
    }

    /// Notes the threads that are ready.
    pub(crate) fn note_ready(&mut self) {
        if self.settings.goes_on {
            let views = self.machine.thread_views();
            let is_ready = |state| matches!(state, ThreadState::Waiting { is_ready: true, .. });
            let ready: Vec<ThreadId> =
                views.filter(|it| is_ready(it.state)).map(|it| it.id).collect();
            self.ready = ready.into_iter().map(|id| (id, self.thread_name(id))).collect();
        }
    }

    fn resumed_by(step: Option<&Step>) -> Option<ThreadId> {
        match step? {
            Step::CallFunction { thread, .. }
            | Step::CallCallback { thread, .. }
            | Step::CallStartFunction { thread, .. }
            | Step::Resume { thread, .. } => Some(*thread),
            _ => None,
        }
    }

    /// Returns the name that a thread had before `step` registered it.
    fn thread_name_before(&self, thread: ThreadId, step: Option<&Step>) -> String {
        match step {
            Some(Step::CallFunction { caller, .. }) => match self.calls.get(caller) {
                Some(call) => format!("C{}", call.number),
                None => self.thread_name(thread),
            },
            _ => self.thread_name(thread),
        }
    }

    fn delivered_by(step: Option<&Step>) -> Option<u32> {
        match step? {
            Step::CallCallback { event, .. }
            | Step::Resume { value: Resumed::Event(event), .. } => Some(event.index),
            _ => None,
        }
    }

    /// Returns a call's record.
    ///
    /// # Panics
    ///
    /// If there is no such call.
    #[must_use]
    pub fn call(&self, subtask: SubtaskId) -> Call {
        *self.calls.get(&subtask).expect("a call of this machine")
    }

    /// Returns the next number of a call.
    pub(crate) fn new_call_number(&mut self) -> u32 {
        let number = self.call_count;
        self.call_count += 1;
        number
    }
}
