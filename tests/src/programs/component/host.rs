//! The actions of the host: at the bottom of the stack with a store, and inside its functions with
//! a borrowed one.

use std::collections::{BTreeMap, HashMap};

use weft::abi::{Resource, Type, Val};
use weft::code::{EventCode, StreamResult};
use weft::component::{CallError, Caller, EndEvent, Instance, Store};
use weft::engine::wasmi::Wasmi;
use weft::machine::{EndId, ErrorContextId};
use weft::trap::EndKind;

use super::playback::Shared;
use crate::programs::host::EndOrigin;
use crate::programs::world::{FUNCTIONS, Value};

/// The data of the store.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) shared: Shared,
    /// The ends that the host holds.
    pub(super) ends: HashMap<EndOrigin, HeldEnd>,
    /// The values read from each end, by its number.
    pub(super) received: BTreeMap<usize, Vec<u32>>,
    /// The number of values that are being written to each.
    writing: HashMap<EndId, usize>,
    /// The instances of the world.
    pub(super) instances: Vec<Instance<Wasmi>>,
    /// The resources that the host passes, by the numbers of the calls.
    pub(super) made: BTreeMap<u32, Resource>,
    /// The arguments of calls. If a call never starts, the host has them again.
    pub(super) given: Vec<Val>,
}

/// An end that the host holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldEnd {
    pub(super) id: EndId,
    pub(super) kind: EndKind,
}

impl HeldEnd {
    /// Returns the end that a guest has passed, if any.
    pub(super) fn passed(value: Option<&Val>) -> Option<Self> {
        match value? {
            Val::Stream(id) => Some(Self { id: *id, kind: EndKind::Stream }),
            Val::Future(id) => Some(Self { id: *id, kind: EndKind::Future }),
            _ => None,
        }
    }
}

impl Host {
    pub(super) fn new(shared: Shared) -> Self {
        Self {
            shared,
            ends: HashMap::new(),
            received: BTreeMap::new(),
            writing: HashMap::new(),
            instances: Vec::new(),
            made: BTreeMap::new(),
            given: Vec::new(),
        }
    }
}

/// The common operations of a store and of a borrowed one.
pub(super) trait HostStore {
    fn host(&mut self) -> &mut Host;
    fn read(&mut self, end: EndId, count: u32) -> Result<(), CallError>;
    fn write(&mut self, end: EndId, values: Vec<Val>) -> Result<(), CallError>;
    fn cancel_copy(&mut self, end: EndId) -> Result<(), CallError>;
    fn drop_end(&mut self, end: EndId) -> Result<(), CallError>;
    fn next_end_event(&mut self) -> Result<Option<EndEvent>, CallError>;
    /// Creates the two ends of a stream or future of bytes.
    fn new_ends(&mut self, kind: EndKind) -> Result<(EndId, EndId), CallError>;
    fn new_error_context(&mut self) -> Result<ErrorContextId, CallError>;
}

macro_rules! host_stores {
    ($($ty:ty),*) => {$(
        impl HostStore for $ty {
            fn host(&mut self) -> &mut Host {
                self.data_mut()
            }

            fn read(&mut self, end: EndId, count: u32) -> Result<(), CallError> {
                <$ty>::read(self, end, count)
            }

            fn write(&mut self, end: EndId, values: Vec<Val>) -> Result<(), CallError> {
                <$ty>::write(self, end, values)
            }

            fn cancel_copy(&mut self, end: EndId) -> Result<(), CallError> {
                <$ty>::cancel_copy(self, end)
            }

            fn drop_end(&mut self, end: EndId) -> Result<(), CallError> {
                Ok(<$ty>::drop_end(self, end)?)
            }

            fn next_end_event(&mut self) -> Result<Option<EndEvent>, CallError> {
                <$ty>::next_end_event(self)
            }

            fn new_ends(&mut self, kind: EndKind) -> Result<(EndId, EndId), CallError> {
                Ok(match kind {
                    EndKind::Stream => self.new_stream(Some(&Type::U8))?,
                    EndKind::Future => self.new_future(Some(&Type::U8))?,
                })
            }

            fn new_error_context(&mut self) -> Result<ErrorContextId, CallError> {
                Ok(<$ty>::new_error_context(self, "host")?)
            }
        }
    )*};
}

host_stores!(Store<Wasmi, Host>, Caller<'_, '_, Wasmi, Host>);

