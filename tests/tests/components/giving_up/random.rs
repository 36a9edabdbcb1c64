//! Random calls that are dropped, cancelled, abandoned, interrupted or trap, and instances that are
//! removed: nothing is left at the end.
//!
//! To add an operation, add a case to [`Operation`], to `operation`, and to [`Play::perform`].

use std::future::{Future as _, pending};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use weft::abi::{Resource, Type, Val};
use weft::component::{CallId, Component, Function, Instance, Linker, RemoveError, Store};
use weft::engine::wasmi::Wasmi;
use weft::limits::Table;
use weft::machine::EndId;

use super::load;

/// A guest whose functions each end a call in another way.
const GUEST: &str = r#"(component
    (import "never" (func $never async))
    (import "later" (func $later async))
    (import "holds" (func $holds))
    (import "panics" (func $panics))
    (import "panics-later" (func $panics-later async))
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (type $stream (stream u8))
    (core module $Memory
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
    (core instance $memory (instantiate $Memory))
    (core func $never (canon lower (func $never)))
    (core func $later (canon lower (func $later)))
    (core func $never-async (canon lower (func $never) async))
    (core func $holds (canon lower (func $holds)))
    (core func $panics (canon lower (func $panics)))
    (core func $panics-later (canon lower (func $panics-later)))
    (core func $yield (canon thread.yield))
    (core func $inc (canon backpressure.inc))
    (core func $dec (canon backpressure.dec))
    (core func $new (canon resource.new $r'))
    (core func $new-stream (canon stream.new $stream))
    (core func $read (canon stream.read $stream (memory (core memory $memory "memory"))))
    (core func $set (canon waitable-set.new))
    (core module $M
        (import "" "never" (func $never))
        (import "" "later" (func $later))
        (import "" "never-async" (func $never-async (result i32)))
        (import "" "holds" (func $holds))
        (import "" "panics" (func $panics))
        (import "" "panics-later" (func $panics-later))
        (import "" "yield" (func $yield (result i32)))
        (import "" "inc" (func $inc))
        (import "" "dec" (func $dec))
        (import "" "new" (func $new (param i32) (result i32)))
        (import "" "new-stream" (func $new-stream (result i64)))
        (import "" "read" (func $read (param i32 i32 i32) (result i32)))
        (import "" "set" (func $set (result i32)))
        (func (export "waits") (call $never))
        (func (export "later") (call $later) (call $later))
        (func (export "yields") (loop (drop (call $yield)) (br 0)))
        (func (export "spins") (loop (br 0)))
        (func (export "holds") (call $holds))
        (func (export "panics") (drop (call $yield)) (call $panics))
        (func (export "panics-later") (call $panics-later))
        (func (export "traps") (drop (call $yield)) unreachable)
        (func (export "leaves") (drop (call $never-async)) (drop (call $set))
            (drop (call $new-stream)) (drop (call $new (i32.const 1))))
        (func (export "refuses") (call $inc))
        (func (export "accepts") (call $dec))
        (func (export "reads") (param i32)
            (drop (call $read (local.get 0) (i32.const 0) (i32.const 8))))
        (func (export "stream") (result i32) (i32.wrap_i64 (call $new-stream)))
        (func (export "resource") (result i32) (call $new (i32.const 2))))
    (core instance $m (instantiate $M (with "" (instance
        (export "never" (func $never)) (export "later" (func $later))
        (export "holds" (func $holds)) (export "panics" (func $panics))
        (export "panics-later" (func $panics-later))
        (export "never-async" (func $never-async)) (export "yield" (func $yield))
        (export "inc" (func $inc)) (export "dec" (func $dec)) (export "new" (func $new))
        (export "new-stream" (func $new-stream)) (export "read" (func $read))
        (export "set" (func $set))))))
    (func (export "waits") async (canon lift (core func $m "waits") async))
    (func (export "later") async (canon lift (core func $m "later") async))
    (func (export "yields") async (canon lift (core func $m "yields") async))
    (func (export "spins") async (canon lift (core func $m "spins") async))
    (func (export "traps") async (canon lift (core func $m "traps") async))
    (func (export "holds") (canon lift (core func $m "holds")))
    (func (export "panics") async (canon lift (core func $m "panics") async))
    (func (export "panics-later") async (canon lift (core func $m "panics-later") async))
    (func (export "leaves") (canon lift (core func $m "leaves")))
    (func (export "refuses") (canon lift (core func $m "refuses")))
    (func (export "accepts") (canon lift (core func $m "accepts")))
    (func (export "reads") async (param "s" $stream) (canon lift (core func $m "reads") async))
    (func (export "stream") (result $stream) (canon lift (core func $m "stream")))
    (func (export "resource") (result (own $r)) (canon lift (core func $m "resource"))))"#;

/// Calls the functions of an instance of the guest.
const CALLER: &str = r#"(component
    (import "i" (instance $i
        (export "waits" (func async)) (export "later" (func async))
        (export "yields" (func async)) (export "spins" (func async))
        (export "traps" (func async)) (export "holds" (func))
        (export "panics" (func async)) (export "panics-later" (func async))))
    (core func $waits (canon lower (func $i "waits")))
    (core func $later (canon lower (func $i "later")))
    (core func $yields (canon lower (func $i "yields") async))
    (core func $spins (canon lower (func $i "spins")))
    (core func $traps (canon lower (func $i "traps")))
    (core func $holds (canon lower (func $i "holds")))
    (core func $panics (canon lower (func $i "panics")))
    (core func $panics-later (canon lower (func $i "panics-later")))
    (core func $yield (canon thread.yield))
    (core module $M
        (import "" "holds" (func $holds))
        (import "" "panics" (func $panics))
        (import "" "panics-later" (func $panics-later))
        (import "" "waits" (func $waits))
        (import "" "later" (func $later))
        (import "" "yields" (func $yields (result i32)))
        (import "" "spins" (func $spins))
        (import "" "traps" (func $traps))
        (import "" "yield" (func $yield (result i32)))
        (func (export "holds") (call $holds))
        (func (export "panics") (call $panics))
        (func (export "panics-later") (call $panics-later))
        (func (export "waits") (call $waits))
        (func (export "later") (call $later))
        (func (export "yields") (drop (call $yields)) (drop (call $yield)))
        (func (export "spins") (call $spins))
        (func (export "traps") (call $traps)))
    (core instance $m (instantiate $M (with "" (instance
        (export "waits" (func $waits)) (export "later" (func $later))
        (export "yields" (func $yields)) (export "spins" (func $spins))
        (export "traps" (func $traps)) (export "yield" (func $yield))
        (export "holds" (func $holds)) (export "panics" (func $panics))
        (export "panics-later" (func $panics-later))))))
    (func (export "holds") async (canon lift (core func $m "holds") async))
    (func (export "panics") async (canon lift (core func $m "panics") async))
    (func (export "panics-later") async (canon lift (core func $m "panics-later") async))
    (func (export "waits") async (canon lift (core func $m "waits") async))
    (func (export "later") async (canon lift (core func $m "later") async))
    (func (export "yields") async (canon lift (core func $m "yields") async))
    (func (export "spins") async (canon lift (core func $m "spins") async))
    (func (export "traps") async (canon lift (core func $m "traps") async)))"#;

const FUNCTIONS: [&str; 11] = [
    "waits",
    "later",
    "yields",
    "spins",
    "traps",
    "leaves",
    "refuses",
    "accepts",
    "holds",
    "panics",
    "panics-later",
];

/// An operation of the host. Its numbers select from the existing objects.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Make,
    MakeCaller(usize),
    Start(usize, usize),
    /// Polls a call as a future this many times, and drops it.
    Drop(usize, usize, u8),
    /// Passes a stream of the host to a guest.
    Read(usize),
    /// Takes a stream of a guest, and starts to read.
    Stream(usize),
    /// Takes a resource of a guest.
    Resource(usize),
    DropEnd(usize),
    DropResource(usize),
    Poll,
    TakeResult(usize),
    Cancel(usize),
    Forget(usize),
    Abandon(usize),
    Interrupt,
    StopInterrupted,
    Remove(usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::{
        Abandon, Cancel, Drop, DropEnd, DropResource, Forget, Interrupt, Make, MakeCaller, Poll,
        Read, Remove, Resource, Start, StopInterrupted, Stream, TakeResult,
    };
    let number = any::<usize>;
    prop_oneof![
        2 => proptest::prelude::Just(Make),
        2 => number().prop_map(MakeCaller),
        6 => (number(), number()).prop_map(|(instance, function)| Start(instance, function)),
        3 => (number(), number(), 0..4_u8)
            .prop_map(|(instance, function, polls)| Drop(instance, function, polls)),
        1 => number().prop_map(Read),
        1 => number().prop_map(Stream),
        1 => number().prop_map(Resource),
        1 => number().prop_map(DropEnd),
        1 => number().prop_map(DropResource),
        3 => proptest::prelude::Just(Poll),
        2 => number().prop_map(TakeResult),
        2 => number().prop_map(Cancel),
        1 => number().prop_map(Forget),
        2 => number().prop_map(Abandon),
        1 => proptest::prelude::Just(Interrupt),
        1 => proptest::prelude::Just(StopInterrupted),
        2 => number().prop_map(Remove),
    ]
}

/// The payload of the panics of host functions.
struct Panic;

/// Runs an action through which the panic of a host function may continue.
fn survive(action: impl FnOnce()) {
    if let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(action)) {
        assert!(payload.is::<Panic>(), "another panic");
    }
}

