//! The state of a machine: one line for each instance and one for the host. The reference writes
//! the same lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use weft::chooser::Chooser;
use weft::code::SubtaskState;
use weft::limits::Limits;
use weft::machine::{EndState, HandleView, SubtaskId, ThreadState, WaitableView};

use super::player::ProgramPlayer;
use super::values::letter;

/// The lines that were written last.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(BTreeMap<usize, String>);

impl Snapshots {
    /// Returns the lines that have changed, in order: those of the instances, then that of the
    /// host.
    pub(crate) fn changed<L: Limits, C: Chooser>(
        &mut self,
        player: &mut ProgramPlayer<L, C>,
    ) -> Vec<String> {
        let mut changed = Vec::new();
        for (key, line) in lines(player).into_iter().enumerate() {
            if self.0.get(&key) != Some(&line) {
                self.0.insert(key, line.clone());
                changed.push(line);
            }
        }
        changed
    }
}

/// Returns all lines: those of the instances, then that of the host.
pub(crate) fn lines<L: Limits, C: Chooser>(player: &mut ProgramPlayer<L, C>) -> Vec<String> {
    let count = player.world.instances.len();
    let mut lines: Vec<String> = (0..count).map(|number| instance_line(player, number)).collect();
    lines.push(host_line(player));
    lines
}

fn instance_line<L: Limits, C: Chooser>(player: &mut ProgramPlayer<L, C>, number: usize) -> String {
    let id = player.world.instances[number];
    let view = player.machine.instance_view(id).expect("an instance of this machine");
    if view.is_locked_down {
        return format!("i{number} is locked down");
    }
    let exclusive = view.exclusive_thread.map_or("-".to_owned(), |it| player.thread_name(it));
    let mut line = format!(
        "i{number} b{} w{} x={exclusive} l{} m{:08x}",
        view.backpressure,
        view.waiting_to_enter,
        u8::from(view.may_leave),
        checksum(&player.world.memories[number]),
    );
    for index in 1..=player.machine.highest_handle(id).unwrap_or(0) {
        if let Ok(Some(handle)) = player.machine.handle_view(id, index) {
            let word = handle_word(player, &handle);
            write!(line, " h{index}={word}").expect("a string");
        }
    }
    let threads = player.machine.thread_views();
    let mut threads: Vec<_> =
        threads.filter(|thread| thread.instance == id && thread.index > 0).collect();
    threads.sort_by_key(|thread| thread.index);
    for thread in threads {
        let state = match thread.state {
            ThreadState::Running => "R",
            ThreadState::Suspended => "S",
            ThreadState::Abandoned => "A",
            ThreadState::Waiting { is_ready: true, .. } => "W+",
            ThreadState::Waiting { is_ready: false, .. } => "W-",
        };
        let name = player.thread_name(thread.id);
        write!(line, " t{}={name}:{state}", thread.index).expect("a string");
    }
    line
}

fn handle_word<L: Limits, C: Chooser>(player: &ProgramPlayer<L, C>, handle: &HandleView) -> String {
    match handle {
        HandleView::Resource { ty, representation, borrowed_by, num_lends } => {
            let kind = player.world.resources.iter().position(|it| it == ty).unwrap_or(0);
            let own = if borrowed_by.is_none() { 'o' } else { 'b' };
            format!("R{kind}:{representation}:{own}:{num_lends}")
        }
        HandleView::Subtask { state, is_delivered, waitable, .. } => {
            format!("S:{}:{}:{}", state.code(), u8::from(*is_delivered), flags(*waitable))
        }
        HandleView::End { waitable, .. } => {
            format!("E:{}:{}", end_word(player, handle), flags(*waitable))
        }
        HandleView::WaitableSet { members, pending, waiting } => {
            format!("W:{members}:{pending}:{waiting}")
        }
        HandleView::ErrorContext(_) => "X".to_owned(),
    }
}

fn flags(waitable: WaitableView) -> String {
    let WaitableView { is_in_set, has_pending_event, has_sync_waiter } = waitable;
    [is_in_set, has_pending_event, has_sync_waiter]
        .map(|flag| if flag { '1' } else { '0' })
        .iter()
        .collect()
}

fn end_word<L: Limits, C: Chooser>(player: &ProgramPlayer<L, C>, end: &HandleView) -> String {
    let HandleView::End { ty, direction, state, .. } = end else { return String::new() };
    let state = match state {
        EndState::Idle => "ID",
        EndState::Copying => "CO",
        EndState::CancellingCopy => "CA",
        EndState::Done => "DO",
    };
    format!("{}{}{state}", player.world.ends_number(*ty), letter(*direction))
}

fn host_line<L: Limits, C: Chooser>(player: &ProgramPlayer<L, C>) -> String {
    let mut line = "host".to_owned();
    for call in &player.host_function_calls {
        // A call without a record has returned; the others get one when they are observed.
        let state = call.subtask.map_or(SubtaskState::Returned.code(), |it| call_state(player, it));
        write!(line, " C{}={state}", call.number).expect("a string");
    }
    for (number, end) in player.host_ends.iter().enumerate() {
        let Some(end) = end else { continue };
        let Ok(view) = player.machine.end_view(end.id) else { continue };
        let HandleView::End { waitable, .. } = &view else { continue };
        let pending = u8::from(waitable.has_pending_event);
        write!(line, " E{number}={}:{pending}", end_word(player, &view)).expect("a string");
    }
    line
}

fn call_state<L: Limits, C: Chooser>(player: &ProgramPlayer<L, C>, subtask: SubtaskId) -> u32 {
    player.machine.call_state(subtask).expect("a call of the host").code()
}

/// Returns the FNV-1a checksum.
fn checksum(memory: &[u8]) -> u32 {
    memory
        .iter()
        .fold(0x811c_9dc5, |hashed, byte| (hashed ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
