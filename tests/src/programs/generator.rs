//! Generates programs during play. It looks at the machine, so that most actions are possible; a
//! program of random numbers would trap at its third call.

use weft::builtin::Builtin;
use weft::chooser::{Choice, Chooser, Seeded};
use weft::limits::Limits;
use weft::machine::{EndState, HandleView, LiftMode, TaskId, ThreadId, ThreadState};
use weft::trap::{CopyDirection, EndKind};

use super::guest::Code;
use super::host::{HostedState, Place};
use super::operation::{Entry, Operation};
use super::player::{Control, ProgramPlayer, Script};
use super::world::{FUNCTIONS, Function, HOST_FUNCTIONS, STREAMS, Value};

/// The largest number of entries that end a program.
const WIND_DOWN: u32 = 80;

/// A generator of a program from a seed.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    random: Seeded,
    /// The number of entries left before the program is brought to its end.
    left: u32,
    /// The number of entries left for its end.
    wind_down: u32,
    /// Set if the next entry names something that does not exist.
    is_wild: bool,
    /// The theme of the program.
    theme: Theme,
    /// Set if most calls are nested ones of functions that take and return nothing at once.
    is_nesting: bool,
}

/// The theme of a program: the percentages of returning, resolving, calling, ends, waiting and
/// threads; the rest is for other operations.
#[derive(Clone, Copy, Debug)]
struct Theme([u32; 6]);

const THEMES: [Theme; 6] = [
    Theme([8, 10, 18, 24, 18, 10]),
    Theme([6, 6, 12, 46, 22, 2]),
    Theme([16, 12, 30, 4, 28, 4]),
    Theme([8, 8, 10, 10, 14, 44]),
    Theme([20, 14, 34, 8, 10, 4]),
    Theme([10, 8, 22, 8, 8, 4]),
];

/// Mostly calls, with built-ins in between.
const NESTING: Theme = Theme([14, 8, 40, 12, 6, 4]);

impl Generator {
    /// Creates a generator of the program of a seed, with about `length` entries before its end.
    #[must_use]
    pub fn new(seed: u64, length: u32) -> Self {
        let mut generator = Self {
            random: Seeded::new(seed ^ 0x5eed_0f9e),
            left: length,
            wind_down: WIND_DOWN,
            is_wild: false,
            theme: THEMES[0],
            is_nesting: false,
        };
        generator.theme = generator.one_of(&THEMES).unwrap_or(THEMES[0]);
        generator
    }

    /// Creates the same, with more nested calls without `async`.
    #[must_use]
    pub fn nesting(seed: u64, length: u32) -> Self {
        Self { is_nesting: true, theme: NESTING, ..Self::new(seed, length) }
    }

    fn below(&mut self, count: u32) -> u32 {
        self.random.choose(Choice::Host, count.max(1))
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        items.get(self.below(count) as usize).copied()
    }

    /// Returns one of `indices`; rarely, or if there is none, any small number.
    fn index(&mut self, indices: &[u32]) -> u32 {
        match self.one_of(indices) {
            Some(index) if self.below(200) > 0 => index,
            _ => {
                self.is_wild = true;
                self.below(7)
            }
        }
    }
}

impl<L: Limits, C: Chooser> Script<L, C> for Generator {
    fn next(&mut self, player: &mut ProgramPlayer<L, C>) -> Option<Entry> {
        let is_over = self.left == 0;
        let counter = if is_over { &mut self.wind_down } else { &mut self.left };
        *counter = counter.checked_sub(1)?;
        Some(match player.control {
            Control::Guest(thread) => {
                let guest = Guest::new(player, thread);
                if is_over { self.guest_ends(&guest) } else { self.guest(&guest) }
            }
            // Nothing is generated for it: it repeats the run with records.
            Control::Unrecorded => return None,
            Control::Host if player.places.last() == Some(&Place::Call) => {
                self.called_host(player, is_over)
            }
            Control::Host if is_over => return self.host_ends(player),
            Control::Host => self.host(player),
        })
    }
}

fn entry(operation: impl Into<Operation>, arguments: [u32; 4]) -> Entry {
    Entry { operation: operation.into(), arguments }
}

fn simple(operation: impl Into<Operation>) -> Entry {
    entry(operation, [0; 4])
}