/// A store, and the objects that the host has in it.
struct Play {
    store: Store<Wasmi>,
    guest: Component<Wasmi>,
    caller: Component<Wasmi>,
    linker: Linker<Wasmi>,
    /// Each waiting host function holds a reference.
    held: Arc<()>,
    instances: Vec<Instance<Wasmi>>,
    calls: Vec<CallId>,
    ends: Vec<EndId>,
    /// The ends passed with calls. If a call never starts, the host has them again.
    given: Vec<EndId>,
    resources: Vec<Resource>,
}

fn choose<V>(values: &[V], number: usize) -> Option<usize> {
    (!values.is_empty()).then(|| number % values.len())
}

impl Play {
    fn new() -> Self {
        let engine = Wasmi::new(&wasmi::Config::default(), Some(1_000));
        let (mut linker, held) = (Linker::new(), Arc::new(()));
        let kept = held.clone();
        linker.typed_async_function("never", move |_, ()| {
            let kept = kept.clone();
            async move {
                pending::<()>().await;
                drop(kept);
                Ok(())
            }
        });
        let kept = held.clone();
        linker.typed_async_function("later", move |_, ()| {
            let kept = kept.clone();
            async move {
                let mut is_ready = false;
                std::future::poll_fn(|context| {
                    if std::mem::replace(&mut is_ready, true) {
                        return Poll::Ready(());
                    }
                    context.waker().wake_by_ref();
                    Poll::Pending
                })
                .await;
                drop(kept);
                Ok(())
            }
        });
        let kept = held.clone();
        linker.typed_async_function("holds", move |_, ()| {
            let kept = kept.clone();
            async move {
                pending::<()>().await;
                drop(kept);
                Ok(())
            }
        });
        linker.typed_function("panics", |_, ()| -> Result<(), _> { std::panic::panic_any(Panic) });
        let kept = held.clone();
        linker.typed_async_function("panics-later", move |_, ()| {
            let kept = kept.clone();
            async move {
                let mut is_ready = false;
                std::future::poll_fn(|context| {
                    if std::mem::replace(&mut is_ready, true) {
                        std::panic::panic_any(Panic);
                    }
                    context.waker().wake_by_ref();
                    Poll::<()>::Pending
                })
                .await;
                drop(kept);
                Ok(())
            }
        });
        let (guest, caller) = (load(&engine, GUEST), load(&engine, CALLER));
        let mut store = Store::new(&engine, ());
        store.set_turns_per_poll(20);
        let (instances, calls) = (Vec::new(), Vec::new());
        let (ends, given, resources) = (Vec::new(), Vec::new(), Vec::new());
        Self { store, guest, caller, linker, held, instances, calls, ends, given, resources }
    }

