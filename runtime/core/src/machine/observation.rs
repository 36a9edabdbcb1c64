//! Observations: what a machine does, as its hooks are told of it.

use crate::chooser::Choice;
use crate::code::SubtaskState;
use crate::id::{
    EndId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableId, WaitableSetId,
};
use crate::trap::{CopyDirection, EndKind};

use super::hooks::ThreadEnd;
use super::step::Event;

/// The greatest number of instances that an observation touches.
const MAX_INSTANCES: usize = 5;

/// An observation: one thing that a machine has done.
///
/// [Hooks](super::Hooks::observed) get observations in the order in which things happen. The ids in
/// one are valid when it is made, and may be removed soon after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The thread that had control. `None` if the host had control, or the machine itself.
    pub thread: Option<ObservedThread>,
    /// The thing that the machine has done.
    pub action: Action,
}

/// A thread in an observation, and all that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObservedThread {
    /// The thread.
    pub thread: ThreadId,
    /// The task that it runs for.
    pub task: TaskId,
    /// The instance that it runs in.
    pub instance: InstanceId,
    /// The function of the task; `None` for `realloc`.
    pub function: Option<FunctionId>,
}

/// An end of a stream or future in an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObservedEnd {
    /// The end.
    pub end: EndId,
    /// The kind: stream or future.
    pub kind: EndKind,
    /// The direction: a readable or a writable end.
    pub direction: CopyDirection,
    /// The instance that holds it; `None` if the host does.
    pub holder: Option<InstanceId>,
    /// The other end, and the instance that holds that one (`None` if the host does). There is none
    /// if it was dropped.
    pub other: Option<(EndId, Option<InstanceId>)>,
}

/// The reason why a thread has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThreadStop {
    /// It is suspended until another thread resumes it.
    Suspended,
    /// It lets others run first.
    Yielded,
    /// It waits for an event of a waitable set.
    WaitsForSet(WaitableSetId),
    /// It waits for the end of a call that it has made.
    WaitsForCall(SubtaskId),
    /// It waits for the end of a read or write.
    WaitsForCopy(EndId),
    /// It waits for the end of a call that it has cancelled.
    WaitsForCancellation(SubtaskId),
    /// It waits until it may enter its instance.
    WaitsToEnter,
    /// It is held, because a host function that it has called waits.
    Held,
}

