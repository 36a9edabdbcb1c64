//! The state of the machine that a guest sees before an action.

use weft::chooser::Chooser;
use weft::limits::Limits;
use weft::machine::{EndState, HandleView, TaskId, ThreadId, ThreadState};
use weft::trap::{CopyDirection, EndKind};

use super::guest::Code;
use super::player::ProgramPlayer;
use super::world::{Function, STREAMS, Value, Width, end_kind};

/// The state that a guest sees.
pub(super) struct Guest {
    pub(super) number: usize,
    pub(super) instances: u32,
    pub(super) width: Width,
    pub(super) code: Option<Code>,
    pub(super) task: Option<TaskId>,
    pub(super) function: Option<&'static Function>,
    pub(super) is_resolved: bool,
    pub(super) is_cancelled: bool,
    pub(super) backpressure: u32,
    pub(super) handles: Vec<(u32, HandleView)>,
    /// The type of each end, counted among streams or among futures.
    pub(super) kinds: Vec<(u32, u32)>,
    /// The words that the guest can store.
    pub(super) stored: [u32; 16],
    /// Indices and states of the instance's other threads.
    pub(super) threads: Vec<(u32, ThreadState)>,
}

impl Guest {
    pub(super) fn new<L: Limits, C: Chooser>(
        player: &mut ProgramPlayer<L, C>,
        thread: ThreadId,
    ) -> Self {
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
        let words =
            player.world.memories[number].as_chunks().0.iter().map(|it| u32::from_le_bytes(*it));
        let mut stored = [0; 16];
        stored.iter_mut().zip(words).for_each(|(stored, word)| *stored = word);
        Self {
            number,
            instances: u32::try_from(player.world.instances.len()).unwrap_or(1),
            width: player.world.widths[number],
            code: player.codes.get(&thread).copied(),
            task,
            function: player.task_function(thread),
            is_resolved: task.is_none_or(|task| player.resolved.contains(&task)),
            backpressure,
            is_cancelled: task.is_some_and(|task| player.cancelled.contains(&task)),
            handles,
            kinds,
            stored,
            threads,
        }
    }

    pub(super) fn indices(&self, condition: impl Fn(&HandleView) -> bool) -> Vec<u32> {
        let handles = self.handles.iter().filter(|(_, handle)| condition(handle));
        handles.map(|(index, _)| *index).collect()
    }

    /// Returns the ends of a kind and direction for which `condition` holds. Its arguments are the
    /// end's state, true if the end is in a set, and true if something waits for it.
    pub(super) fn ends(
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

    pub(super) fn kind_of(&self, index: u32) -> u32 {
        self.kinds.iter().find(|(it, _)| *it == index).map_or(0, |(_, kind)| *kind)
    }

    /// Returns the position of a stored word that is one of `indices`.
    pub(super) fn stored(&self, indices: &[u32]) -> Option<u32> {
        let position = self.stored.iter().position(|word| indices.contains(word))?;
        u32::try_from(position).ok()
    }

    pub(super) fn is_in_set(&self, index: u32) -> bool {
        self.handles.iter().any(|(it, handle)| {
            let (HandleView::End { waitable, .. } | HandleView::Subtask { waitable, .. }) = handle
            else {
                return false;
            };
            *it == index && waitable.is_in_set
        })
    }

    pub(super) fn sets(&self) -> Vec<u32> {
        self.indices(|handle| matches!(handle, HandleView::WaitableSet { .. }))
    }

    pub(super) fn sets_with_members(&self) -> Vec<u32> {
        self.indices(|handle| matches!(handle, HandleView::WaitableSet { members: 1.., .. }))
    }

    pub(super) fn suspended(&self) -> Vec<u32> {
        let threads = self.threads.iter().filter(|(_, it)| *it == ThreadState::Suspended);
        threads.map(|(index, _)| *index).collect()
    }

    /// Returns the handles that the task has borrowed.
    pub(super) fn borrowed(&self) -> Vec<u32> {
        self.indices(|handle| match handle {
            HandleView::Resource { borrowed_by, .. } => {
                borrowed_by.is_some() && *borrowed_by == self.task
            }
            _ => false,
        })
    }

    /// Returns the handles that can be passed as `value`. The resources are the first instance's,
    /// whose type has the lowest number.
    pub(super) fn passable(&self, value: Value) -> Vec<u32> {
        match value {
            Value::Own => self.indices(|handle| match handle {
                HandleView::Resource { ty, borrowed_by, num_lends, .. } => {
                    ty.0 == 0 && borrowed_by.is_none() && *num_lends == 0
                }
                _ => false,
            }),
            Value::Borrow => self
                .indices(|handle| matches!(handle, HandleView::Resource { ty, .. } if ty.0 == 0)),
            Value::End(position) => {
                let (kind, number) = end_kind(position);
                let mut ends = self.ends((kind, CopyDirection::Read), |state, in_set, _| {
                    state == EndState::Idle && !in_set
                });
                ends.retain(|index| self.kind_of(*index) == number);
                ends
            }
            Value::ErrorContext => {
                self.indices(|handle| matches!(handle, HandleView::ErrorContext(_)))
            }
        }
    }

    /// Returns true if the function must return such a value, which not every instance can create.
    pub(super) fn must_return(&self, value: Value) -> bool {
        self.number > 0 && self.function.is_some_and(|function| function.result == Some(value))
    }

    pub(super) fn is_async_lifted(&self) -> bool {
        self.function.is_some_and(|function| function.lift.is_async())
    }
}
