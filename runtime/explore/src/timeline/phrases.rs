//! Events in words.

use std::fmt::Write as _;

use weft::code::{EventCode, SubtaskState};
use weft::machine::{
    Action, InstanceId, Observation, ObservedEnd, ObservedThread, ThreadEnd, ThreadStop, WaitableId,
};
use weft::timeline::TimelineNames;
use weft::trap::{CopyDirection, EndKind};

/// The greatest number of characters of a name.
const MAX_NAME: usize = 80;

/// Returns a name of a guest, without characters that change a line or a terminal, and not too long.
pub(super) fn printable(name: &str) -> String {
    let mut text = String::new();
    for (position, character) in name.chars().enumerate() {
        if position == MAX_NAME {
            text.push('…');
            break;
        }
        if is_plain(character) {
            text.push(character);
        } else {
            text.extend(character.escape_unicode());
        }
    }
    text
}

/// Returns `true` if a character neither controls a terminal nor changes the direction of a text.
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Returns the name of an instance, or `the host`.
pub(super) fn party(names: &TimelineNames, instance: Option<InstanceId>) -> String {
    instance.map_or_else(|| "the host".to_owned(), |it| printable(&names.instance(it)))
}

/// Returns the name of the function that a thread runs.
pub(super) fn function_of(names: &TimelineNames, thread: &ObservedThread) -> String {
    let name = thread.function.map(|it| names.function(it));
    name.map_or_else(|| "realloc".to_owned(), |it| printable(&it))
}

/// Returns the name of a thread: its function and its number.
pub(super) fn thread_name(names: &TimelineNames, thread: &ObservedThread) -> String {
    format!("{} (thread {})", function_of(names, thread), thread.thread)
}

/// Returns the thing that an observation tells of, as a sentence without its end.
pub(super) fn sentence(names: &TimelineNames, observation: &Observation) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_sentence(&mut text, names, observation);
    text
}

fn write_sentence(
    text: &mut String,
    names: &TimelineNames,
    observation: &Observation,
) -> std::fmt::Result {
    let of = |instance| party(names, Some(instance));
    match observation.action {
        Action::TurnBegan => write!(text, "the host lets guests run"),
        Action::TurnEnded => write!(text, "the host has control again"),
        Action::InstanceMade { instance } => write!(text, "instance {} is made", of(instance)),
        Action::InstanceLockedDown { instance } => {
            write!(text, "instance {} is locked down", of(instance))
        }
        Action::InstanceRemoved { instance } => {
            write!(text, "instance {} is removed", of(instance))
        }
        Action::Called { call, caller, callee, function, .. } => {
            let (function, caller) = (printable(&names.function(function)), party(names, caller));
            match callee {
                Some(callee) => {
                    write!(text, "{caller} calls {function} of {} (call {call})", of(callee))
                }
                None => write!(text, "{caller} calls the host function {function} (call {call})"),
            }
        }
        Action::CallRefused { callee, function } => {
            let callee = callee.map_or_else(|| "a removed instance".to_owned(), of);
            let function = printable(&names.function(function));
            write!(text, "a call of {function} of {callee} is refused")
        }
        Action::CallStarted { call, .. } => write!(text, "the arguments of call {call} are taken"),
        Action::CallResolved { call, state, .. } => {
            write!(text, "call {call} {}", subtask_state(state))
        }
        Action::CallDropped { call, .. } => write!(text, "call {call} is dropped"),
        Action::CalleeGone { call, .. } => write!(text, "the callee of call {call} is gone"),
        Action::CancellationRequested { call, caller, .. } => {
            write!(text, "{} asks to cancel call {call}", party(names, caller))
        }
        Action::HostFunctionStarted { call } => {
            write!(text, "the host function of call {call} starts")
        }
        Action::HostFunctionReturned { call } => {
            write!(text, "the host function of call {call} has ended")
        }
        Action::HostResourceDropped => write!(text, "a resource of the host is dropped"),
        Action::TaskMade { thread, .. } => {
            write!(text, "task {} of {} begins", thread.task, thread_in(names, &thread))
        }
        Action::CancellationDelivered { task, .. } => {
            write!(text, "task {task} learns of its cancellation")
        }
        Action::TaskResolved { task, is_cancelled: false, .. } => {
            write!(text, "task {task} has returned its result")
        }
        Action::TaskResolved { task, .. } => write!(text, "task {task} is cancelled"),
        Action::TaskEnded { task, .. } => write!(text, "task {task} is over"),
        Action::ThreadMade { thread } => write!(text, "{} is made", thread_in(names, &thread)),
        Action::ThreadResumed { thread } => write!(text, "{} runs", thread_in(names, &thread)),
        Action::ThreadReady { thread } => write!(text, "{} can go on", thread_in(names, &thread)),
        Action::ThreadStopped { thread, reason } => {
            write!(text, "{} {}", thread_in(names, &thread), stop(reason))
        }
        Action::ThreadEnded { thread, end } => {
            write!(text, "{} {}", thread_in(names, &thread), thread_end(end))
        }
        _ => write_waitable(text, names, observation),
    }
}

