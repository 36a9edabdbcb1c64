//! The actions that a guest can do in its state: each built-in, with each handle that it has.

use weft::builtin::Builtin;
use weft::machine::{HandleView, LiftMode};
use weft::trap::{CopyDirection, EndKind};

use super::subject::{Family, Subject};
use crate::programs::guest::Code;
use crate::programs::operation::{Entry, Operation};
use crate::programs::view::Guest;
use crate::programs::world::{FUNCTIONS, Function, HOST_FUNCTIONS, Value};

/// A handle that no guest has in programs this short.
const BAD: u32 = 40;
/// The argument of start functions, and the value of `context.set`.
const NUMBER: u32 = 5;
/// The addresses of buffers for reads and writes, which do not overlap.
const BUFFERS: [u32; 2] = [64, 0];

/// The built-ins that read or write, cancel and drop, of each kind of end.
const ENDS: [((EndKind, CopyDirection), [Builtin; 3]); 4] = {
    use CopyDirection::{Read, Write};
    use EndKind::{Future, Stream};
    [
        (
            (Stream, Read),
            [Builtin::StreamRead, Builtin::StreamCancelRead, Builtin::StreamDropReadable],
        ),
        (
            (Stream, Write),
            [Builtin::StreamWrite, Builtin::StreamCancelWrite, Builtin::StreamDropWritable],
        ),
        (
            (Future, Read),
            [Builtin::FutureRead, Builtin::FutureCancelRead, Builtin::FutureDropReadable],
        ),
        (
            (Future, Write),
            [Builtin::FutureWrite, Builtin::FutureCancelWrite, Builtin::FutureDropWritable],
        ),
    ]
};

/// The menu of a guest.
struct Menu<'a> {
    subject: &'a Subject,
    guest: &'a Guest,
    entries: Vec<Entry>,
}

/// Returns the actions of `subject` that a guest can do in its state.
pub(super) fn menu(subject: &Subject, guest: &Guest) -> Vec<Entry> {
    let mut menu = Menu { subject, guest, entries: Vec::new() };
    for family in subject.families {
        match family {
            Family::Returns => menu.returns(),
            Family::Tasks => menu.tasks(),
            Family::Calls => menu.calls(),
            Family::Subtasks => menu.subtasks(),
            Family::Sets => menu.sets(),
            Family::NewEnds => menu.new_ends(),
            Family::Copies => menu.copies(),
            Family::Drops => menu.drops(),
            Family::Threads => menu.threads(),
            Family::Spawns => menu.spawns(),
            Family::Resources => menu.resources(),
            Family::Errors => menu.errors(),
        }
    }
    menu.entries
}

