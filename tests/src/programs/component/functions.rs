//! The host functions that the component's guests call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use weft::abi::Val;
use weft::component::{CallError, Caller, HostError, HostResult, Linker};
use weft::engine::wasmi::Wasmi;

use super::expected::ended;
use super::host::{HeldEnd, Host, Invocation, end_action};
use super::playback::{Hosted, Said, Shared};
use crate::programs::host::EndOrigin;
use crate::programs::world::HOST_FUNCTIONS;

type Lent<'a, 'c> = Caller<'a, 'c, Wasmi, Host>;

/// Returns a linker with the host functions, for a world of `instances` instances.
pub(super) fn linker(instances: u32) -> Linker<Wasmi, Host> {
    let mut linker = Linker::new();
    for instance in 0..instances {
        let given = linker.instance(&format!("host{instance}"));
        given.function("begin", move |caller, mut arguments| {
            let argument = long(arguments.pop().as_ref())?;
            let [code, index] = numbers(&arguments)?;
            answer(caller, |shared| shared.lock().begin(instance, code, index, argument))
        });
        given.function("event", move |caller, arguments| {
            let [index, code, waitable, payload] = numbers(&arguments)?;
            answer(caller, |shared| shared.lock().event(instance, index, [code, waitable, payload]))
        });
        given.function("next", move |caller, mut arguments| {
            let [second, first] =
                [long(arguments.pop().as_ref())?, long(arguments.pop().as_ref())?];
            let result = long((arguments.len() > 1).then(|| arguments.remove(1)).as_ref())?;
            let [thread, index, payload, checksum, post_returns, reallocs, length] =
                numbers(&arguments)?;
            let event = (index, payload);
            let realloc = (length, [first, second]);
            let said =
                Said { instance, thread, result, event, checksum, post_returns, reallocs, realloc };
            answer(caller, |shared| shared.lock().next(said))
        });
        given.function("argument", |caller, arguments| {
            let [position] = numbers(&arguments)?;
            let argument = caller.data().shared.lock().argument(position);
            Ok(Some(Val::U64(argument)))
        });
    }
    for index in 0..HOST_FUNCTIONS.len() {
        linker.async_function(&format!("h{index}"), move |caller, arguments| {
            call(caller, index, &arguments)
        });
    }
    linker
}

/// Converts arguments that are numbers.
fn numbers<const COUNT: usize>(arguments: &[Val]) -> Result<[u32; COUNT], HostError> {
    let mut numbers = [0; COUNT];
    for (number, argument) in numbers.iter_mut().zip(arguments) {
        let Val::U32(argument) = argument else { return Err("a number".into()) };
        *number = *argument;
    }
    Ok(numbers)
}

/// Converts an argument that is a long number.
fn long(argument: Option<&Val>) -> Result<u64, HostError> {
    let Some(Val::U64(number)) = argument else { return Err("a long number".into()) };
    Ok(*number)
}

/// Returns the answer to a guest; the guest traps after a difference.
fn answer(caller: &mut Lent<'_, '_>, ask: impl FnOnce(&Shared) -> u32) -> HostResult {
    let shared = caller.data().shared.clone();
    let answer = ask(&shared);
    match shared.lock().difference {
        None => Ok(Some(Val::U32(answer))),
        Some(_) => Err("something is different".into()),
    }
}

/// Handles a guest's call of host function `index`.
fn call(caller: &mut Lent<'_, '_>, index: usize, arguments: &[Val]) -> Waiting {
    let shared = caller.data().shared.clone();
    if shared.lock().storm.is_some() {
        return storms(caller, &shared, arguments);
    }
    let number = {
        let mut playback = shared.lock();
        let number = playback.call_count.saturating_sub(1);
        playback.emit(&format!("host-call C{number} h{index}"));
        playback.emit(&format!("host.start C{number}"));
        playback.hosted.insert(number, Hosted::default());
        number
    };
    if let Some(end) = HeldEnd::passed(arguments.first()) {
        let origin = EndOrigin { call: number, is_writable: false };
        caller.data_mut().ends.insert(origin, end);
    }
    if let Err(error) = acts(caller, &shared, number) {
        shared.lock().trap(&error);
    }
    Waiting { number, shared, is_over: false }
}

