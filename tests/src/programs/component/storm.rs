//! Storms: from some state of a program on, guests call any built-in with any number, and the host
//! cancels, abandons, drops, panics and removes. At the end nothing is left.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Poll, Waker};

use weft::abi::{Resource, Val};
use weft::chooser::{Choice, Chooser as _, Seeded};
use weft::component::{CallId, Instance, RemoveError};
use weft::engine::wasmi::Wasmi;
use weft::limits::Table;
use weft::machine::EndId;
use weft::trap::EndKind;

use super::calls::{Call, Shape};
use super::host::HostStore as _;
use super::stage::{Loaded, Play};
use crate::programs::world::{FUNCTIONS, HOST_CALLABLE, Value};

/// The number of calls that guests make in a storm, before they only return.
const GUEST_CALLS: u32 = 60;

/// The payload of the panics of host functions.
struct StormPanic;

/// The random actions of guests and host functions.
#[derive(Debug)]
pub(super) struct Storm {
    random: Seeded,
    left: u32,
    /// The arguments of the guest in control.
    arguments: [u64; 3],
}

impl Storm {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Seeded::new(seed ^ 0x0057_0031), left: GUEST_CALLS, arguments: [0; 3] }
    }

    pub(super) fn below(&mut self, count: u32) -> u32 {
        self.random.choose(Choice::Host, count.max(1))
    }

    /// Returns the next call of a guest: its position, and the number of its type.
    pub(super) fn next(&mut self, calls: &[Call]) -> u32 {
        let count = u32::try_from(calls.len()).unwrap_or(0);
        self.arguments = [(); 3].map(|()| match self.below(12) {
            0 => self.below(256).into(),
            1 => u64::from(u32::MAX - self.below(300)),
            // An address beyond 4 GiB, if it has 64 bits.
            2 => (1 << self.below(64)) + u64::from(self.below(256)),
            3 => u64::from(144 + 8 * self.below(4)),
            4 => u64::from(64 + 16 * self.below(4)),
            _ => self.below(14).into(),
        });
        self.left = self.left.saturating_sub(1);
        let position = self.below(count);
        let shape = calls.get(position as usize).map_or(Shape::Return, |call| call.shape);
        let call = position << 4 | shape as u32;
        if self.left == 0 || self.below(12) == 0 {
            // The call of a `post-return` function.
            self.arguments[1] = if self.below(4) == 0 { u64::from(call) + 1 } else { 0 };
            return Shape::Return as u32;
        }
        call
    }

    pub(super) fn argument(&self, position: u32) -> u64 {
        self.arguments.get(position as usize).copied().unwrap_or(0)
    }

    /// Panics, rarely. No panic hook is called, because libFuzzer's hook aborts.
    pub(super) fn may_panic(&mut self) {
        if self.left > 0 && self.below(12) == 0 {
            resume_unwind(Box::new(StormPanic));
        }
    }

    /// Returns the progress of a host function's future.
    pub(super) fn poll(&mut self, waker: &Waker) -> Poll<Result<(), &'static str>> {
        match self.below(6) {
            _ if self.left == 0 => Poll::Ready(Ok(())),
            0 => Poll::Ready(Ok(())),
            1 => Poll::Ready(Err("a storm")),
            2 => {
                waker.wake_by_ref();
                Poll::Pending
            }
            _ => Poll::Pending,
        }
    }
}

/// Runs an action through which the panic of a host function may continue.
fn survive(action: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(action))
        && !payload.is::<StormPanic>()
    {
        resume_unwind(payload);
    }
}

/// A program that has become a storm, and the host's objects in it.
pub(super) struct Stormy<'s> {
    play: Play,
    world: &'s Loaded,
    random: Seeded,
    roots: Vec<Instance<Wasmi>>,
    calls: Vec<CallId>,
    ends: Vec<(EndId, EndKind, bool)>,
    resources: Vec<Resource>,
    removed: Vec<Instance<Wasmi>>,
}

impl<'s> Stormy<'s> {
    pub(super) fn new(mut play: Play, world: &'s Loaded, root: Instance<Wasmi>, seed: u64) -> Self {
        play.shared.lock().storm = Some(Storm::new(seed));
        let host = play.store.data_mut();
        let ends = std::mem::take(&mut host.ends).into_iter();
        let ends = ends.map(|(origin, end)| (end.id, end.kind, origin.is_writable)).collect();
        let resources = std::mem::take(&mut host.made).into_values().collect();
        let calls = std::mem::take(&mut play.open).into_iter().map(|(_, call)| call).collect();
        let random = Seeded::new(seed);
        let removed = Vec::new();
        let roots = vec![root];
        Self { play, world, random, roots, calls, ends, resources, removed }
    }