impl Menu<'_> {
    fn add(&mut self, operation: impl Into<Operation>, arguments: [u32; 4]) {
        self.entries.push(Entry { operation: operation.into(), arguments });
    }

    /// Returns `indices`, and a bad handle if the subject has some.
    fn with_bad(&self, mut indices: Vec<u32>) -> Vec<u32> {
        if self.subject.has_bad_handles {
            let others = self.guest.handles.iter().map(|(index, _)| *index);
            // One that exists, but is of another kind, and one that does not exist.
            let other = others.into_iter().find(|it| !indices.contains(it));
            indices.extend(other);
            indices.push(BAD);
        }
        indices
    }

    fn having(&self, condition: impl Fn(&HandleView) -> bool) -> Vec<u32> {
        self.with_bad(self.guest.indices(condition))
    }

    fn all_sets(&self) -> Vec<u32> {
        self.having(|handle| matches!(handle, HandleView::WaitableSet { .. }))
    }

    fn returns(&mut self) {
        match self.guest.code {
            Some(Code::Function(function)) if function.lift == LiftMode::Callback => {
                self.add(Operation::Return, [0; 4]);
                self.add(Operation::Return, [1, 0, 0, 0]);
                for set in self.all_sets() {
                    self.add(Operation::Return, [2, set, 0, 0]);
                }
                if self.subject.has_bad_handles {
                    self.add(Operation::Return, [3, 0, 0, 0]);
                }
            }
            Some(Code::Function(Function { lift: LiftMode::Sync { .. }, result, .. })) => {
                for value in self.passed(*result) {
                    self.add(Operation::Return, [value, 0, 0, 0]);
                }
            }
            _ => self.add(Operation::Return, [0; 4]),
        }
    }

    /// Returns the handles that can be passed as `value`; 0 if there is no value.
    fn passed(&self, value: Option<Value>) -> Vec<u32> {
        match value {
            None => vec![0],
            Some(value) => self.with_bad(self.guest.passable(value)),
        }
    }

    fn tasks(&mut self) {
        let result = self.guest.function.and_then(|function| function.result);
        for value in self.passed(result) {
            self.add(Builtin::TaskReturn, [value, 0, 0, 0]);
        }
        if self.subject.has_bad_handles {
            self.add(Builtin::TaskReturn, [0, 1, 0, 0]);
        }
        self.add(Builtin::TaskCancel, [0; 4]);
        self.add(Builtin::BackpressureInc, [0; 4]);
        self.add(Builtin::BackpressureDec, [0; 4]);
        self.add(Builtin::ContextSet, [1, NUMBER, 0, 0]);
        self.add(Builtin::ContextGet, [1, 0, 0, 0]);
    }

    fn calls(&mut self) {
        for [instance, index] in self.subject.callees.iter().copied() {
            let functions: &[Function] =
                if instance == self.guest.instances { &HOST_FUNCTIONS } else { &FUNCTIONS };
            for argument in self.passed(functions[index as usize].param) {
                for is_async in [0, 1] {
                    self.add(Operation::Call, [instance, index, is_async, argument]);
                }
            }
        }
    }

    fn subtasks(&mut self) {
        for subtask in self.having(|handle| matches!(handle, HandleView::Subtask { .. })) {
            self.add(Builtin::SubtaskCancel, [0, subtask, 0, 0]);
            self.add(Builtin::SubtaskCancel, [1, subtask, 0, 0]);
            self.add(Builtin::SubtaskDrop, [subtask, 0, 0, 0]);
        }
    }

    fn sets(&mut self) {
        self.add(Builtin::WaitableSetNew, [0; 4]);
        let sets = self.all_sets();
        for set in &sets {
            self.add(Builtin::WaitableSetWait, [*set, 0, 0, 0]);
            self.add(Builtin::WaitableSetPoll, [*set, 0, 0, 0]);
            self.add(Builtin::WaitableSetDrop, [*set, 0, 0, 0]);
        }
        let waitables =
            self.having(|it| matches!(it, HandleView::Subtask { .. } | HandleView::End { .. }));
        for waitable in waitables {
            self.add(Builtin::WaitableJoin, [waitable, 0, 0, 0]);
            for set in sets.iter().filter(|set| **set != waitable) {
                self.add(Builtin::WaitableJoin, [waitable, *set, 0, 0]);
            }
        }
    }

    fn new_ends(&mut self) {
        self.add(Builtin::StreamNew, [0; 4]);
        self.add(Builtin::FutureNew, [0; 4]);
    }

    fn copies(&mut self) {
        for (of, [copy, cancel, _]) in ENDS {
            let lengths: &[u32] = if of.0 == EndKind::Stream { &[0, 1, 2] } else { &[1] };
            let address = BUFFERS[usize::from(of.1 == CopyDirection::Write)];
            for index in self.ends(of) {
                let kind = self.guest.kind_of(index);
                for is_async in [kind, kind | 1 << 4] {
                    for length in lengths {
                        self.add(copy, [is_async, index, address, *length]);
                    }
                    self.add(cancel, [is_async, index, 0, 0]);
                }
            }
        }
        self.forwards(EndKind::Stream, Builtin::StreamForward);
        self.forwards(EndKind::Future, Builtin::FutureForward);
    }

    fn drops(&mut self) {
        for (of, [.., drop]) in ENDS {
            for index in self.ends(of) {
                self.add(drop, [self.guest.kind_of(index), index, 0, 0]);
            }
        }
    }

    fn ends(&self, of: (EndKind, CopyDirection)) -> Vec<u32> {
        self.with_bad(self.guest.ends(of, |_, _, _| true))
    }

    fn forwards(&mut self, kind: EndKind, forward: Builtin) {
        let writable = self.guest.ends((kind, CopyDirection::Write), |_, _, _| true);
        for readable in self.guest.ends((kind, CopyDirection::Read), |_, _, _| true) {
            for writable in &writable {
                let ty = self.guest.kind_of(readable);
                self.add(forward, [ty, readable, *writable, 0]);
            }
        }
    }

    fn threads(&mut self) {
        self.add(Builtin::ThreadIndex, [0; 4]);
        self.add(Builtin::ThreadNewIndirect, [NUMBER, 0, 0, 0]);
        self.add(Builtin::ThreadYield, [0; 4]);
        self.add(Builtin::ThreadSuspend, [0; 4]);
        let mut threads: Vec<u32> = self.guest.threads.iter().map(|(index, _)| *index).collect();
        if self.subject.has_bad_handles {
            threads.push(BAD);
        }
        for thread in threads {
            for operation in [
                Builtin::ThreadResumeLater,
                Builtin::ThreadSuspendThenResume,
                Builtin::ThreadYieldThenResume,
                Builtin::ThreadSuspendThenPromote,
                Builtin::ThreadYieldThenPromote,
            ] {
                self.add(operation, [thread, 0, 0, 0]);
            }
        }
    }

    fn spawns(&mut self) {
        self.add(Builtin::ThreadSpawnRef, [NUMBER, 0, 0, 0]);
        self.add(Builtin::ThreadSpawnIndirect, [NUMBER, 0, 0, 0]);
        if self.subject.has_bad_handles {
            // A null reference, an empty entry of the table, and a function of another type.
            self.add(Builtin::ThreadSpawnRef, [NUMBER, 1, 0, 0]);
            self.add(Builtin::ThreadSpawnIndirect, [NUMBER, 1, 0, 0]);
            self.add(Builtin::ThreadSpawnIndirect, [NUMBER, 2, 0, 0]);
        }
    }

    fn resources(&mut self) {
        self.add(Builtin::ResourceNew, [NUMBER, 0, 0, 0]);
        for index in self.having(|handle| matches!(handle, HandleView::Resource { .. })) {
            for ty in [0, 1] {
                self.add(Builtin::ResourceRep, [ty, index, 0, 0]);
                self.add(Builtin::ResourceDrop, [ty, index, 0, 0]);
            }
        }
    }

    fn errors(&mut self) {
        self.add(Builtin::ErrorContextNew, [0, 3, 0, 0]);
        for index in self.having(|handle| matches!(handle, HandleView::ErrorContext(_))) {
            self.add(Builtin::ErrorContextDebugMessage, [index, 0, 0, 0]);
            self.add(Builtin::ErrorContextDrop, [index, 0, 0, 0]);
        }
    }
}