/// A thing that a machine does.
///
/// `caller`, `callee` and `holder` are instances. They are `None` for the host, if nothing else is
/// said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Control goes from the host to guests. The host has not called from a host function.
    TurnBegan,
    /// Control is the host's again.
    TurnEnded,
    /// An instance was made.
    InstanceMade {
        /// The instance.
        instance: InstanceId,
    },
    /// An instance was locked down, after a trap or because it is removed.
    InstanceLockedDown {
        /// The instance.
        instance: InstanceId,
    },
    /// An instance was removed.
    InstanceRemoved {
        /// The instance.
        instance: InstanceId,
    },
    /// A call was made.
    Called {
        /// The call.
        call: SubtaskId,
        /// The instance that calls.
        caller: Option<InstanceId>,
        /// The instance that is called.
        callee: Option<InstanceId>,
        /// The function.
        function: FunctionId,
        /// The number of the host function, if that is called.
        host_function: Option<u32>,
    },
    /// A call was refused, because the called instance is locked down or was removed.
    CallRefused {
        /// The instance that was called; `None` if it is not known any longer.
        callee: Option<InstanceId>,
        /// The function.
        function: FunctionId,
    },
    /// The callee takes the arguments of a call.
    CallStarted {
        /// The call.
        call: SubtaskId,
        /// The instance that has called.
        caller: Option<InstanceId>,
    },
    /// A call has resolved.
    CallResolved {
        /// The call.
        call: SubtaskId,
        /// The instance that has called.
        caller: Option<InstanceId>,
        /// The state that it has now.
        state: SubtaskState,
    },
    /// The caller has given up a call.
    CallDropped {
        /// The call.
        call: SubtaskId,
        /// The instance that was called; `None` for the host, and if the call has resolved.
        callee: Option<InstanceId>,
    },
    /// The task of a call was removed with its instance.
    CalleeGone {
        /// The call.
        call: SubtaskId,
        /// The instance that has called.
        caller: Option<InstanceId>,
    },
    /// The caller has asked to cancel a call.
    CancellationRequested {
        /// The call.
        call: SubtaskId,
        /// The instance that has called.
        caller: Option<InstanceId>,
        /// The instance that was called.
        callee: Option<InstanceId>,
    },
    /// A host function takes its arguments.
    HostFunctionStarted {
        /// The call of it.
        call: SubtaskId,
    },
    /// A host function has returned its result, or has ended without one.
    HostFunctionReturned {
        /// The call of it.
        call: SubtaskId,
    },
    /// A guest has dropped a resource of the host.
    HostResourceDropped,
    /// A task was made, with its implicit thread.
    TaskMade {
        /// The thread.
        thread: ObservedThread,
        /// The call as its caller sees it; `None` for `realloc`.
        call: Option<SubtaskId>,
    },
    /// A task learns that it was asked to cancel.
    CancellationDelivered {
        /// The task.
        task: TaskId,
        /// The instance that it runs in.
        instance: InstanceId,
    },
    /// A task has returned its result, or was cancelled.
    TaskResolved {
        /// The task.
        task: TaskId,
        /// The instance that it runs in.
        instance: InstanceId,
        /// `true` if it has no result, because it was cancelled.
        is_cancelled: bool,
    },
    /// A task was removed, after all its threads.
    TaskEnded {
        /// The task.
        task: TaskId,
        /// The instance that it ran in.
        instance: InstanceId,
    },
    /// A thread was made that is not the first one of its task.
    ThreadMade {
        /// The thread.
        thread: ObservedThread,
    },
    /// A thread has control from now on: it begins, goes on, or returns from a call.
    ThreadResumed {
        /// The thread.
        thread: ObservedThread,
    },
    /// A thread that has stopped can go on.
    ThreadReady {
        /// The thread.
        thread: ObservedThread,
    },
    /// A thread stops.
    ThreadStopped {
        /// The thread.
        thread: ObservedThread,
        /// The reason.
        reason: ThreadStop,
    },
    /// A thread has ended.
    ThreadEnded {
        /// The thread.
        thread: ObservedThread,
        /// The way in which it has ended.
        end: ThreadEnd,
    },
    /// A waitable has an event that it did not have before.
    EventSet {
        /// The waitable.
        waitable: WaitableId,
        /// The instance that holds it.
        holder: Option<InstanceId>,
        /// The set that it is in.
        set: Option<WaitableSetId>,
    },
    /// An event of a waitable is taken.
    EventDelivered {
        /// The waitable.
        waitable: WaitableId,
        /// The instance that holds it.
        holder: Option<InstanceId>,
        /// The event.
        event: Event,
    },
    /// A waitable was put into a set, or taken out of its set.
    Joined {
        /// The waitable.
        waitable: WaitableId,
        /// The instance that holds it.
        holder: Option<InstanceId>,
        /// The set that it is in now.
        set: Option<WaitableSetId>,
    },
    /// A stream or future was made.
    EndsMade {
        /// The readable end, with the writable one as the other.
        readable: ObservedEnd,
    },
    /// A read or write begins.
    CopyBegan {
        /// The end.
        end: ObservedEnd,
        /// The number of elements that its buffer has room for, or holds.
        length: u32,
    },
    /// Values have moved to an end from the other one.
    Copied {
        /// The readable end.
        readable: ObservedEnd,
        /// The number of values.
        count: u32,
    },
    /// A read or write is cancelled.
    CopyCancelled {
        /// The end.
        end: ObservedEnd,
    },
    /// An end is dropped.
    EndDropped {
        /// The end.
        end: ObservedEnd,
    },
    /// An end has gone to another holder.
    EndMoved {
        /// The end, and the holder that it has now.
        end: ObservedEnd,
        /// The holder that it had before.
        from: Option<InstanceId>,
    },
    /// The host serves an end from now on.
    EndServed {
        /// The end.
        end: ObservedEnd,
    },
    /// Two ends are forwarded to one another, so that their other ends belong together.
    EndsForwarded {
        /// The readable end.
        readable: ObservedEnd,
        /// The writable end.
        writable: ObservedEnd,
    },
    /// A guest of an instance is held, because a host function waits. This is also told when the
    /// calls change that the host function has made, and that have to end first.
    Held {
        /// The instance.
        instance: InstanceId,
    },
    /// A guest of an instance is held no longer.
    Released {
        /// The instance.
        instance: InstanceId,
    },
    /// The chooser has decided something that the spec leaves open.
    Chose {
        /// The decision.
        choice: Choice,
        /// The number of possibilities, at least two.
        count: u32,
        /// The number of the chosen one, from 0.
        chosen: u32,
    },
}

/// The parts of a machine that an action reads or changes.
#[derive(Default)]
struct Touched {
    instances: [Option<InstanceId>; MAX_INSTANCES],
    host: bool,
}

impl Touched {
    /// Adds an instance, or the host.
    fn party(&mut self, party: Option<InstanceId>) {
        match party {
            Some(instance) => self.instance(instance),
            None => self.host = true,
        }
    }