/// The state that a guest sees.
struct Guest {
    number: usize,
    instances: u32,
    code: Option<Code>,
    task: Option<TaskId>,
    function: Option<&'static Function>,
    is_resolved: bool,
    is_cancelled: bool,
    backpressure: u32,
    handles: Vec<(u32, HandleView)>,
    /// The type of each end, counted among streams or among futures.
    kinds: Vec<(u32, u32)>,
    /// Indices and states of the instance's other threads.
    threads: Vec<(u32, ThreadState)>,
}

impl Guest {
    fn new<L: Limits, C: Chooser>(player: &mut ProgramPlayer<L, C>, thread: ThreadId) -> Self {
        let number = player.instance_of(thread);
        let id = player.world.instances[number];
        let machine = &mut player.machine;
        let highest = machine.highest_handle(id).unwrap_or(0);
        let handles: Vec<_> = (1..=highest)
            .filter_map(|index| Some((index, machine.handle_view(id, index).ok()??)))
            .collect();
        let kinds = handles.iter().filter_map(|(index, handle)| match handle {
            HandleView::End { ty, .. } => {
                let number = u32::try_from(player.world.ends_number(*ty)).unwrap_or(0);
                Some((*index, number.checked_sub(STREAMS).unwrap_or(number)))
            }
            _ => None,
        });
        let kinds = kinds.collect();
        let threads = machine.thread_views().filter(|it| it.instance == id && it.id != thread);
        let threads = threads.filter(|it| it.index > 0).map(|it| (it.index, it.state)).collect();
        let task = machine.task_of(thread).ok();
        let backpressure = machine.instance_view(id).map_or(0, |view| view.backpressure);
        Self {
            number,
            instances: u32::try_from(player.world.instances.len()).unwrap_or(1),
            code: player.codes.get(&thread).copied(),
            task,
            function: player.task_function(thread),
            is_resolved: task.is_none_or(|task| player.resolved.contains(&task)),
            backpressure,
            is_cancelled: task.is_some_and(|task| player.cancelled.contains(&task)),
            handles,
            kinds,
            threads,
        }
    }

    fn indices(&self, condition: impl Fn(&HandleView) -> bool) -> Vec<u32> {
        let handles = self.handles.iter().filter(|(_, handle)| condition(handle));
        handles.map(|(index, _)| *index).collect()
    }

    /// Returns the ends of a kind and direction for which `condition` holds. Its arguments are the
    /// end's state, true if the end is in a set, and true if something waits for it.
    fn ends(
        &self,
        of: (EndKind, CopyDirection),
        condition: impl Fn(EndState, bool, bool) -> bool,
    ) -> Vec<u32> {
        self.indices(|handle| match handle {
            HandleView::End { kind, direction, state, waitable, .. } => {
                (*kind, *direction) == of
                    && condition(*state, waitable.is_in_set, waitable.has_sync_waiter)
            }
            _ => false,
        })
    }

    fn kind_of(&self, index: u32) -> u32 {
        self.kinds.iter().find(|(it, _)| *it == index).map_or(0, |(_, kind)| *kind)
    }

    fn is_in_set(&self, index: u32) -> bool {
        self.handles.iter().any(|(it, handle)| {
            let (HandleView::End { waitable, .. } | HandleView::Subtask { waitable, .. }) = handle
            else {
                return false;
            };
            *it == index && waitable.is_in_set
        })
    }

    fn sets(&self) -> Vec<u32> {
        self.indices(|handle| matches!(handle, HandleView::WaitableSet { .. }))
    }

    fn sets_with_members(&self) -> Vec<u32> {
        self.indices(|handle| matches!(handle, HandleView::WaitableSet { members: 1.., .. }))
    }

    fn suspended(&self) -> Vec<u32> {
        let threads = self.threads.iter().filter(|(_, it)| *it == ThreadState::Suspended);
        threads.map(|(index, _)| *index).collect()
    }

    /// Returns the handles that the task has borrowed.
    fn borrowed(&self) -> Vec<u32> {
        self.indices(|handle| match handle {
            HandleView::Resource { borrowed_by, .. } => {
                borrowed_by.is_some() && *borrowed_by == self.task
            }
            _ => false,
        })
    }

