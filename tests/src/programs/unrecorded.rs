//! Programs with calls that start without records, and that are observed from time to time.
//!
//! Observation makes the records, so in a program whose every state is written down, every call has
//! one. Here random numbers select the moments of observation. The states seen then must be the
//! same as if every call had its record from the start, and all other events must be the same, too.

use weft::builtin::{Builtin, OptionsIndex, Outcome};
use weft::chooser::{Choice, Chooser, Seeded};
use weft::code::{CallResult, SubtaskState};
use weft::error::Failure;
use weft::limits::Limits;
use weft::machine::{
    BacktraceEntry, DeferredCallee, LiftMode, MadeCall, SubtaskId, TaskId, ThreadId,
};

use super::guest::{Code, event_address, result, result_address, task_return, values};
use super::host::{HostFunctionCall, HostedState};
use super::operation::{Entry, Operation, after_return};
use super::player::{Call, Control, Pending, ProgramPlayer};
use super::snapshot;
use super::world::{FUNCTIONS, Function, Width};

/// The moments at which a program is observed, and the states seen.
#[derive(Clone, Debug)]
pub struct Watch {
    coin: Seeded,
    /// Observation happens at one of this number of moments, on average; never if it is 0.
    one_in: u32,
    /// Set if calls start without records.
    defers: bool,
    /// For each moment, the lines of the state, if it was observed.
    pub moments: Vec<Option<Vec<String>>>,
    /// The number of calls that started without records.
    pub begun: usize,
    /// The number of those that ended without.
    pub ended: usize,
    /// The number of those whose functions have an `async` type.
    pub ended_async: usize,
    /// For each number of frames, the number of times that their records were made at once.
    pub made: Vec<usize>,
}

impl Watch {
    /// Creates a watch with which calls have their records from the start, and every moment is
    /// observed.
    #[must_use]
    pub fn eager() -> Self {
        Self { defers: false, ..Self::deferred(0, 1) }
    }

    /// Creates a watch with which calls start without records. One in `one_in` moments is observed,
    /// at random from a seed; if that is 0, none.
    #[must_use]
    pub fn deferred(seed: u64, one_in: u32) -> Self {
        let coin = Seeded::new(seed);
        let (moments, made) = (Vec::new(), Vec::new());
        Self { coin, one_in, defers: true, moments, begun: 0, ended: 0, ended_async: 0, made }
    }

    fn is_one_in(&mut self, count: u32) -> bool {
        count > 0 && self.coin.choose(Choice::Host, count) == 0
    }
}

/// The known ids of a call with records, and those of its task and thread.
type MadeIds = (Option<SubtaskId>, Option<(TaskId, ThreadId)>);

/// A call without a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnrecordedCall {
    /// Its number.
    number: u32,
    function: &'static Function,
    /// The instance that made the call.
    caller: Option<usize>,
    /// Set if it was lowered with `async`.
    is_async: bool,
    /// The side that continues after it.
    resumed: Control,
    /// The guest that was called; `None` if the host was.
    callee: Option<UnrecordedGuest>,
}

/// A guest that was called without records.
#[derive(Clone, Copy, Debug)]
struct UnrecordedGuest {
    /// The number of its future thread.
    thread: u32,
    instance: usize,
    /// Set after `task.return`, or when `post-return` runs.
    is_resolved: bool,
    /// Its pending call.
    pending: Option<Pending>,
}

/// Returns true if a guest's function takes and returns nothing, and may return before it waits.
fn returns_nothing_at_once(function: Function) -> bool {
    function.param.is_none()
        && function.result.is_none()
        && (!function.is_async || function.lift == LiftMode::Callback)
}