    fn below(&mut self, count: usize) -> usize {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        self.random.choose(Choice::Host, count) as usize
    }

    fn pick<V: Clone>(&mut self, values: &[V]) -> Option<(usize, V)> {
        let at = self.below(values.len());
        values.get(at).map(|value| (at, value.clone()))
    }

    /// Performs random actions, and removes everything. Returns the tables that are not empty.
    pub(super) fn rage(mut self, actions: u32, types: usize) -> Vec<(Table, usize)> {
        for _ in 0..actions {
            // The action is chosen out of the closure, which may panic.
            let action = self.below(40);
            survive(|| self.act(action));
        }
        self.end();
        let store = &self.play.store;
        let counts = Table::ALL.into_iter().map(|table| (table, store.count_of(table)));
        counts
            .filter(|(table, count)| *count > if *table == Table::Types { types } else { 0 })
            .collect()
    }

    fn act(&mut self, action: usize) {
        match action {
            0..10 => self.starts(),
            10..18 => {
                let _ = self.play.store.poll(Waker::noop());
            }
            18..22 => self.takes_result(),
            22..24 => {
                if let Some((_, call)) = self.pick(&self.calls.clone()) {
                    let _ = self.play.store.cancel(call);
                }
            }
            24 => {
                if let Some((at, call)) = self.pick(&self.calls.clone()) {
                    self.calls.swap_remove(at);
                    let _ = self.play.store.forget(call);
                }
            }
            25 => {
                if let Some((at, call)) = self.pick(&self.calls.clone()) {
                    self.calls.swap_remove(at);
                    let _ = self.play.store.abandon(call);
                }
            }
            26..32 => self.copies(),
            32 => {
                if let Some((_, (end, ..))) = self.pick(&self.ends.clone()) {
                    let _ = self.play.store.cancel_copy(end);
                }
            }
            33 => {
                if let Some((at, (end, ..))) = self.pick(&self.ends.clone())
                    && self.play.store.drop_end(end).is_ok()
                {
                    self.ends.swap_remove(at);
                }
            }
            34 => drop(self.play.store.next_end_event()),
            35 => {
                let _ = (self.play.store.take_background_trap(), self.play.store.last_trap());
                let _ = self.play.store.waiting();
            }
            36 => {
                if let Some((at, resource)) = self.pick(&self.resources.clone()) {
                    self.resources.swap_remove(at);
                    let _ = self.play.store.drop_resource(resource);
                }
            }
            37 => self.removes(),
            38 => self.makes(),
            _ => {
                // A function of an instance that is gone.
                let Some((_, root)) = self.pick(&self.removed.clone()) else { return };
                let Some(instance) = root.instance("i0") else { return };
                if let Ok(function) = self.play.store.function(&instance, "f0") {
                    assert!(self.play.store.start(&function, &[]).is_err());
                }
            }
        }
    }

    fn makes(&mut self) {
        let Loaded { component, linker, .. } = self.world;
        if self.roots.len() < 3
            && let Ok(root) = self.play.store.instantiate(component, linker)
        {
            self.roots.push(root);
        }
    }

    fn removes(&mut self) {
        let Some((at, root)) = self.pick(&self.roots.clone()) else { return };
        match self.play.store.remove_instance(&root) {
            Ok(()) => self.removed.push(self.roots.swap_remove(at)),
            Err(error) => assert_eq!(error, RemoveError::Runs),
        }
    }

    fn starts(&mut self) {
        let Some((_, root)) = self.pick(&self.roots.clone()) else { return };
        let number = self.below(self.world.calls.len());
        let Some(instance) = root.instance(&format!("i{number}")) else { return };
        let index = self.below(HOST_CALLABLE as usize);
        let Ok(function) = self.play.store.function(&instance, &format!("f{index}")) else {
            return;
        };
        let Some(arguments) = self.arguments(&instance, FUNCTIONS[index].param) else { return };
        self.calls.extend(self.play.store.start(&function, &arguments));
    }