    /// Returns the handles that can be passed as `value`. The resources are the first instance's,
    /// whose type has the lowest number.
    fn passable(&self, value: Value) -> Vec<u32> {
        match value {
            Value::Own => self.indices(|handle| match handle {
                HandleView::Resource { ty, borrowed_by, num_lends, .. } => {
                    ty.0 == 0 && borrowed_by.is_none() && *num_lends == 0
                }
                _ => false,
            }),
            Value::Borrow => self
                .indices(|handle| matches!(handle, HandleView::Resource { ty, .. } if ty.0 == 0)),
            Value::Stream | Value::Future => {
                let kind = if value == Value::Stream { EndKind::Stream } else { EndKind::Future };
                let mut ends = self.ends((kind, CopyDirection::Read), |state, in_set, _| {
                    state == EndState::Idle && !in_set
                });
                ends.retain(|index| self.kind_of(*index) == 0);
                ends
            }
            Value::ErrorContext => {
                self.indices(|handle| matches!(handle, HandleView::ErrorContext(_)))
            }
        }
    }

    /// Returns true if the function must return such a value, which not every instance can create.
    fn must_return(&self, value: Value) -> bool {
        self.number > 0 && self.function.is_some_and(|function| function.result == Some(value))
    }

    fn is_async_lifted(&self) -> bool {
        self.function.is_some_and(|function| function.lift.is_async())
    }
}

impl Generator {
    /// Returns an action that a guest can do; rarely one that it cannot.
    fn guest(&mut self, guest: &Guest) -> Entry {
        for _ in 0..20 {
            self.is_wild = false;
            let entry = self.anything(guest);
            if !self.is_wild || self.below(200) == 0 {
                return entry;
            }
        }
        simple(Builtin::ThreadYield)
    }

    fn anything(&mut self, guest: &Guest) -> Entry {
        let is_callback =
            guest.function.is_some_and(|function| function.lift == LiftMode::Callback);
        if self.is_nesting && is_callback && self.chance(35) {
            // The guest resolves its task, and exits.
            let is_first = !guest.is_resolved;
            return if is_first { self.resolves(guest) } else { simple(Operation::Return) };
        }
        if is_callback && self.chance(18) {
            return self.returns(guest);
        }
        let Theme(shares) = self.theme;
        let mut point = self.below(100);
        let about = shares.iter().position(|share| {
            let is_it = point < *share;
            point = point.saturating_sub(*share);
            is_it
        });
        match about {
            Some(0) => self.returns(guest),
            Some(1) => self.resolves(guest),
            Some(2) => self.calls(guest),
            Some(3) => self.ends(guest),
            Some(4) => self.waits(guest),
            Some(5) => self.threads(guest),
            _ => self.others(guest),
        }
    }

    /// Returns true if a blocking action is done; this is rare if the whole instance would have to
    /// wait for a call that may not block.
    fn may_block(&mut self, guest: &Guest) -> bool {
        let is_async = guest.function.is_some_and(|function| function.is_async);
        if is_async { self.chance(70) } else { self.chance(3) }
    }

    fn returns(&mut self, guest: &Guest) -> Entry {
        if let Some(index) = self.one_of(&guest.borrowed())
            && self.chance(90)
        {
            return entry(Builtin::ResourceDrop, [0, index, 0, 0]);
        }
        match guest.code {
            Some(Code::Function(function)) if function.lift == LiftMode::Callback => {
                let code = match self.below(100) {
                    0 if self.chance(30) => 3 + self.below(13),
                    0..40 if guest.is_resolved => 0,
                    0..50 => 1,
                    _ => 2,
                };
                let sets = guest.sets_with_members();
                if code == 2 && sets.is_empty() && self.chance(90) {
                    return self.waits(guest);
                }
                let set = if code == 2 { self.index(&sets) } else { 0 };
                entry(Operation::Return, [code, set, 0, 0])
            }
            Some(Code::Function(function)) if function.lift == LiftMode::Stackful => {
                if guest.is_resolved || self.below(200) == 0 {
                    return simple(Operation::Return);
                }
                self.resolves(guest)
            }
            Some(Code::Function(Function { result: Some(value), .. })) => {
                let index = self.index(&guest.passable(*value));
                entry(Operation::Return, [index, 0, 0, 0])
            }
            _ => simple(Operation::Return),
        }
    }