    fn function(&self, instance: usize, name: &str) -> Option<Function> {
        let instance = &self.instances[choose(&self.instances, instance)?];
        self.store.function(instance, name).ok()
    }

    /// Starts a call of a function that returns an object to the host, at once or later.
    fn start(&mut self, instance: usize, name: &str) {
        let Some(function) = self.function(instance, name) else { return };
        let Ok(call) = self.store.start(&function, &[]) else { return };
        self.calls.push(call);
        self.take_result(self.calls.len() - 1);
    }

    /// Takes the result of a call, if it has returned.
    fn take_result(&mut self, call: usize) {
        let Some(result) = self.store.take_result(self.calls[call]).unwrap() else { return };
        self.calls.swap_remove(call);
        match result {
            Ok(Some(Val::Stream(end))) => {
                self.ends.push(end);
                self.store.read(end, 4).unwrap();
            }
            Ok(Some(Val::Own(resource))) => self.resources.push(resource),
            _ => {}
        }
    }

    fn perform(&mut self, operation: Operation) {
        match operation {
            Operation::Make => {
                // It cannot be created while a guest spins.
                self.instances.extend(self.store.instantiate(&self.guest, &self.linker));
            }
            Operation::MakeCaller(of) => {
                let Some(of) = choose(&self.instances, of) else { return };
                let mut linker = Linker::new();
                linker.exports_of("i", &self.instances[of]);
                self.instances.extend(self.store.instantiate(&self.caller, &linker));
            }
            Operation::Start(instance, function) => {
                let name = FUNCTIONS[function % FUNCTIONS.len()];
                let Some(function) = self.function(instance, name) else { return };
                self.calls.extend(self.store.start(&function, &[]));
            }
            Operation::Drop(instance, function, polls) => {
                let name = FUNCTIONS[function % FUNCTIONS.len()];
                let Some(function) = self.function(instance, name) else { return };
                let mut call = Box::pin(self.store.call_async(&function, &[]));
                for _ in 0..polls {
                    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                    let Poll::Ready(result) = polled else { continue };
                    // A deadlock keeps the call.
                    self.calls.extend(result.err().and_then(|error| error.kept_call()));
                    break;
                }
            }
            Operation::Read(instance) => {
                let Some(function) = self.function(instance, "reads") else { return };
                let (theirs, ours) = self.store.new_stream(Some(&Type::U8)).unwrap();
                self.ends.push(ours);
                self.given.push(theirs);
                self.calls.extend(self.store.start(&function, &[Val::Stream(theirs)]));
            }
            Operation::Stream(instance) => self.start(instance, "stream"),
            Operation::Resource(instance) => self.start(instance, "resource"),
            Operation::DropEnd(end) => {
                let Some(end) = choose(&self.ends, end) else { return };
                self.drop_end(self.ends[end]);
                self.ends.swap_remove(end);
            }
            Operation::DropResource(resource) => {
                let Some(resource) = choose(&self.resources, resource) else { return };
                let resource = self.resources.swap_remove(resource);
                let _ = self.store.drop_resource(resource);
            }
            Operation::Poll => {
                self.store.poll(Waker::noop()).unwrap();
            }
            Operation::TakeResult(call) => {
                let Some(call) = choose(&self.calls, call) else { return };
                self.take_result(call);
            }
            Operation::Cancel(call) => {
                let Some(call) = choose(&self.calls, call) else { return };
                let _ = self.store.cancel(self.calls[call]);
            }
            Operation::Forget(call) => {
                let Some(call) = choose(&self.calls, call) else { return };
                self.store.forget(self.calls.swap_remove(call)).unwrap();
            }
            Operation::Abandon(call) => {
                let Some(call) = choose(&self.calls, call) else { return };
                self.store.abandon(self.calls.swap_remove(call)).unwrap();
            }
            Operation::Interrupt => {
                let handle = self.store.interrupt_handle();
                handle.interrupt();
                self.store.poll(Waker::noop()).unwrap();
                handle.reset();
            }
            Operation::StopInterrupted => {
                self.store.stop_interrupted().unwrap();
            }
            Operation::Remove(instance) => {
                let Some(instance) = choose(&self.instances, instance) else { return };
                match self.store.remove_instance(&self.instances[instance]) {
                    Ok(()) => drop(self.instances.swap_remove(instance)),
                    Err(error) => assert_eq!(error, RemoveError::Runs),
                }
            }
        }
    }

