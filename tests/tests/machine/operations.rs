//! The operations of a player.

use weft_core::builtin::TypeIndex;
use weft_core::machine::EndState;
use weft_core::trap::CopyDirection;

use crate::calls::{
    Call, FUTURE, HOST_RESOURCE, Of, STREAM, TEXT_FUTURE, TEXT_STREAM, available_parallelism,
    backpressure_dec, backpressure_inc, context_get, context_set, error_context_debug_message,
    error_context_drop, error_context_new, join, resource_drop, resource_new, resource_rep,
    resume_later, set_drop, set_new, set_poll, set_wait, spawn_indirect, spawn_ref, subtask_cancel,
    subtask_drop, suspend, suspend_then_promote, suspend_then_resume, sync_subtask_cancel,
    task_cancel, task_return, thread_index, thread_new, thread_yield, yield_then_promote,
    yield_then_resume,
};

/// A kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Call,
    Import,
    Return,
    Invoke,
    Tick,
    CancelCall,
    HostReturned,
    Copy,
    Realloc,
    ReallocReturned,
    Trapped,
    NewInstance,
    RemoveInstance,
    TakeStep,
    Borrow,
    DropCall,
    StartHostFunctionCall,
    ReturnHostFunctionCall,
    CancelHostFunctionCall,
    HostEvent,
    HostEnds,
    CancelCopy,
    FinishCancellation,
    DropEnd,
    LiftEnd,
    LowerEnd,
    LiftOwn,
    LowerOwn,
    LiftErrorContext,
    LowerErrorContext,
    NewErrorContext,
    DropErrorContext,
    LockDown,
    HoldCallers,
    InvokeForHeld,
    UnwindHeld,
}

/// Each kind; the more important ones are more frequent.
pub(crate) const DOINGS: [Doing; 64] = {
    use Doing as D;
    [
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Call,
        D::Import,
        D::Import,
        D::Import,
        D::Import,
        D::Import,
        D::Return,
        D::Return,
        D::Return,
        D::Return,
        D::Invoke,
        D::Invoke,
        D::Invoke,
        D::Invoke,
        D::Tick,
        D::Tick,
        D::Tick,
        D::Tick,
        D::CancelCall,
        D::CancelCall,
        D::HostReturned,
        D::Copy,
        D::Copy,
        D::Realloc,
        D::ReallocReturned,
        D::CancelCall,
        D::NewInstance,
        D::RemoveInstance,
        D::TakeStep,
        D::TakeStep,
        D::Borrow,
        D::DropCall,
        D::StartHostFunctionCall,
        D::ReturnHostFunctionCall,
        D::CancelHostFunctionCall,
        D::HostEvent,
        D::HostEnds,
        D::CancelCopy,
        D::FinishCancellation,
        D::DropEnd,
        D::LiftEnd,
        D::LowerEnd,
        D::LiftOwn,
        D::LowerOwn,
        D::LiftErrorContext,
    ]
};

/// The remaining kinds.
pub(crate) const MORE_DOINGS: [Doing; 10] = [
    Doing::Trapped,
    Doing::LowerErrorContext,
    Doing::NewErrorContext,
    Doing::DropErrorContext,
    Doing::LockDown,
    Doing::HoldCallers,
    Doing::HoldCallers,
    Doing::InvokeForHeld,
    Doing::InvokeForHeld,
    Doing::UnwindHeld,
];

/// An operation, with numbers that select its objects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) doing: Doing,
    pub(crate) a: u8,
    pub(crate) b: u8,
    pub(crate) c: u8,
}

/// The kinds of objects that a built-in takes by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Resource(TypeIndex),
    /// A subtask that has not resolved, as far as its holder knows, and was not cancelled.
    Subtask,
    /// A subtask that has resolved, as its holder knows.
    ResolvedSubtask,
    Waitable,
    Set,
    ErrorContext,
    SuspendedThread,
    OtherThread,
}

/// The objects that can be used.
pub(crate) trait Shelf {
    /// Returns the index of an object of this kind, if there is one.
    fn index_of(&mut self, takes: Takes, number: u8) -> Option<u32>;

    /// Returns an end of this direction and in one of these states, with its type, if there is one.
    fn end(
        &mut self,
        direction: CopyDirection,
        states: &[EndState],
        number: u8,
    ) -> Option<(Of, u32)>;

    /// Returns true if the running instance has backpressure.
    fn has_backpressure(&mut self) -> bool;

    /// Returns true if the running task returns by `task.return`, and has not done so.
    fn may_return(&mut self) -> bool;

    /// Returns true if the running task is of an `async` function.
    fn may_block(&mut self) -> bool;
}

impl Operation {
    /// Returns true if the numbers are used without checks.
    pub(crate) const fn is_blind(self) -> bool {
        self.c == 9 && self.b > 6
    }