    /// Returns `task.return`, `task.cancel`, or an action that must come before.
    fn resolves(&mut self, guest: &Guest) -> Entry {
        if !guest.is_async_lifted() || guest.is_resolved {
            let point = self.below(100);
            if self.below(100) > 0 {
                return self.others(guest);
            }
            let is_return = point < 60;
            return simple(if is_return { Builtin::TaskReturn } else { Builtin::TaskCancel });
        }
        if let Some(index) = self.one_of(&guest.borrowed())
            && self.chance(95)
        {
            return entry(Builtin::ResourceDrop, [0, index, 0, 0]);
        }
        if guest.is_cancelled && self.chance(60) || self.below(300) == 0 {
            return simple(Builtin::TaskCancel);
        }
        let wrong = if self.below(200) == 0 { 1 + self.below(3) } else { 0 };
        let value = match guest.function.and_then(|function| function.result) {
            None => 0,
            Some(value) => {
                let passable = guest.passable(value);
                if passable.is_empty() && self.chance(95) {
                    return make(value);
                }
                self.index(&passable)
            }
        };
        entry(Builtin::TaskReturn, [value, wrong, 0, 0])
    }

    fn calls(&mut self, guest: &Guest) -> Entry {
        let instance = self.below(guest.instances + 1);
        if self.is_nesting && self.chance(85) {
            // Functions that take and return nothing, and may return before they wait.
            let index = match self.below(3) {
                _ if instance == guest.instances => 0,
                2 => 4,
                index => index,
            };
            let is_async = instance < guest.instances && self.chance(25);
            return entry(Operation::Call, [instance, index, u32::from(is_async), 0]);
        }
        let functions: &[Function] =
            if instance == guest.instances { &HOST_FUNCTIONS } else { &FUNCTIONS };
        let index = self.below(u32::try_from(functions.len()).unwrap_or(1));
        let function = &functions[index as usize];
        let is_async = if function.is_async {
            !self.may_block(guest) || self.chance(60)
        } else {
            self.chance(40)
        };
        let argument = match function.param {
            None => 0,
            Some(value) => {
                let passable = guest.passable(value);
                let can_make = value != Value::Own && value != Value::Borrow || guest.number == 0;
                if passable.is_empty() && can_make && self.chance(90) {
                    return make(value);
                }
                self.index(&passable)
            }
        };
        entry(Operation::Call, [instance, index, u32::from(is_async), argument])
    }

    fn ends(&mut self, guest: &Guest) -> Entry {
        use CopyDirection::{Read, Write};
        use EndKind::{Future, Stream};
        let kind = if self.chance(65) { Stream } else { Future };
        let direction = if self.chance(50) { Read } else { Write };
        let of = (kind, direction);
        let choose = |stream, future| if kind == Stream { stream } else { future };
        match self.below(100) {
            0..16 => entry(
                choose(Builtin::StreamNew, Builtin::FutureNew),
                [if self.chance(60) { 0 } else { self.below(4) }, 0, 0, 0],
            ),
            16..62 => {
                let index = self.index(&guest.ends(of, |state, _, _| state == EndState::Idle));
                let is_async = guest.is_in_set(index) && !self.chance(2)
                    || !self.may_block(guest)
                    || self.chance(70);
                let a = guest.kind_of(index) | u32::from(is_async) << 4;
                let (address, length) = match self.below(40) {
                    0 if self.chance(20) => (self.below(300), self.below(300)),
                    1 if self.chance(10) => (0, 1 << 28),
                    _ => (self.below(16) * 4, self.below(7)),
                };
                let operation = match of {
                    (Stream, Read) => Builtin::StreamRead,
                    (Stream, Write) => Builtin::StreamWrite,
                    (Future, Read) => Builtin::FutureRead,
                    (Future, Write) => Builtin::FutureWrite,
                };
                entry(operation, [a, index, address, length])
            }
            62..78 => {
                let copying = |state, _, waited: bool| state == EndState::Copying && !waited;
                let index = self.index(&guest.ends(of, copying));
                let is_async = guest.is_in_set(index) && !self.chance(2) || self.chance(60);
                let a = guest.kind_of(index) | u32::from(is_async) << 4;
                let operation = match of {
                    (Stream, Read) => Builtin::StreamCancelRead,
                    (Stream, Write) => Builtin::StreamCancelWrite,
                    (Future, Read) => Builtin::FutureCancelRead,
                    (Future, Write) => Builtin::FutureCancelWrite,
                };
                if guest.ends(of, copying).is_empty() && !self.chance(2) {
                    return self.waits(guest);
                }
                entry(operation, [a, index, 0, 0])
            }
            78..90 => {
                let droppable = |state, _, _: bool| match of {
                    (Future, Write) => state == EndState::Done,
                    _ => matches!(state, EndState::Idle | EndState::Done),
                };
                let ends = guest.ends(of, droppable);
                if ends.is_empty() && !self.chance(3) {
                    return self.others(guest);
                }
                let index = self.index(&ends);
                let operation = match of {
                    (Stream, Read) => Builtin::StreamDropReadable,
                    (Stream, Write) => Builtin::StreamDropWritable,
                    (Future, Read) => Builtin::FutureDropReadable,
                    (Future, Write) => Builtin::FutureDropWritable,
                };
                entry(operation, [guest.kind_of(index), index, 0, 0])
            }
            _ => {
                let idle = |state, in_set: bool, _| state == EndState::Idle && !in_set;
                let readable = self.index(&guest.ends((kind, Read), idle));
                let mut writable = guest.ends((kind, Write), idle);
                writable.retain(|it| guest.kind_of(*it) == guest.kind_of(readable));
                if writable.is_empty() && !self.chance(3) {
                    return self.calls(guest);
                }
                let writable = self.index(&writable);
                let operation = choose(Builtin::StreamForward, Builtin::FutureForward);
                entry(operation, [guest.kind_of(readable), readable, writable, 0])
            }
        }
    }

