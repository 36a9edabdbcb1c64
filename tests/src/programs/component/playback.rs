//! Compares events with the expected ones, line by line, and returns the next action.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use weft::builtin::Builtin;
use weft::chooser::{Choice, Chooser};
use weft::component::CallError;
use weft::core_value::CoreValue;
use weft::machine::LiftMode;

use super::calls::{Call, Shape, call_of};
use super::expected::{Expected, state};
use super::storm::Storm;
use crate::programs::guest::result;
use crate::programs::operation::{Entry, Operation, after_return};
use crate::programs::world::{FUNCTIONS, Function, Width};

/// The first unexpected event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The number of lines before it, which were as expected.
    pub after: usize,
    /// The expected line.
    pub expected: String,
    /// The line that was found.
    pub found: String,
}

/// The playback, shared by all that record events.
#[derive(Clone, Debug)]
pub(super) struct Shared(Arc<Mutex<Playback>>);

/// The progress of a program.
#[derive(Debug)]
pub(super) struct Playback {
    pub(super) expected: Expected,
    /// The number of lines so far.
    at: usize,
    /// The number of decisions so far.
    chosen: usize,
    /// Set after the program has started.
    pub(super) has_begun: bool,
    pub(super) difference: Option<Difference>,
    /// Set after the program has ended with a trap.
    has_trapped: bool,
    /// The calls of each instance.
    calls: Arc<[Vec<Call>]>,
    /// The numbers of threads, by their instance and their index there.
    threads: HashMap<(u32, u32), usize>,
    /// The code of each thread.
    codes: Vec<Code>,
    /// The functions of the tasks of threads that were created and have not started.
    owners: HashMap<(u32, u32), Option<&'static Function>>,
    /// The arguments for the action of the guest in control.
    arguments: Vec<u64>,
    /// The number of reallocations of each instance.
    reallocs: HashMap<u32, u32>,
    /// The number of calls of imports and by the host.
    pub(super) call_count: u32,
    /// The pending calls of host functions.
    pub(super) hosted: HashMap<u32, Hosted>,
    /// A host call that was dropped too early.
    pub(super) dropped: Option<u32>,
    /// The random actions that have replaced the program.
    pub(super) storm: Option<Storm>,
}

/// A pending call of a host function.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosted {
    pub(super) has_returned: bool,
    pub(super) waker: Option<Waker>,
}

/// The code of a thread.
#[derive(Clone, Copy, Debug)]
struct Code {
    /// The function of its task.
    function: Option<&'static Function>,
    /// Set for the lifted function or its callback.
    is_lifted: bool,
    /// Its pending call.
    pending: Option<(Operation, Shape)>,
}

/// The report of a guest before an action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) instance: u32,
    pub(super) thread: u32,
    pub(super) result: u64,
    pub(super) event: (u32, u32),
    pub(super) checksum: u32,
    pub(super) post_returns: u32,
    /// The number of its reallocations.
    pub(super) reallocs: u32,
    /// The length of the last reallocation, and the context at that time.
    pub(super) realloc: (u32, [u64; 2]),
}

/// The number of a destructor, among functions.
const DESTRUCTOR: u32 = 100;