/// Writes what happens to waitables, ends of streams and choices.
fn write_waitable(
    text: &mut String,
    names: &TimelineNames,
    observation: &Observation,
) -> std::fmt::Result {
    match observation.action {
        Action::EventSet { waitable: it, holder, set } => {
            write!(text, "{} of {} has an event", waitable(it), party(names, holder))?;
            set.map_or(Ok(()), |set| write!(text, " in set {set}"))
        }
        Action::EventDelivered { waitable: it, holder, event } => {
            let (holder, code) = (party(names, holder), event_code(event.code));
            write!(text, "{holder} learns of {}: {code}", waitable(it))
        }
        Action::Joined { waitable: it, set: Some(set), .. } => {
            write!(text, "{} joins set {set}", waitable(it))
        }
        Action::Joined { waitable: it, .. } => write!(text, "{} leaves its set", waitable(it)),
        Action::EndsMade { readable } => {
            let writable = readable.other.map(|(end, _)| end.to_string()).unwrap_or_default();
            let kind = end_kind(readable.kind);
            write!(text, "a {kind} is made: ends {} and {writable}", readable.end)
        }
        Action::CopyBegan { end, length } => {
            let verb = match end.direction {
                CopyDirection::Read => "reads up to",
                CopyDirection::Write => "writes up to",
            };
            write!(text, "{} {verb} {length} at {}", party(names, end.holder), end_name(&end))
        }
        Action::Copied { readable, count } => {
            let from = readable.other.and_then(|(_, holder)| holder);
            let (from, to) = (party(names, from), party(names, readable.holder));
            write!(text, "{count} go from {from} to {to} at {}", end_name(&readable))
        }
        Action::CopyCancelled { end } => write!(text, "{} is cancelled", end_name(&end)),
        Action::EndDropped { end } => {
            write!(text, "{} drops {}", party(names, end.holder), end_name(&end))
        }
        Action::EndMoved { end, from } => {
            let (from, to) = (party(names, from), party(names, end.holder));
            write!(text, "{} goes from {from} to {to}", end_name(&end))
        }
        Action::EndServed { end } => write!(text, "the host serves {}", end_name(&end)),
        Action::EndsForwarded { readable, writable } => {
            write!(text, "{} is forwarded to {}", end_name(&readable), end_name(&writable))
        }
        Action::Held { instance } => {
            write!(text, "a guest of {} is held", party(names, Some(instance)))
        }
        Action::Released { instance } => {
            write!(text, "a guest of {} is held no longer", party(names, Some(instance)))
        }
        Action::Chose { choice, count, chosen } => {
            write!(text, "the schedule chooses {chosen} of {count}: {choice}")
        }
        _ => write!(text, "something else happens"),
    }
}

fn thread_in(names: &TimelineNames, thread: &ObservedThread) -> String {
    format!("{} of {}", thread_name(names, thread), party(names, Some(thread.instance)))
}

fn end_name(end: &ObservedEnd) -> String {
    let side = match end.direction {
        CopyDirection::Read => "readable",
        CopyDirection::Write => "writable",
    };
    format!("the {side} {} end {}", end_kind(end.kind), end.end)
}

const fn end_kind(kind: EndKind) -> &'static str {
    match kind {
        EndKind::Stream => "stream",
        EndKind::Future => "future",
    }
}

fn waitable(waitable: WaitableId) -> String {
    match waitable {
        WaitableId::Subtask(call) => format!("call {call}"),
        WaitableId::End(end) => format!("end {end}"),
    }
}

const fn subtask_state(state: SubtaskState) -> &'static str {
    match state {
        SubtaskState::Starting => "is starting",
        SubtaskState::Started => "has started",
        SubtaskState::Returned => "has returned",
        SubtaskState::CancelledBeforeStarted => "was cancelled before it started",
        SubtaskState::CancelledBeforeReturned => "was cancelled before it returned",
    }
}

const fn event_code(code: EventCode) -> &'static str {
    match code {
        EventCode::None => "nothing",
        EventCode::Subtask => "the state of the call",
        EventCode::StreamRead => "a read of a stream",
        EventCode::StreamWrite => "a write of a stream",
        EventCode::FutureRead => "a read of a future",
        EventCode::FutureWrite => "a write of a future",
        EventCode::TaskCancelled => "a cancellation",
    }
}

/// Returns the reason why a thread stops, after its name.
pub(super) fn stop(reason: ThreadStop) -> String {
    match reason {
        ThreadStop::Suspended => "is suspended".to_owned(),
        ThreadStop::Yielded => "yields".to_owned(),
        ThreadStop::WaitsForSet(set) => format!("waits for set {set}"),
        ThreadStop::WaitsForCall(call) => format!("waits for call {call}"),
        ThreadStop::WaitsForCopy(end) => format!("waits for end {end}"),
        ThreadStop::WaitsForCancellation(call) => format!("waits for the cancelled call {call}"),
        ThreadStop::WaitsToEnter => "waits to enter".to_owned(),
        ThreadStop::Held => "is held".to_owned(),
        _ => "stops".to_owned(),
    }
}

const fn thread_end(end: ThreadEnd) -> &'static str {
    match end {
        ThreadEnd::Completed => "has ended",
        ThreadEnd::Cancelled => "has ended by a cancellation",
        ThreadEnd::Failed => "never runs again",
    }
}