    fn waits(&mut self, guest: &Guest) -> Entry {
        let sets = guest.sets();
        match self.below(100) {
            0..8 => simple(Builtin::WaitableSetNew),
            8..24 if self.may_block(guest) => {
                let sets = guest.sets_with_members();
                entry(Builtin::WaitableSetWait, [self.index(&sets), 0, 0, 0])
            }
            8..38 if !sets.is_empty() => {
                entry(Builtin::WaitableSetPoll, [self.index(&sets), 0, 0, 0])
            }
            38..42 => {
                let empty = guest.indices(|handle| {
                    matches!(handle, HandleView::WaitableSet { members: 0, waiting: 0, .. })
                });
                if empty.is_empty() && !self.chance(4) {
                    return self.others(guest);
                }
                entry(Builtin::WaitableSetDrop, [self.index(&empty), 0, 0, 0])
            }
            42..74 => {
                let is_eager = self.chance(80);
                let free = guest.indices(|handle| match handle {
                    HandleView::End { waitable, state, .. } => {
                        !waitable.has_sync_waiter
                            && (!is_eager || !waitable.is_in_set && *state == EndState::Copying)
                    }
                    HandleView::Subtask { waitable, is_delivered, .. } => {
                        !waitable.has_sync_waiter
                            && (!is_eager || !waitable.is_in_set && !is_delivered)
                    }
                    _ => false,
                });
                if free.is_empty() && !self.chance(2) {
                    return self.calls(guest);
                }
                if sets.is_empty() && !self.chance(4) {
                    return simple(Builtin::WaitableSetNew);
                }
                let set = if self.chance(15) { 0 } else { self.index(&sets) };
                entry(Builtin::WaitableJoin, [self.index(&free), set, 0, 0])
            }
            74..90 => {
                let cancellable = guest.indices(|handle| match handle {
                    HandleView::Subtask {
                        is_delivered, cancellation_requested, waitable, ..
                    } => !is_delivered && !cancellation_requested && !waitable.is_in_set,
                    _ => false,
                });
                if cancellable.is_empty() && !self.chance(2) {
                    return self.calls(guest);
                }
                let is_async = !self.may_block(guest);
                let index = self.index(&cancellable);
                entry(Builtin::SubtaskCancel, [u32::from(is_async), index, 0, 0])
            }
            _ => {
                let delivered = guest.indices(|handle| {
                    matches!(handle, HandleView::Subtask { is_delivered: true, .. })
                });
                if delivered.is_empty() && !self.chance(3) {
                    return self.calls(guest);
                }
                entry(Builtin::SubtaskDrop, [self.index(&delivered), 0, 0, 0])
            }
        }
    }