    fn instance(&mut self, instance: InstanceId) {
        let place = self.instances.iter_mut().find(|it| it.is_none_or(|it| it == instance));
        if let Some(place) = place {
            *place = Some(instance);
        }
    }

    fn end(&mut self, end: &ObservedEnd) {
        self.party(end.holder);
        if let Some((_, holder)) = end.other {
            self.party(holder);
        }
    }
}

impl Observation {
    /// Returns the instances whose state the machine has read or changed for this: each once, and
    /// at most five.
    ///
    /// An operation on an end of a stream or future touches the holders of both ends. A call touches
    /// the caller and the callee. So if the observations of two turns touch different instances, and
    /// at most one of the turns [touches the host](Self::is_of_host), the turns lead to the same
    /// state in either order.
    pub fn instances(&self) -> impl Iterator<Item = InstanceId> + use<> {
        self.touched().instances.into_iter().flatten()
    }

    /// Returns `true` if the host takes part: it calls or is called, learns of something, holds an
    /// end, or has to learn that an instance was locked down.
    #[must_use]
    pub fn is_of_host(&self) -> bool {
        self.touched().host
    }

    fn touched(&self) -> Touched {
        let mut touched = Touched::default();
        if let Some(thread) = self.thread {
            touched.instance(thread.instance);
        }
        self.action.touch(&mut touched);
        let is_refused = matches!(self.action, Action::CallRefused { .. });
        touched.host |= is_refused && self.thread.is_none();
        touched
    }
}