/// Handles a call in a storm: panics, calls a guest, or waits.
fn storms(caller: &mut Lent<'_, '_>, shared: &Shared, arguments: &[Val]) -> Waiting {
    let number = {
        let mut playback = shared.lock();
        playback.call_count += 1;
        playback.call_count
    };
    if let Some(end) = HeldEnd::passed(arguments.first()) {
        let origin = EndOrigin { call: number, is_writable: false };
        caller.data_mut().ends.insert(origin, end);
    }
    let instance = {
        let mut playback = shared.lock();
        let Some(storm) = &mut playback.storm else { unreachable!("it does not end") };
        storm.may_panic();
        storm.below(8) as usize
    };
    if let Some(instance) = caller.data().instances.get(instance).cloned()
        && let Ok(function) = caller.function(&instance, "f0")
        && let Err(error) = caller.call(&function, &[])
        && let Some(call) = error.kept_call::<Option<Val>>()
    {
        // Nothing waits for it.
        let _ = caller.forget(call);
    }
    Waiting { number, shared: shared.clone(), is_over: true }
}

/// Performs the host's actions in the lines, up to the end of its part of call `number`.
fn acts(caller: &mut Lent<'_, '_>, shared: &Shared, number: u32) -> Result<(), CallError> {
    loop {
        let line = shared.lock().expected_line().to_owned();
        if line == format!("host.return C{number}") {
            let mut playback = shared.lock();
            playback.take_line();
            playback.emit("host.done");
            playback.hosted.entry(number).or_default().has_returned = true;
            return Ok(());
        }
        if let Some(it) = Invocation::read(&line) {
            shared.lock().take_line();
            invoke(caller, it)?;
        } else if !end_action(caller, shared)? {
            shared.lock().emit("host.done");
            return Ok(());
        }
        if shared.lock().is_over() {
            return Ok(());
        }
    }
}

/// Calls a guest from inside a host function.
fn invoke(caller: &mut Lent<'_, '_>, it: Invocation) -> Result<(), CallError> {
    let shared = caller.data().shared.clone();
    shared.lock().call_count += 1;
    let arguments = it.arguments(caller)?;
    let function = caller.function(&caller.data().instances[it.instance], &it.name());
    let function = function.expect("a function of the world");
    let result = caller.call(&function, &arguments);
    if let Some(call) = result.as_ref().err().and_then(CallError::kept_call::<Option<Val>>) {
        // In the reference, nothing waits for it.
        caller.forget(call)?;
    }
    let how = match result {
        Ok(_) => "returned",
        Err(CallError::Waits(_)) => "waits",
        Err(error) => return Err(error),
    };
    shared.lock().emit(&ended(it.call, how));
    Ok(())
}

/// A call of a host function.
struct Waiting {
    number: u32,
    shared: Shared,
    is_over: bool,
}

impl Future for Waiting {
    type Output = HostResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HostResult> {
        let has_returned = {
            let mut playback = self.shared.lock();
            if let Some(storm) = &mut playback.storm {
                storm.may_panic();
                return storm.poll(context.waker()).map(|result| match result {
                    Ok(()) => Ok(None),
                    Err(why) => Err(why.into()),
                });
            }
            if playback.is_over() {
                return Poll::Ready(Err("the call has ended".into()));
            }
            let hosted = playback.hosted.entry(self.number).or_default();
            hosted.waker = Some(context.waker().clone());
            hosted.has_returned
        };
        if has_returned {
            self.is_over = true;
            return Poll::Ready(Ok(None));
        }
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let number = self.number;
        let mut playback = self.shared.lock();
        if playback.storm.is_some() {
            return;
        }
        if playback.expected_line() == format!("host-cancel C{number}") {
            playback.take_line();
            playback.emit(&format!("host.cancelled C{number}"));
            playback.emit("host.done");
        } else {
            playback.dropped = Some(number);
        }
    }
}