    fn threads(&mut self, guest: &Guest) -> Entry {
        let suspended = guest.suspended();
        let others: Vec<u32> = guest.threads.iter().map(|(index, _)| *index).collect();
        match self.below(100) {
            0..25 => entry(Builtin::ThreadNewIndirect, [self.below(9), 0, 0, 0]),
            25..30 => simple(Builtin::ThreadIndex),
            30..45 => simple(Builtin::ThreadYield),
            45..50 if self.may_block(guest) => simple(Builtin::ThreadSuspend),
            _ if others.is_empty() && !self.chance(3) => {
                entry(Builtin::ThreadNewIndirect, [self.below(9), 0, 0, 0])
            }
            50..66 if !suspended.is_empty() || self.chance(3) => {
                entry(Builtin::ThreadResumeLater, [self.index(&suspended), 0, 0, 0])
            }
            66..74 if !suspended.is_empty() => {
                entry(Builtin::ThreadYieldThenResume, [self.index(&suspended), 0, 0, 0])
            }
            74..82 if !suspended.is_empty() => {
                entry(Builtin::ThreadSuspendThenResume, [self.index(&suspended), 0, 0, 0])
            }
            82..91 => entry(Builtin::ThreadYieldThenPromote, [self.index(&others), 0, 0, 0]),
            _ if self.may_block(guest) => {
                entry(Builtin::ThreadSuspendThenPromote, [self.index(&others), 0, 0, 0])
            }
            _ => simple(Builtin::ThreadYield),
        }
    }

    fn others(&mut self, guest: &Guest) -> Entry {
        let contexts = guest.passable(Value::ErrorContext);
        let number = u32::try_from(guest.number).unwrap_or(0);
        match self.below(100) {
            0..7 => {
                self.is_wild = guest.backpressure > 0 && self.chance(70);
                simple(Builtin::BackpressureInc)
            }
            7..22 => {
                self.is_wild = guest.backpressure == 0;
                simple(Builtin::BackpressureDec)
            }
            22..30 => entry(Builtin::ContextGet, [self.below(2), 0, 0, 0]),
            30..40 => entry(Builtin::ContextSet, [self.below(2), self.below(100), 0, 0]),
            40..58 => entry(Builtin::ResourceNew, [self.below(100), 0, 0, 0]),
            58..80 => {
                let resources: Vec<(u32, u32)> = guest
                    .handles
                    .iter()
                    .filter_map(|(index, handle)| match handle {
                        HandleView::Resource { ty, num_lends: 0, .. }
                            if ty.0 > 0 || !guest.must_return(Value::Own) =>
                        {
                            Some((*index, ty.0))
                        }
                        _ => None,
                    })
                    .collect();
                let found = self.one_of(&resources);
                let (index, ty) = match found {
                    Some(found) if !self.chance(2) => found,
                    _ => (self.below(7), number),
                };
                if found.is_none() && !self.chance(3) {
                    return entry(Builtin::ResourceNew, [self.below(100), 0, 0, 0]);
                }
                let is_drop = self.chance(70);
                let operation = if is_drop { Builtin::ResourceDrop } else { Builtin::ResourceRep };
                entry(operation, [ty, index, 0, 0])
            }
            80..87 if !contexts.is_empty() || self.chance(5) => {
                entry(Builtin::ErrorContextDebugMessage, [self.index(&contexts), 0, 0, 0])
            }
            87..94 if !contexts.is_empty() || self.chance(5) => {
                entry(Builtin::ErrorContextDrop, [self.index(&contexts), 0, 0, 0])
            }
            _ => entry(Builtin::ErrorContextNew, [self.below(8), self.below(5), 0, 0]),
        }
    }

    /// Returns the action that leads to the end of a guest's function.
    fn guest_ends(&mut self, guest: &Guest) -> Entry {
        let borrowed = guest.borrowed();
        if let Some(index) = self.one_of(&borrowed) {
            return entry(Builtin::ResourceDrop, [0, index, 0, 0]);
        }
        if let Some(index) = self.one_of(&guest.suspended()) {
            return entry(Builtin::ThreadResumeLater, [index, 0, 0, 0]);
        }
        if guest.backpressure > 0 {
            return simple(Builtin::BackpressureDec);
        }
        if guest.is_async_lifted() && !guest.is_resolved {
            let value = match guest.function.and_then(|function| function.result) {
                None => 0,
                Some(value) => match self.one_of(&guest.passable(value)) {
                    None => return make(value),
                    Some(index) => index,
                },
            };
            return entry(Builtin::TaskReturn, [value, 0, 0, 0]);
        }
        let value = match guest.code {
            Some(Code::Function(Function {
                lift: LiftMode::Sync { .. },
                result: Some(value),
                ..
            })) => self.index(&guest.passable(*value)),
            _ => 0,
        };
        entry(Operation::Return, [value, 0, 0, 0])
    }