impl Action {
    fn touch(&self, touched: &mut Touched) {
        match *self {
            Self::TurnBegan | Self::TurnEnded | Self::Chose { .. } => {}
            Self::InstanceMade { instance }
            | Self::InstanceLockedDown { instance }
            | Self::InstanceRemoved { instance } => {
                touched.instance(instance);
                touched.host = true;
            }
            Self::Called { caller, callee, .. }
            | Self::CancellationRequested { caller, callee, .. } => {
                touched.party(caller);
                touched.party(callee);
            }
            Self::CallRefused { callee, .. } => touched.party(callee),
            Self::CallStarted { caller, .. }
            | Self::CallResolved { caller, .. }
            | Self::CalleeGone { caller, .. } => touched.party(caller),
            Self::CallDropped { callee, .. } => {
                touched.party(callee);
                touched.host = true;
            }
            Self::HostFunctionStarted { .. }
            | Self::HostFunctionReturned { .. }
            | Self::HostResourceDropped => touched.host = true,
            Self::TaskMade { thread, .. }
            | Self::ThreadMade { thread }
            | Self::ThreadResumed { thread }
            | Self::ThreadReady { thread }
            | Self::ThreadStopped { thread, .. }
            | Self::ThreadEnded { thread, .. } => touched.instance(thread.instance),
            Self::CancellationDelivered { instance, .. }
            | Self::TaskResolved { instance, .. }
            | Self::TaskEnded { instance, .. }
            | Self::Held { instance }
            | Self::Released { instance } => touched.instance(instance),
            Self::EventSet { holder, .. }
            | Self::EventDelivered { holder, .. }
            | Self::Joined { holder, .. } => touched.party(holder),
            Self::EndsMade { readable: end }
            | Self::CopyBegan { end, .. }
            | Self::Copied { readable: end, .. }
            | Self::CopyCancelled { end }
            | Self::EndDropped { end }
            | Self::EndServed { end } => touched.end(&end),
            // Between two guests, the end is the host's for a moment. If it stays so, the call that
            // it goes to or comes from touches the host.
            Self::EndMoved { end, from } => {
                for holder in [end.holder, from].into_iter().flatten() {
                    touched.instance(holder);
                }
                if let Some((_, holder)) = end.other {
                    touched.party(holder);
                }
            }
            Self::EndsForwarded { readable, writable } => {
                touched.end(&readable);
                touched.end(&writable);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::vec;
    use std::vec::Vec;

    /// Returns the ids that stand for the first three of their kind.
    macro_rules! id {
        ($id:ident, $number:expr) => {
            $id::from_u64($number).expect("a number from 1")
        };
    }

    fn instance(number: u64) -> InstanceId {
        id!(InstanceId, number)
    }

    fn thread(number: u64) -> ObservedThread {
        ObservedThread {
            thread: id!(ThreadId, number),
            task: id!(TaskId, number),
            instance: instance(number),
            function: None,
        }
    }

    /// Returns an end that one instance holds, and whose other end another one holds.
    fn end(holder: Option<u64>, other: Option<u64>) -> ObservedEnd {
        ObservedEnd {
            end: id!(EndId, 1),
            kind: EndKind::Stream,
            direction: CopyDirection::Read,
            holder: holder.map(instance),
            other: Some((id!(EndId, 2), other.map(instance))),
        }
    }

    /// Returns the instances that an action touches, and if it touches the host.
    fn touched(action: Action) -> (Vec<u64>, bool) {
        let observation = Observation { thread: None, action };
        (observation.instances().map(InstanceId::as_u64).collect(), observation.is_of_host())
    }

    #[test]
    fn operations_on_an_end_touch_both_holders() {
        let ends = [
            (end(Some(1), Some(2)), (vec![1, 2], false)),
            (end(Some(1), None), (vec![1], true)),
            (end(None, Some(2)), (vec![2], true)),
            (end(Some(1), Some(1)), (vec![1], false)),
        ];
        for (end, expected) in ends {
            for action in [
                Action::EndsMade { readable: end },
                Action::CopyBegan { end, length: 1 },
                Action::Copied { readable: end, count: 1 },
                Action::CopyCancelled { end },
                Action::EndDropped { end },
                Action::EndServed { end },
            ] {
                assert_eq!(touched(action), expected, "{action:?}");
            }
        }
        let [readable, writable] = [end(Some(1), Some(2)), end(Some(1), Some(3))];
        let forwarded = Action::EndsForwarded { readable, writable };
        assert_eq!(touched(forwarded), (vec![1, 2, 3], false));
        let moved = Action::EndMoved { end: end(Some(1), Some(2)), from: Some(instance(3)) };
        assert_eq!(touched(moved), (vec![1, 3, 2], false));
        let taken = Action::EndMoved { end: end(None, Some(2)), from: Some(instance(3)) };
        assert_eq!(touched(taken), (vec![3, 2], false), "the call that it goes to names the host");
    }

    #[test]
    fn calls_touch_the_caller_and_the_callee() {
        let (call, function) = (id!(SubtaskId, 1), id!(FunctionId, 1));
        let of = |caller: Option<u64>, callee: Option<u64>| {
            let (caller, callee) = (caller.map(instance), callee.map(instance));
            let called = Action::Called { call, caller, callee, function, host_function: None };
            let cancelled = Action::CancellationRequested { call, caller, callee };
            assert_eq!(touched(called), touched(cancelled));
            touched(called)
        };
        assert_eq!(of(Some(1), Some(2)), (vec![1, 2], false));
        assert_eq!(of(None, Some(2)), (vec![2], true));
        assert_eq!(of(Some(1), None), (vec![1], true));
        let state = SubtaskState::Returned;
        for (caller, expected) in [(Some(instance(1)), (vec![1], false)), (None, (vec![], true))] {
            assert_eq!(touched(Action::CallStarted { call, caller }), expected);
            assert_eq!(touched(Action::CallResolved { call, caller, state }), expected);
            assert_eq!(touched(Action::CalleeGone { call, caller }), expected);
        }
        let callee = Some(instance(2));
        assert_eq!(touched(Action::CallDropped { call, callee }), (vec![2], true));
        // The host has made the call if no thread has control.
        let refused = Action::CallRefused { callee, function };
        assert_eq!(touched(refused), (vec![2], true));
        let by_guest = Observation { thread: Some(thread(1)), action: refused };
        assert_eq!(by_guest.instances().collect::<Vec<_>>(), [instance(1), instance(2)]);
        assert!(!by_guest.is_of_host());
    }

    #[test]
    fn waitables_touch_their_holders_and_threads_their_instances() {
        let waitable = WaitableId::End(id!(EndId, 1));
        for (holder, expected) in [(Some(instance(1)), (vec![1], false)), (None, (vec![], true))] {
            let event = Event::NONE;
            assert_eq!(touched(Action::EventSet { waitable, holder, set: None }), expected);
            assert_eq!(touched(Action::EventDelivered { waitable, holder, event }), expected);
            assert_eq!(touched(Action::Joined { waitable, holder, set: None }), expected);
        }
        let (thread, end) = (thread(2), ThreadEnd::Completed);
        let reason = ThreadStop::Yielded;
        let (task, instance) = (thread.task, thread.instance);
        for action in [
            Action::TaskMade { thread, call: None },
            Action::ThreadMade { thread },
            Action::ThreadResumed { thread },
            Action::ThreadReady { thread },
            Action::ThreadStopped { thread, reason },
            Action::ThreadEnded { thread, end },
            Action::CancellationDelivered { task, instance },
            Action::TaskResolved { task, instance, is_cancelled: false },
            Action::TaskEnded { task, instance },
            Action::Held { instance },
            Action::Released { instance },
        ] {
            assert_eq!(touched(action), (vec![2], false), "{action:?}");
        }
    }
}