/// Returns true if a built-in returns to its caller, whose thread is then still the innermost one.
const fn comes_back(builtin: Builtin) -> bool {
    matches!(
        builtin,
        Builtin::ContextGet
            | Builtin::ContextSet
            | Builtin::ThreadIndex
            | Builtin::ThreadNewIndirect
            | Builtin::ThreadSpawnRef
            | Builtin::ThreadSpawnIndirect
            | Builtin::ThreadResumeLater
            | Builtin::WaitableSetNew
            | Builtin::WaitableSetDrop
            | Builtin::WaitableSetPoll
            | Builtin::WaitableJoin
            | Builtin::StreamNew
            | Builtin::FutureNew
            | Builtin::StreamDropReadable
            | Builtin::StreamDropWritable
            | Builtin::FutureDropReadable
            | Builtin::FutureDropWritable
            | Builtin::StreamForward
            | Builtin::FutureForward
            | Builtin::ResourceNew
            | Builtin::ResourceRep
            | Builtin::ErrorContextNew
            | Builtin::ErrorContextDebugMessage
            | Builtin::ErrorContextDrop
            | Builtin::BackpressureInc
            | Builtin::BackpressureDec
            | Builtin::SubtaskDrop
            | Builtin::TaskReturn
            | Builtin::TaskCancel
    )
}

impl<L: Limits, C: Chooser> ProgramPlayer<L, C> {
    /// Creates a player that is observed: the trace has no states, which are in `watch` instead. The
    /// instances in `wide` have 64 bits.
    ///
    /// # Panics
    ///
    /// If the machine's tables are too small for the world.
    #[must_use]
    pub fn watched(chooser: C, instances: u32, wide: u32, watch: Watch) -> Self {
        let mut player = Self::wide(chooser, instances, wide);
        player.machine.set_eager(!watch.defers);
        player.watch = Some(watch);
        player
    }