    fn host<L: Limits, C: Chooser>(&mut self, player: &ProgramPlayer<L, C>) -> Entry {
        let numbers = [self.below(8), self.below(8), self.below(8), 0];
        match self.below(100) {
            0..32 => self.invokes(player),
            32..62 => entry(Operation::HostTick, numbers),
            62..72 => entry(Operation::HostCopy, numbers),
            72..75 => entry(Operation::HostCancelCopy, numbers),
            75..78 => entry(Operation::HostDrop, numbers),
            78..83 => entry(Operation::HostEvents, numbers),
            83..86 => entry(Operation::HostFinishCancellation, numbers),
            86..91 => entry(Operation::HostCancel, numbers),
            91..94 => entry(Operation::HostStart, numbers),
            94..98 => entry(Operation::HostReturn, numbers),
            _ => entry(Operation::HostCancelled, numbers),
        }
    }

    fn invokes<L: Limits, C: Chooser>(&mut self, player: &ProgramPlayer<L, C>) -> Entry {
        let instances = u32::try_from(player.world.instances.len()).unwrap_or(1);
        let is_nesting = self.is_nesting && self.chance(70);
        let functions = if is_nesting { 2 } else { u32::try_from(FUNCTIONS.len()).unwrap_or(1) };
        let numbers = [self.below(instances), self.below(functions), self.below(100), 0];
        entry(Operation::HostInvoke, numbers)
    }

    /// Returns the host's action after a guest has called it.
    fn called_host<L: Limits, C: Chooser>(
        &mut self,
        player: &ProgramPlayer<L, C>,
        is_over: bool,
    ) -> Entry {
        let numbers = [self.below(8), self.below(8), self.below(8), 0];
        if is_over {
            return simple(Operation::HostDone);
        }
        if self.is_nesting
            && let Some(entry) = self.returns_from_host(player)
        {
            return entry;
        }
        match self.below(100) {
            0..85
                if player.hosted_calls.last().is_some_and(|call| {
                    call.state == HostedState::Starting
                        && call.subtask.is_some_and(|it| player.call(it).argument > 0)
                }) =>
            {
                let open = player.hosted_calls.iter();
                let open = open.filter(|call| call.state == HostedState::Starting).count();
                let last = u32::try_from(open).unwrap_or(1).saturating_sub(1);
                entry(Operation::HostStart, [last, 0, 0, 0])
            }
            0..25 => entry(Operation::HostStart, numbers),
            25..45 => entry(Operation::HostReturn, numbers),
            45..55 => entry(Operation::HostCancelled, numbers),
            55..60 => self.invokes(player),
            60..64 => entry(Operation::HostCopy, numbers),
            _ => entry(Operation::HostDone, numbers),
        }
    }

    /// Returns an action that, mostly, leads to the end of the innermost call of a host function.
    fn returns_from_host<L: Limits, C: Chooser>(
        &mut self,
        player: &ProgramPlayer<L, C>,
    ) -> Option<Entry> {
        let last = player.hosted_calls.last()?.state;
        let calls = player.hosted_calls.iter().filter(|call| call.state == last).count();
        let number = u32::try_from(calls).ok()?.checked_sub(1)?;
        let operation = match last {
            HostedState::Starting => Operation::HostStart,
            HostedState::Started => Operation::HostReturn,
            HostedState::Resolved => Operation::HostDone,
        };
        self.chance(75).then_some(entry(operation, [number, 0, 0, 0]))
    }

    /// Returns an action that leads to the end of everything, if the host can do one.
    fn host_ends<L: Limits, C: Chooser>(&mut self, player: &ProgramPlayer<L, C>) -> Option<Entry> {
        let numbers = [self.below(8), self.below(8), self.below(8), 0];
        if player.machine.ready_threads() > 0 {
            return Some(entry(Operation::HostTick, numbers));
        }
        let mut hosted = player.hosted_calls.iter();
        let open = hosted.find(|call| call.state != HostedState::Resolved)?;
        Some(match open.state {
            HostedState::Starting => entry(Operation::HostStart, [0; 4]),
            _ => entry(Operation::HostReturn, [0; 4]),
        })
    }
}

/// Returns the action that creates a handle which can be passed as `value`.
fn make(value: Value) -> Entry {
    match value {
        Value::Own | Value::Borrow => entry(Builtin::ResourceNew, [7, 0, 0, 0]),
        Value::Stream => simple(Builtin::StreamNew),
        Value::Future => simple(Builtin::FutureNew),
        Value::ErrorContext => entry(Builtin::ErrorContextNew, [0, 3, 0, 0]),
    }
}