    /// Returns the call of a built-in that the numbers stand for: with suitable objects, if there
    /// are any, and otherwise a call that creates one.
    pub(crate) fn built_in(self, guests: TypeIndex, shelf: &mut impl Shelf) -> Call {
        use Takes as T;
        let (b, c) = (u32::from(self.b), u32::from(self.c));
        let ty = if c % 2 == 0 { HOST_RESOURCE } else { guests };
        let may_block = shelf.may_block() || self.is_blind();
        let set = shelf.index_of(T::Set, self.c).unwrap_or(0);
        let set = if self.is_blind() { c } else { set };
        let has_backpressure = shelf.has_backpressure() || self.is_blind();
        let may_return = shelf.may_return() || self.is_blind();
        let mut with = |takes, made: Call, call: &dyn Fn(u32) -> Call| {
            if self.is_blind() {
                return call(b);
            }
            shelf.index_of(takes, self.b).map_or(made, call)
        };
        match self.a % 52 {
            0 => resource_new(ty, b),
            1 | 2 => with(T::Resource(ty), resource_new(ty, b), &|it| resource_drop(ty, it)),
            3 => with(T::Resource(ty), resource_new(ty, b), &|it| resource_rep(ty, it)),
            4 => context_get(b % 3),
            5 => context_set(b % 3, c),
            6 => backpressure_inc(),
            7 | 8 if has_backpressure => backpressure_dec(),
            11 if may_return => task_return(),
            12 if self.is_blind() => task_cancel(),
            11..=13 => thread_index(),
            14 => with(T::Subtask, thread_index(), &subtask_cancel),
            15 => with(T::Subtask, thread_index(), &sync_subtask_cancel),
            16 => with(T::ResolvedSubtask, thread_index(), &subtask_drop),
            17 => set_new(),
            18 if may_block => with(T::Set, set_new(), &set_wait),
            18 | 19 => with(T::Set, set_new(), &set_poll),
            20 => with(T::Set, set_new(), &set_drop),
            21 | 22 => with(T::Waitable, STREAM.make(), &|it| join(it, set)),
            23 => with(T::Waitable, FUTURE.make(), &|it| join(it, 0)),
            24 => error_context_new(),
            25 => with(T::ErrorContext, error_context_new(), &error_context_debug_message),
            26 => with(T::ErrorContext, error_context_new(), &error_context_drop),
            27 => available_parallelism(false),
            28 => thread_new(c, b),
            29 => with(T::SuspendedThread, thread_yield(), &resume_later),
            30 if may_block => suspend(),
            7..=10 | 30 | 31 => thread_yield(),
            32 => with(T::SuspendedThread, thread_index(), &suspend_then_resume),
            33 => with(T::SuspendedThread, thread_index(), &yield_then_resume),
            34 => with(T::OtherThread, thread_index(), &suspend_then_promote),
            35 => with(T::OtherThread, thread_index(), &yield_then_promote),
            36 => spawn_ref(false, (c > 0).then_some(c), b),
            37 => spawn_indirect(false, c, b),
            number @ (42 | 43) if !may_block => self.of_ends(number - 2, shelf),
            number => self.of_ends(number, shelf),
        }
    }

    /// Returns a built-in for ends.
    fn of_ends(self, number: u8, shelf: &mut impl Shelf) -> Call {
        use CopyDirection::{Read, Write};
        use EndState::{Copying, Done, Idle};
        let length = u32::from(self.c % 5);
        let of = [STREAM, FUTURE, FUTURE, TEXT_STREAM, TEXT_FUTURE][usize::from(self.c) % 5];
        let other = shelf.end(Write, &[Idle], self.c);
        let mut with = |direction, states: &[EndState], call: &dyn Fn(Of, u32) -> Call| {
            if self.is_blind() {
                return call(of, self.b.into());
            }
            shelf.end(direction, states, self.b).map_or(of.make(), |(of, end)| call(of, end))
        };
        match number {
            38 | 39 => of.make(),
            40 => with(Read, &[Idle], &|of, end| of.read(end, length)),
            41 => with(Write, &[Idle], &|of, end| of.write(end, length)),
            42 => with(Read, &[Idle], &|of, end| of.sync_read(end, length)),
            43 => with(Write, &[Idle], &|of, end| of.sync_write(end, length)),
            44 => with(Read, &[Copying], &|of, end| of.cancel_read(end)),
            45 => with(Write, &[Copying], &|of, end| of.cancel_write(end)),
            46 => with(Read, &[Copying], &|of, end| of.sync_cancel_read(end)),
            47 => with(Write, &[Copying], &|of, end| of.sync_cancel_write(end)),
            48 => with(Read, &[Idle, Done], &|of, end| of.drop_readable(end)),
            49 if self.c.is_multiple_of(2) => {
                with(Write, &[Done], &|of, end| of.drop_writable(end))
            }
            49 => with(Write, &[Idle, Done], &|of, end| of.drop_writable(end)),
            _ => with(Read, &[Idle], &|of, end| {
                let fits = other.filter(|(other, _)| *other == of);
                of.forward(end, fits.map_or(u32::from(self.c), |(_, end)| end))
            }),
        }
    }
}