impl Shared {
    pub(super) fn new(expected: Expected, calls: Arc<[Vec<Call>]>) -> Self {
        Self(Arc::new(Mutex::new(Playback {
            expected,
            at: 0,
            chosen: 0,
            has_begun: false,
            difference: None,
            has_trapped: false,
            calls,
            threads: HashMap::new(),
            codes: Vec::new(),
            owners: HashMap::new(),
            arguments: Vec::new(),
            reallocs: HashMap::new(),
            call_count: 0,
            hosted: HashMap::new(),
            dropped: None,
            storm: None,
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Playback> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Playback {
    /// Returns the next expected line.
    pub(super) fn expected_line(&self) -> &str {
        self.expected.lines.get(self.at).map_or("nothing more", |line| line)
    }

    /// Checks that every line has happened, and every decision was made.
    pub(super) fn finish(&mut self) {
        if self.at < self.expected.lines.len() {
            self.differ("nothing more".to_owned());
        } else if self.chosen < self.expected.choices.len() {
            self.differ(format!("only {} decisions", self.chosen));
        }
    }

    /// Records an event.
    pub(super) fn emit(&mut self, line: &str) {
        if self.expected_line() == line {
            self.at += 1;
        } else {
            self.differ(line.to_owned());
        }
    }

    /// Records a trap or another end of the program; the first one counts.
    pub(super) fn trap(&mut self, error: &CallError) {
        if self.has_trapped {
            return;
        }
        let mut innermost = error;
        while let CallError::InstanceTrapped(inner) = innermost {
            innermost = inner.error();
        }
        self.emit(&match innermost {
            CallError::Trap(trap) => format!("trap {}", trap.rule().id()),
            _ => error.to_string(),
        });
        self.has_trapped = true;
    }

    /// Returns the number of lines that have happened.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// Returns true if all expected events have happened.
    pub(super) fn is_over(&self) -> bool {
        self.has_trapped || self.difference.is_some() || self.at >= self.expected.lines.len()
    }

    pub(super) fn differ(&mut self, found: String) {
        if self.storm.is_some() {
            return;
        }
        let expected = self.expected_line().to_owned();
        let after = self.at;
        self.difference.get_or_insert(Difference { after, expected, found });
    }

    /// Takes the next line, as the action of the caller.
    pub(super) fn take_line(&mut self) -> String {
        let line = self.expected_line().to_owned();
        self.at += 1;
        line
    }

    /// Records the start of a function, destructor or start function. Returns the number of the
    /// thread.
    pub(super) fn begin(&mut self, instance: u32, code: u32, index: u32, argument: u64) -> u32 {
        if self.storm.is_some() {
            return 0;
        }
        let thread = self.codes.len();
        let place = (instance, index);
        self.threads.insert(place, thread);
        let (line, function) = match FUNCTIONS.get(code as usize) {
            Some(function) => {
                let words = function.param.map_or(String::new(), |_| format!(" {argument}"));
                (format!("call T{thread} i{instance}.f{code}{words}"), Some(function))
            }
            None if code == DESTRUCTOR => (format!("destructor T{thread} {argument}"), None),
            None => {
                let function = self.owners.get(&place).copied().flatten();
                (format!("start T{thread} {argument}"), function)
            }
        };
        let is_lifted = code < DESTRUCTOR;
        self.codes.push(Code { function, is_lifted, pending: None });
        self.emit(&line);
        u32::try_from(thread).unwrap_or(u32::MAX)
    }

    /// Records a call of a callback. Returns the number of the thread.
    pub(super) fn event(&mut self, instance: u32, index: u32, event: [u32; 3]) -> u32 {
        if self.storm.is_some() {
            return 0;
        }
        let Some(thread) = self.threads.get(&(instance, index)).copied() else {
            self.differ(format!("a callback on thread {index} of i{instance}, which is unknown"));
            return 0;
        };
        let [code, waitable, payload] = event;
        self.emit(&format!("callback T{thread} {code} {waitable} {payload}"));
        u32::try_from(thread).unwrap_or(u32::MAX)
    }

    /// Returns the next call of the guest in control: its number, and that of its type.
    pub(super) fn next(&mut self, said: Said) -> u32 {
        if let Some(storm) = &mut self.storm {
            return storm.next(&self.calls[said.instance as usize]);
        }
        let thread = said.thread as usize;
        let code = self.codes[thread];
        let reallocs = self.reallocs.entry(said.instance).or_default();
        let has_reallocated = std::mem::replace(reallocs, said.reallocs) != said.reallocs;
        if has_reallocated {
            let (length, [first, second]) = said.realloc;
            let number = said.instance;
            self.emit(&format!("realloc i{number} {length} context {first} {second}"));
        }
        if let Some((operation, shape)) = self.codes[thread].pending.take() {
            if operation == Builtin::ThreadNewIndirect.into() {
                let index = u32::try_from(said.result).unwrap_or(u32::MAX);
                self.owners.insert((said.instance, index), code.function);
            }
            self.emit(&format!("T{thread} = {}", returned(operation, shape, said)));
        }
        let (name, instance) = (format!("T{thread}"), format!("i{}", said.instance));
        let checksum = format!("{:08x}", said.checksum);
        self.emit(&state(&name, &instance, &checksum, said.post_returns));
        let Some(entry) = guest_entry(self.expected_line(), &name) else {
            self.differ(format!("{name} is in control"));
            return 0;
        };
        if self.difference.is_some() {
            return 0;
        }
        self.at += 1;
        self.does(said.instance, thread, entry)
    }

    /// Performs `entry` for the guest on `thread`.
    fn does(&mut self, instance: u32, thread: usize, entry: Entry) -> u32 {
        let code = self.codes[thread];
        if entry.operation == Operation::Return {
            let [a, b, c, _] = entry.arguments;
            let after = after_return(c).and_then(|builtin| {
                let entry = Entry { operation: builtin.into(), arguments: [0; 4] };
                Some(u64::from(self.call(instance, code, entry)?.0) + 1)
            });
            let is_packed = code.is_lifted
                && code.function.is_some_and(|function| function.lift == LiftMode::Callback);
            let returned = if is_packed { (a & 0xf) | (b << 4) } else { a };
            self.arguments = vec![returned.into(), after.unwrap_or(0)];
            return Shape::Return as u32;
        }
        if entry.operation == Operation::Call {
            self.call_count += 1;
        }
        let Some((call, shape, arguments)) = self.call(instance, code, entry) else { return 0 };
        self.codes[thread].pending = Some((entry.operation, shape));
        self.arguments = arguments;
        call
    }

    /// Returns the call in `entry`: its number with that of its type, its type, and its arguments.
    fn call(&mut self, instance: u32, code: Code, entry: Entry) -> Option<(u32, Shape, Vec<u64>)> {
        let instances = u32::try_from(self.calls.len()).unwrap_or(u32::MAX);
        let width = Width::of(self.expected.wide, instance);
        let (name, arguments) = call_of(entry, code.function, instances, width);
        let calls = &self.calls[instance as usize];
        let Some(position) = calls.iter().position(|call| call.name == name) else {
            self.differ(format!("i{instance} can't do `{name}`"));
            return None;
        };
        let shape = calls[position].shape;
        let number = u32::try_from(position).unwrap_or(u32::MAX) << 4 | shape as u32;
        Some((number, shape, arguments))
    }

    /// Returns an argument for the action of the guest in control.
    pub(super) fn argument(&self, position: u32) -> u64 {
        if let Some(storm) = &self.storm {
            return storm.argument(position);
        }
        self.arguments.get(position as usize).copied().unwrap_or(0)
    }
}

/// Returns the words for a result.
fn returned(operation: Operation, shape: Shape, said: Said) -> String {
    let narrow = u32::try_from(said.result).unwrap_or(u32::MAX);
    if let Operation::Builtin(Builtin::WaitableSetWait | Builtin::WaitableSetPoll) = operation {
        let (index, payload) = said.event;
        return format!("{narrow} {index} {payload}");
    }
    let value = shape.result().map(|ty| match ty {
        "i64" => CoreValue::I64(said.result),
        _ => CoreValue::I32(narrow),
    });
    result(operation, value)
}

/// Returns the action in `line`, if it is one of the guest on the thread with this name.
fn guest_entry(line: &str, thread: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    if words.next()? != thread {
        return None;
    }
    let operation = Operation::from_name(words.next()?)?;
    let mut arguments = [0; 4];
    for (argument, word) in arguments.iter_mut().zip(words) {
        *argument = word.parse().ok()?;
    }
    Some(Entry { operation, arguments })
}

impl Chooser for Shared {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        let mut playback = self.lock();
        if let Some(storm) = &mut playback.storm {
            return storm.below(count);
        }
        let at = playback.chosen;
        playback.chosen += 1;
        match playback.expected.choices.get(at).copied() {
            Some(made) if made.choice == choice && made.count == count && playback.has_begun => {
                made.chosen
            }
            made => {
                playback.differ(format!("decision {at}: {choice} of {count} for {made:?}"));
                0
            }
        }
    }
}