    /// Drops an end in any state, unless it is gone.
    fn drop_end(&mut self, end: EndId) {
        if self.store.drop_end(end).is_err() {
            let _ = self.store.cancel_copy(end);
            while self.store.next_end_event().unwrap().is_some() {}
            self.store.drop_end(end).unwrap();
        }
    }

    /// Drops everything that the host has.
    fn end(&mut self) {
        self.store.stop_interrupted().unwrap();
        while let Some(instance) = self.instances.pop() {
            survive(|| self.store.remove_instance(&instance).unwrap());
        }
        for call in std::mem::take(&mut self.calls) {
            self.store.forget(call).unwrap();
        }
        for end in std::mem::take(&mut self.given) {
            let _ = self.store.drop_end(end);
        }
        for end in std::mem::take(&mut self.ends) {
            self.drop_end(end);
        }
        let mut can_go_on = true;
        while can_go_on {
            survive(|| can_go_on = self.store.poll(Waker::noop()).unwrap().can_go_on);
        }
        while self.store.next_end_event().unwrap().is_some() {}
        while self.store.take_background_trap().is_some() {}
    }
}

#[test]
fn random_removals_and_cancellations_leave_nothing() {
    let cases = std::env::var("WEFT_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(300);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let programs = proptest::collection::vec(operation(), 1..60);
    let result = TestRunner::new(config).run(&programs, |operations| {
        let mut play = Play::new();
        let (instances, held) = (play.instances.len(), Arc::strong_count(&play.held));
        assert_eq!(instances, 0);
        for operation in operations {
            survive(|| play.perform(operation));
        }
        play.end();
        for table in Table::ALL {
            let count = play.store.count_of(table);
            // Types of values and streams without resources are the same for all instances.
            let expected = if table == Table::Types { count.min(2) } else { 0 };
            if count != expected {
                return Err(TestCaseError::fail(format!("{table}: {count}")));
            }
        }
        // Each host function holds a reference.
        let held_now = Arc::strong_count(&play.held);
        if held_now != held {
            return Err(TestCaseError::fail(format!("{held_now} futures and functions")));
        }
        let progress = play.store.poll(Waker::noop()).unwrap();
        assert!(progress.is_at_rest() && progress.calls == 0 && progress.functions == 0);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