    fn arguments(&mut self, instance: &Instance<Wasmi>, param: Option<Value>) -> Option<Vec<Val>> {
        let store = &mut self.play.store;
        Some(vec![match param {
            None => return Some(Vec::new()),
            Some(Value::Own | Value::Borrow) => {
                let made = store.function(instance, "make").ok();
                let made = made.and_then(|make| match store.call(&make, &[Val::U32(5)]) {
                    Ok(Some(Val::Own(resource))) => Some(resource),
                    Ok(_) => None,
                    Err(error) => {
                        self.calls.extend(error.kept_call());
                        None
                    }
                });
                self.resources.extend(made);
                let (_, resource) = self.pick(&self.resources.clone())?;
                if param == Some(Value::Own) { Val::Own(resource) } else { Val::Borrow(resource) }
            }
            Some(Value::ErrorContext) => {
                let error_context = store.new_error_context("storm").ok()?;
                store.data_mut().given.push(Val::ErrorContext(error_context));
                Val::ErrorContext(error_context)
            }
            Some(end) => {
                let kind = if end == Value::STREAM { EndKind::Stream } else { EndKind::Future };
                let (theirs, ours) = store.new_ends(kind).ok()?;
                self.ends.push((ours, kind, true));
                let argument = match kind {
                    EndKind::Stream => Val::Stream(theirs),
                    EndKind::Future => Val::Future(theirs),
                };
                store.data_mut().given.push(argument.clone());
                argument
            }
        }])
    }

    fn takes_result(&mut self) {
        let Some((at, call)) = self.pick(&self.calls.clone()) else { return };
        let Ok(Some(result)) = self.play.store.take_result(call) else { return };
        self.calls.swap_remove(at);
        match result {
            Ok(Some(Val::Stream(end))) => self.ends.push((end, EndKind::Stream, false)),
            Ok(Some(Val::Future(end))) => self.ends.push((end, EndKind::Future, false)),
            Ok(Some(Val::Own(resource))) => self.resources.push(resource),
            Ok(Some(Val::ErrorContext(it))) => {
                self.play.store.drop_error_context(it).expect("it was just returned");
            }
            _ => {}
        }
    }

    fn copies(&mut self) {
        let Some((_, (end, kind, is_writable))) = self.pick(&self.ends.clone()) else { return };
        let count = if kind == EndKind::Future { 1 } else { self.below(9) };
        let store = &mut self.play.store;
        let _ = if is_writable {
            store.write(end, vec![Val::U8(7); count])
        } else {
            store.read(end, u32::try_from(count).unwrap_or(0))
        };
    }

    /// Drops everything that the host has.
    fn end(&mut self) {
        while let Some(root) = self.roots.pop() {
            survive(|| self.play.store.remove_instance(&root).expect("nothing runs"));
        }
        for call in std::mem::take(&mut self.calls) {
            let _ = self.play.store.forget(call);
        }
        for resource in std::mem::take(&mut self.resources) {
            survive(|| drop(self.play.store.drop_resource(resource)));
        }
        for argument in std::mem::take(&mut self.play.store.data_mut().given) {
            match argument {
                Val::Stream(end) | Val::Future(end) => {
                    let _ = self.play.store.drop_end(end);
                }
                Val::ErrorContext(it) => {
                    let _ = self.play.store.drop_error_context(it);
                }
                _ => {}
            }
        }
        let held = std::mem::take(&mut self.play.store.data_mut().ends).into_values();
        let mut ends: Vec<EndId> = held.map(|end| end.id).collect();
        ends.extend(std::mem::take(&mut self.ends).into_iter().map(|(end, ..)| end));
        // The cancellation of a read may only end when the host drops the other end.
        for _ in 0..2 {
            for end in &ends {
                self.drops(*end);
            }
        }
        let mut can_go_on = true;
        for _ in 0..10_000 {
            if !can_go_on {
                break;
            }
            survive(|| can_go_on = self.play.store.poll(Waker::noop()).expect("a poll").can_go_on);
        }
        assert!(!can_go_on, "a task goes on forever");
        while self.play.store.next_end_event().expect("events").is_some() {}
        while self.play.store.take_background_trap().is_some() {}
    }

    /// Drops an end in any state, unless it is gone.
    fn drops(&mut self, end: EndId) {
        let store = &mut self.play.store;
        if store.drop_end(end).is_err() {
            let _ = store.cancel_copy(end);
            while store.next_end_event().expect("events").is_some() {}
            let _ = store.drop_end(end);
        }
    }
}