    /// Returns the states seen.
    #[must_use]
    pub const fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }

    /// Observes this moment, perhaps.
    pub(crate) fn watch_moment(&mut self) {
        let looks = self.watch.as_mut().is_some_and(|it| it.is_one_in(it.one_in));
        let seen = looks.then(|| {
            self.make_records();
            snapshot::lines(self)
        });
        if let Some(watch) = &mut self.watch {
            watch.moments.push(seen);
        }
    }

    fn defers(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.defers)
    }

    fn begin(&mut self, call: UnrecordedCall) {
        self.unrecorded.push(call);
        if let Some(watch) = &mut self.watch {
            watch.begun += 1;
        }
    }

    fn begin_guest(&mut self, number: u32, (instance, index): (usize, usize), is_async: bool) {
        let resumed = self.control;
        let caller = self.instance_in_control();
        let (thread, function) = (self.new_thread_number(), &FUNCTIONS[index]);
        self.emit(format!("call T{thread} i{instance}.f{index}"));
        let guest = UnrecordedGuest { thread, instance, is_resolved: false, pending: None };
        let callee = Some(guest);
        self.begin(UnrecordedCall { number, function, caller, is_async, resumed, callee });
        self.control = Control::Unrecorded;
    }

    fn instance_in_control(&self) -> Option<usize> {
        match self.control {
            Control::Host => None,
            Control::Guest(thread) => Some(self.instance_of(thread)),
            Control::Unrecorded => self.guest().map(|guest| guest.instance),
        }
    }

    /// Returns the guest in control, whose call has no record.
    fn guest(&self) -> Option<UnrecordedGuest> {
        self.unrecorded.last()?.callee
    }

    /// Calls a function for the host, if that is possible without records.
    pub(crate) fn invokes_unrecorded(
        &mut self,
        number: u32,
        instance: usize,
        index: usize,
    ) -> Result<bool, Failure> {
        if !self.defers() || !returns_nothing_at_once(FUNCTIONS[index]) {
            return Ok(false);
        }
        if !self.machine.invoke_deferred(self.world.functions[instance][index])? {
            return Ok(false);
        }
        self.begin_guest(number, (instance, index), false);
        let call = HostFunctionCall { number, subtask: None, is_cancelled: false };
        self.host_function_calls.push(call);
        Ok(true)
    }

    /// Returns true if a guest's call of a function may start without records. This excludes a host
    /// function lowered with `async`, because it may not take its arguments at once.
    fn is_deferrable(&self, instance: u32, index: u32, is_async: bool) -> bool {
        let (function, _) = self.callee(instance, index);
        let num_instances = self.world.instances.len();
        if instance as usize % (num_instances + 1) == num_instances {
            function.param.is_none() && !is_async
        } else {
            returns_nothing_at_once(*function)
        }
    }

    /// Calls an import for a guest, if that is possible without records.
    pub(crate) fn calls_unrecorded(
        &mut self,
        number: u32,
        [instance, index, is_async]: [u32; 3],
    ) -> Result<bool, Failure> {
        let (function, id) = self.callee(instance, index);
        let is_async = is_async & 1 == 1;
        if !self.defers() || !self.is_deferrable(instance, index, is_async) {
            return Ok(false);
        }
        let resumed = self.control;
        match self.machine.canon_lower_deferred(id, is_async)? {
            None => return Ok(false),
            Some(DeferredCallee::Guest) => {
                let instance = instance as usize % (self.world.instances.len() + 1);
                self.begin_guest(number, (instance, index as usize % FUNCTIONS.len()), is_async);
            }
            Some(DeferredCallee::Host(function_number)) => {
                let caller = self.instance_in_control();
                self.emit(format!("host-call C{number} h{function_number}"));
                let callee = None;
                self.begin(UnrecordedCall { number, function, caller, is_async, resumed, callee });
                self.host_is_called(number, None);
            }
        }
        Ok(true)
    }

    fn says(&mut self, words: &str) {
        if let Some(guest) = self.guest() {
            self.emit(format!("T{} {words}", guest.thread));
        }
    }

    /// Performs `entry` for the guest in control, whose call has no record.
    pub(crate) fn unrecorded_does(&mut self, entry: Entry) -> Result<(), Failure> {
        let Entry { operation, arguments: [a, b, c, d] } = entry;
        if operation.is_hosts() {
            return Ok(());
        }
        if operation == Operation::Return {
            return self.unrecorded_returns(entry.arguments);
        }
        let is_direct = match operation {
            Operation::Builtin(builtin) => {
                comes_back(builtin) && !self.watch.as_mut().is_some_and(|it| it.is_one_in(8))
            }
            Operation::Store => false,
            _ => self.is_deferrable(a, b, c & 1 == 1),
        };
        if !is_direct {
            self.make_records();
            let Control::Guest(thread) = self.control else { return Ok(()) };
            return self.guest_does(thread, entry);
        }
        self.says(&format!("{} {a} {b} {c} {d}", operation.name()));
        if let Some(UnrecordedCall { callee: Some(guest), .. }) = self.unrecorded.last_mut() {
            guest.pending = Some(Pending::new(operation, a));
        }
        match operation {
            Operation::Builtin(builtin) => self.unrecorded_builtin(builtin, entry),
            _ => self.unrecorded_call([a, b, c, d]),
        }
    }

    fn unrecorded_builtin(&mut self, builtin: Builtin, entry: Entry) -> Result<(), Failure> {
        let Some(UnrecordedCall { function, callee: Some(guest), .. }) =
            self.unrecorded.last().copied()
        else {
            return Ok(());
        };
        if builtin == Builtin::TaskReturn && self.resolves_unrecorded(entry.arguments[1])? {
            return Ok(());
        }
        let definition =
            self.definition_in(guest.instance, Some(function), builtin, entry.arguments);
        let values = values(builtin, entry.arguments, self.world.widths[guest.instance]);
        if let Some(UnrecordedCall { callee: Some(UnrecordedGuest { pending, .. }), .. }) =
            self.unrecorded.last_mut()
            && let Some(pending) = pending
        {
            pending.event_address = event_address(builtin, &values);
        }
        match definition.call(&mut self.machine, &values)? {
            Outcome::Return(value) => {
                self.find_recorded();
                self.log_choices(None);
                let words = result(entry.operation, value);
                self.emit(format!("T{} = {words}", guest.thread));
                Ok(())
            }
            Outcome::Suspend(step) => self.take(step),
        }
    }

    /// Resolves the guest's call by `task.return`, if that is possible without records.
    fn resolves_unrecorded(&mut self, wrong: u32) -> Result<bool, Failure> {
        let Some(UnrecordedCall { function, callee: Some(guest), .. }) = self.unrecorded.last_mut()
        else {
            return Ok(false);
        };
        let function = *function;
        let options = OptionsIndex(u32::try_from(guest.instance).unwrap_or(u32::MAX));
        let (result_type, options) = task_return(Some(function), wrong, options);
        if !self.machine.check_deferred_return(result_type, options)? {
            return Ok(false);
        }
        assert_eq!(self.machine.deferred_resolved(None), Ok(true));
        guest.is_resolved = true;
        self.says("= ");
        Ok(true)
    }

    fn unrecorded_call(&mut self, arguments: [u32; 4]) -> Result<(), Failure> {
        let [instance, index, is_async, argument] = arguments;
        let number = self.new_call_number();
        if self.calls_unrecorded(number, [instance, index, is_async])? {
            return Ok(());
        }
        self.make_records();
        let caller = self.instance_in_control();
        let width = caller.map_or(Width::Narrow, |caller| self.world.widths[caller]);
        let result_address = result_address(is_async, width);
        let (function, id) = self.callee(instance, index);
        let is_async = is_async & 1 == 1;
        let (subtask, step) = self.machine.canon_lower(id, is_async)?;
        let call = Call { number, function, caller, argument, is_async, result_address };
        self.calls.insert(subtask, call);
        self.take(step)
    }

    /// Returns from the function that runs without records.
    pub(crate) fn unrecorded_returns(&mut self, [a, b, c, _]: [u32; 4]) -> Result<(), Failure> {
        self.says(&format!("return {a} {b} {c}"));
        let Some(call) = self.unrecorded.last_mut() else { return Ok(()) };
        if call.function.lift == LiftMode::Callback {
            let packed = (a & 0xf) | (b << 4);
            let is_resolved = call.callee.is_some_and(|guest| guest.is_resolved);
            if a.is_multiple_of(16) && is_resolved {
                self.unrecorded_ends();
                return Ok(());
            }
            assert!(is_resolved || self.machine.deferred_returned() == Ok(false));
            self.make_records();
            let step = self.machine.function_returned(Some(packed))?;
            return self.take(step);
        }
        if call.function.lift == (LiftMode::Sync { has_post_return: true })
            && let Some(guest) = &mut call.callee
        {
            guest.is_resolved = true;
            let (place, function) = ((guest.thread, guest.instance), call.function);
            assert_eq!(self.machine.deferred_resolved(None), Ok(true));
            self.emit(format!("post-return T{}", place.0));
            if let Some(builtin) = after_return(c) {
                self.calls_after_return(place, Some(function), builtin)?;
                self.find_recorded();
                if self.unrecorded.is_empty() {
                    // The built-in has made the records.
                    let step = self.machine.function_returned(None)?;
                    return self.take(step);
                }
            }
            // The state is observed while that runs.
            if self.watch.as_mut().is_some_and(|it| it.is_one_in(4 * it.one_in)) {
                self.make_records();
                let step = self.machine.function_returned(None)?;
                return self.take(step);
            }
        }
        self.unrecorded_ends();
        Ok(())
    }

    /// Returns true if the host is in a call of its function without records, which has already
    /// returned.
    pub(crate) fn is_hosted_over(&self) -> bool {
        let is_host = self.unrecorded.last().is_some_and(|call| call.callee.is_none());
        is_host && self.hosted_calls.last().is_some_and(|it| it.state == HostedState::Resolved)
    }

    /// Finishes the innermost call, without records.
    pub(crate) fn unrecorded_ends(&mut self) {
        assert_eq!(self.machine.deferred_returned(), Ok(true));
        let Some(call) = self.unrecorded.pop() else { return };
        if let Some(watch) = &mut self.watch {
            watch.ended += 1;
            watch.ended_async += usize::from(call.function.is_async && call.callee.is_some());
        }
        let returned = CallResult { state: SubtaskState::Returned, subtask: 0 };
        let result = returned.pack().ok().filter(|_| call.is_async);
        let words = result.map_or("= ".to_owned(), |packed| format!("= {packed}"));
        self.control = call.resumed;
        match call.resumed {
            Control::Host => {}
            Control::Guest(thread) => self.guest_says(thread, &words),
            Control::Unrecorded => self.says(&words),
        }
    }

    /// Makes the records of all calls.
    ///
    /// # Panics
    ///
    /// If their number is not the expected one.
    pub(crate) fn make_records(&mut self) {
        if self.unrecorded.is_empty() {
            return;
        }
        let mut made = Vec::new();
        self.machine.make_records(|call| made.push(call)).expect("there is room");
        assert_eq!(made.len(), self.unrecorded.len());
        let ids = made.into_iter().map(|MadeCall { call, callee, .. }| (Some(call), callee));
        self.recorded(&ids.collect::<Vec<_>>());
    }

    /// Finds the records that an observation has made. All calls are of guests, which run.
    pub(crate) fn find_recorded(&mut self) {
        if self.unrecorded.is_empty() || self.machine.has_deferred() {
            return;
        }
        let tasks = self.machine.backtrace().filter_map(|entry| match entry {
            BacktraceEntry::Task { task, .. } => Some(task),
            _ => None,
        });
        let tasks: Vec<TaskId> = tasks.take(100).collect();
        let ids = tasks.into_iter().take(self.unrecorded.len()).map(|task| {
            let thread = self.machine.implicit_thread_of(task).ok().flatten().expect("a thread");
            let view = self.machine.thread_view(thread).expect("a thread of this machine");
            (view.caller, Some((task, thread)))
        });
        let mut ids: Vec<_> = ids.collect();
        ids.reverse();
        self.recorded(&ids);
    }

    /// Sets the records of the calls.
    fn recorded(&mut self, ids: &[MadeIds]) {
        if let Some(watch) = &mut self.watch {
            watch.made.push(ids.len());
        }
        let calls = std::mem::take(&mut self.unrecorded);
        assert_eq!(calls.len(), ids.len());
        let mut innermost = None;
        for (call, (subtask, callee)) in calls.into_iter().zip(ids) {
            let UnrecordedCall { number, function, caller, is_async, resumed, callee: guest } =
                call;
            if let Some(subtask) = *subtask {
                // The functions take and return nothing.
                let (argument, result_address) = (0, 0);
                let call = Call { number, function, caller, argument, is_async, result_address };
                self.calls.insert(subtask, call);
            }
            if resumed == Control::Host {
                let mut calls = self.host_function_calls.iter_mut();
                let found = calls.find(|it| it.number == number).expect("a call of the host");
                found.subtask = *subtask;
            }
            let (Some(guest), Some((task, thread))) = (guest, *callee) else {
                self.hosted_recorded(number, *subtask);
                continue;
            };
            assert_eq!(self.instance_of(thread), guest.instance);
            self.thread_numbers.insert(thread, guest.thread);
            self.codes.insert(thread, Code::Function(function));
            self.functions.insert(task, function);
            self.pending.extend(guest.pending.map(|pending| (thread, pending)));
            if guest.is_resolved {
                self.resolved.insert(task);
            }
            innermost = Some(thread);
        }
        if let (Control::Unrecorded, Some(thread)) = (self.control, innermost) {
            self.control = Control::Guest(thread);
        }
    }

    /// Sets the record of a call of a host function that has started.
    fn hosted_recorded(&mut self, number: u32, subtask: Option<SubtaskId>) {
        let mut calls = self.hosted_calls.iter_mut();
        let hosted = calls.find(|it| it.number == number).expect("a call of a host function");
        hosted.subtask = subtask;
        hosted.has_started = true;
        let is_over = hosted.state == HostedState::Resolved;
        if let Some(subtask) = subtask.filter(|_| is_over) {
            let returned = self.machine.return_host_function_call(subtask, None);
            returned.expect("it has started and not returned");
        }
    }
}
