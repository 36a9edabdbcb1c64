//! What the host does: at the bottom of the stack with a store, and inside of its functions with
//! one that is lent.

use std::collections::{BTreeMap, HashMap};

use weft::abi::Val;
use weft::code::{EventCode, StreamResult};
use weft::component::{CallError, EndEvent, HostContext, Store};
use weft::engine::wasmi::Wasmi;
use weft::machine::EndId;
use weft::trap::EndKind;

use super::super::host::EndOrigin;
use super::playback::Shared;

/// What is in the store.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) shared: Shared,
    /// The ends that the host has.
    pub(super) ends: HashMap<EndOrigin, HeldEnd>,
    /// What was read from each end, by its number.
    pub(super) received: BTreeMap<usize, Vec<u32>>,
    /// How many values are being written to each.
    writing: HashMap<EndId, usize>,
}

/// An end that the host has.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldEnd {
    pub(super) id: EndId,
    pub(super) kind: EndKind,
}

impl HeldEnd {
    /// The end that a guest has passed, if it has.
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
        Self { shared, ends: HashMap::new(), received: BTreeMap::new(), writing: HashMap::new() }
    }
}

/// What a store and one that is lent have in common.
pub(super) trait HostEnds {
    fn host(&mut self) -> &mut Host;
    fn read(&mut self, end: EndId, count: u32) -> Result<(), CallError>;
    fn write(&mut self, end: EndId, values: Vec<Val>) -> Result<(), CallError>;
    fn cancel_copy(&mut self, end: EndId) -> Result<(), CallError>;
    fn drop_end(&mut self, end: EndId) -> Result<(), CallError>;
    fn next_end_event(&mut self) -> Result<Option<EndEvent>, CallError>;
}

macro_rules! host_ends {
    ($($ty:ty),*) => {$(
        impl HostEnds for $ty {
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
        }
    )*};
}

host_ends!(Store<Wasmi, Host>, HostContext<'_, '_, Wasmi, Host>);

/// Does what the next line says, if it is something that is done with ends; says whether it was.
pub(super) fn end_action(
    host: &mut impl HostEnds,
    shared: &Shared,
) -> Result<bool, CallError> {
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

/// The number in a name, such as `E7`, or of a word that is one.
pub(super) fn number<N: std::str::FromStr + Default>(word: &str) -> N {
    word.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap_or_default()
}

/// Takes the events of the host's ends.
fn events(host: &mut impl HostEnds, shared: &Shared) -> Result<(), CallError> {
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

/// The event as the machine gives it.
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