/// Performs the next line if it is an action on ends; returns true if it was.
pub(super) fn end_action(host: &mut impl HostStore, shared: &Shared) -> Result<bool, CallError> {
    let line = shared.lock().expected_line().to_owned();
    let words: Vec<&str> = line.split(' ').collect();
    if let ["host.event", ..] = words.as_slice() {
        events(host, shared)?;
        return Ok(true);
    }
    let ["host.copy" | "host.cancel-copy" | "host.drop", name, ..] = words.as_slice() else {
        return Ok(false);
    };
    shared.lock().take_line();
    let at: usize = number(name);
    let origin = shared.lock().expected.ends[at];
    let Some(HeldEnd { id: end, .. }) = host.host().ends.get(&origin).copied() else {
        shared.lock().differ(format!("the host has no {name} of {origin:?}"));
        return Ok(true);
    };
    match words.as_slice() {
        ["host.copy", _, length] => {
            let length: u32 = number(length);
            if origin.is_writable {
                let first = u32::try_from(at).unwrap_or(u32::MAX) * 16;
                let values: Vec<Val> =
                    (first..first + length).map(|it| Val::U8((it & 0xff) as u8)).collect();
                host.host().writing.insert(end, values.len());
                host.write(end, values)?;
            } else {
                host.read(end, length)?;
            }
        }
        ["host.cancel-copy", _] => host.cancel_copy(end)?,
        _ => {
            host.host().ends.remove(&origin);
            host.drop_end(end)?;
        }
    }
    Ok(true)
}

/// Returns the number in a name such as `E7`, or in a word that is a number.
pub(super) fn number<N: std::str::FromStr + Default>(word: &str) -> N {
    word.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap_or_default()
}

/// A call that the host makes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Invocation {
    pub(super) call: u32,
    pub(super) instance: usize,
    pub(super) function: usize,
}

impl Invocation {
    /// Returns the call in `line`, if there is one.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (call, function) = line.strip_prefix("host.invoke ")?.split_once(' ')?;
        let (instance, function) = function.split_once('.')?;
        Some(Self { call: number(call), instance: number(instance), function: number(function) })
    }

    /// Returns the name of the function.
    pub(super) fn name(self) -> String {
        format!("f{}", self.function)
    }

    /// Creates the arguments that the host passes.
    pub(super) fn arguments(self, host: &mut impl HostStore) -> Result<Vec<Val>, CallError> {
        let call = self.call;
        let Some(param) = FUNCTIONS[self.function].param else { return Ok(Vec::new()) };
        let mut make = |kind| -> Result<EndId, CallError> {
            let (readable, id) = host.new_ends(kind)?;
            let origin = EndOrigin { call, is_writable: true };
            host.host().ends.insert(origin, HeldEnd { id, kind });
            Ok(readable)
        };
        let argument = match param {
            Value::STREAM => Val::Stream(make(EndKind::Stream)?),
            Value::FUTURE => Val::Future(make(EndKind::Future)?),
            Value::End(_) => panic!("the host only has ends of bytes"),
            Value::Own => Val::Own(host.host().made[&call]),
            Value::Borrow => Val::Borrow(host.host().made[&call]),
            Value::ErrorContext => Val::ErrorContext(host.new_error_context()?),
        };
        host.host().given.push(argument.clone());
        Ok(vec![argument])
    }
}

/// Takes the events of host ends.
fn events(host: &mut impl HostStore, shared: &Shared) -> Result<(), CallError> {
    let mut lines = Vec::new();
    while let Some(event) = host.next_end_event()? {
        let mut ends = host.host().ends.iter();
        let found = ends.find(|(_, end)| end.id == event.end).map(|(origin, end)| (*origin, *end));
        let mut playback = shared.lock();
        let Some((origin, end)) = found else {
            playback.differ(format!("an event of an end that the host does not have: {event:?}"));
            return Ok(());
        };
        let Some(at) = playback.expected.ends.iter().position(|it| *it == origin) else {
            playback.differ(format!("an event of an end of {origin:?}: {event:?}"));
            return Ok(());
        };
        let (code, payload) = packed(&event, end.kind, origin.is_writable);
        if origin.is_writable {
            let written = host.host().writing.remove(&event.end).unwrap_or(0);
            if event.values.len() + event.count as usize != written {
                playback.differ(format!("{written} values were written: {event:?}"));
            }
        } else {
            let values = event.values.iter().map(|value| match value {
                Val::U8(byte) => u32::from(*byte),
                _ => u32::MAX,
            });
            host.host().received.entry(at).or_default().extend(values);
        }
        lines.push((at, format!("host.event E{at} {code} {payload}")));
    }
    lines.sort_by_key(|(at, _)| *at);
    for (_, line) in lines {
        shared.lock().emit(&line);
    }
    Ok(())
}

/// Returns the event in the machine's form.
fn packed(event: &EndEvent, kind: EndKind, is_write: bool) -> (u32, u32) {
    let result = event.result;
    let ended = StreamResult::Ended { result, progress: event.count };
    let (code, payload) = match (kind, is_write) {
        (EndKind::Stream, false) => (EventCode::StreamRead, ended.pack()),
        (EndKind::Stream, true) => (EventCode::StreamWrite, ended.pack()),
        (EndKind::Future, false) => (EventCode::FutureRead, Ok(result.code())),
        (EndKind::Future, true) => (EventCode::FutureWrite, Ok(result.code())),
    };
    (code.code(), payload.expect("the counts of programs are small"))
}
