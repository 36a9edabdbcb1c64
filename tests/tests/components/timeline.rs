//! Timelines of stores: what is recorded of calls, waits, streams and traps, and how much of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use weft::abi::Val;
use weft::chooser::Choice;
use weft::component::{Store, StoreLimits};
use weft::engine::wasmi::Wasmi;
use weft::machine::{Action, ThreadEnd, ThreadStop};
use weft::timeline::{Timeline, TimelineEvent};
use weft_tests::world::World;

/// `$Reader` reads what `$Writer` writes to a stream.
///
/// | export | effect |
/// |---|---|
/// | `run` | reads two bytes, in one task, of the stream that `produce` returns |
/// | `trap` | calls a function of `$Writer`, which traps |
/// | `ask` | calls the host function `ask` |
const STREAM: &str = r#"
(component
  (import "ask" (func $ask (result u32)))
  (type $bytes (stream u8))
  (component $Writer
    (type $bytes (stream u8))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon stream.new $bytes (core func $new))
    (canon stream.write $bytes async (memory (core memory $memory "memory")) (core func $write))
    (canon stream.drop-writable $bytes (core func $drop))
    (canon task.return (result $bytes) (core func $return))
    (canon waitable-set.new (core func $set))
    (canon waitable.join (core func $join))
    (core module $Module
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (global $end (mut i32) (i32.const 0))
      (func (export "produce") (result i32)
        (local $ends i64) (local $set i32)
        (local.set $ends (call $new))
        (global.set $end (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
        (call $return (i32.wrap_i64 (local.get $ends)))
        (drop (call $write (global.get $end) (i32.const 16) (i32.const 2)))
        (local.set $set (call $set))
        (call $join (global.get $end) (local.get $set))
        (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (local.get $set) (i32.const 4))))
      (func (export "callback") (param i32 i32 i32) (result i32)
        (call $join (global.get $end) (i32.const 0))
        (call $drop (global.get $end))
        (i32.const 0 (; EXIT ;)))
      (func (export "trap") unreachable))
    (core instance $module (instantiate $Module (with "" (instance
      (export "new" (func $new))
      (export "write" (func $write))
      (export "drop" (func $drop))
      (export "return" (func $return))
      (export "set" (func $set))
      (export "join" (func $join))))))
    (func (export "produce") async (result $bytes)
      (canon lift (core func $module "produce") async (callback (core func $module "callback"))))
    (func (export "trap") (canon lift (core func $module "trap"))))
  (component $Reader
    (type $bytes (stream u8))
    (import "produce" (func $produce async (result $bytes)))
    (import "trap" (func $trap))
    (import "ask" (func $ask (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon lower (func $produce) (core func $produce))
    (canon lower (func $trap) (core func $trap))
    (canon lower (func $ask) (core func $ask))
    (canon stream.read $bytes (memory (core memory $memory "memory")) (core func $read))
    (canon stream.drop-readable $bytes (core func $drop))
    (core module $Module
      (import "" "produce" (func $produce (result i32)))
      (import "" "trap" (func $trap))
      (import "" "ask" (func $ask (result i32)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (result i32)
        (local $end i32) (local $packed i32)
        (local.set $end (call $produce))
        (local.set $packed (call $read (local.get $end) (i32.const 16) (i32.const 2)))
        (call $drop (local.get $end))
        (local.get $packed))
      (func (export "trap") (call $trap))
      (func (export "ask") (result i32) (call $ask)))
    (core instance $module (instantiate $Module (with "" (instance
      (export "produce" (func $produce))
      (export "trap" (func $trap))
      (export "ask" (func $ask))
      (export "read" (func $read))
      (export "drop" (func $drop))))))
    (func (export "run") async (result u32) (canon lift (core func $module "run")))
    (func (export "trap") (canon lift (core func $module "trap")))
    (func (export "ask") (result u32) (canon lift (core func $module "ask"))))
  (instance $writer (instantiate $Writer))
  (instance $reader (instantiate $Reader
    (with "produce" (func $writer "produce"))
    (with "trap" (func $writer "trap"))
    (with "ask" (func $ask))))
  (export "run" (func $reader "run"))
  (export "trap" (func $reader "trap"))
  (export "ask" (func $reader "ask")))
"#;

/// Returns a world whose host function `ask` returns 7.
fn world() -> World {
    let mut world = World::new();
    world.linker.typed_function("ask", |_, (): ()| Ok(7_u32));
    world
}

/// Returns the name of an action.
fn kind(event: &TimelineEvent) -> String {
    let text = format!("{:?}", event.observation.action);
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

/// Writes the turn, the thread, the kind and the parties of each event.
fn lines(timeline: &Timeline) -> String {
    let mut text = String::new();
    for event in timeline.events() {
        let thread = event.observation.thread;
        let thread = thread.map_or_else(|| "-".to_owned(), |it| format!("t{}", it.thread));
        let mut parties: Vec<_> =
            event.instances().map(|it| timeline.names().instance(it).into_owned()).collect();
        parties.sort();
        if event.is_of_host() {
            parties.push("host".to_owned());
        }
        let (turn, kind, parties) = (event.turn, kind(event), parties.join(" "));
        writeln!(text, "{turn} {thread} {kind}: {parties}").unwrap();
    }
    text
}

/// Returns the number of events of each function that was called.
fn called(timeline: &Timeline) -> Vec<String> {
    let names = timeline.names();
    let calls = timeline.events().filter_map(|event| match event.observation.action {
        Action::Called { function, .. } => Some(names.function(function).into_owned()),
        _ => None,
    });
    calls.collect()
}

#[test]
fn a_call_that_reads_a_stream_is_recorded_step_by_step() {
    let mut world = world();
    let instance = world.instance(STREAM);
    world.store.record_timeline(Timeline::new(1000)).unwrap();
    assert_eq!(world.number(&instance, "run", &[]), 0x20);
    let timeline = world.store.take_timeline().unwrap();
    assert_eq!(timeline.dropped(), 0);
    insta::assert_snapshot!(lines(&timeline), @r"
    1 - TurnBegan: 
    1 - Called: 1/1 host
    1 - TaskMade: 1/1
    1 - ThreadResumed: 1/1
    1 t1 CallStarted: 1/1 host
    1 t1 EventSet: 1/1 host
    1 t1 Called: 1/0 1/1
    1 t1 TaskMade: 1/0 1/1
    1 t1 ThreadResumed: 1/0 1/1
    1 t2 CallStarted: 1/0 1/1
    1 t2 EndsMade: 1/0
    1 t2 EndMoved: 1/0
    1 t2 EndMoved: 1/0 1/1
    1 t2 TaskResolved: 1/0
    1 t2 CallResolved: 1/0 1/1
    1 t2 CopyBegan: 1/0 1/1
    1 t2 Joined: 1/0
    1 t2 ThreadStopped: 1/0
    1 - ThreadResumed: 1/1
    1 t1 CopyBegan: 1/0 1/1
    1 t1 Copied: 1/0 1/1
    1 t1 EventSet: 1/0 1/1
    1 t1 EventDelivered: 1/1
    1 t1 EndDropped: 1/0 1/1
    1 t1 TaskResolved: 1/1
    1 t1 CallResolved: 1/1 host
    1 t1 ThreadEnded: 1/1
    1 - TaskEnded: 1/1
    1 - TurnEnded: 
    2 - CallDropped: host
    ");
}

#[test]
fn events_tell_why_threads_stop_and_how_many_values_move() {
    let mut world = world();
    let instance = world.instance(STREAM);
    world.store.record_timeline(Timeline::new(1000)).unwrap();
    world.call(&instance, "run", &[]);
    let timeline = world.store.take_timeline().unwrap();
    let actions: Vec<_> = timeline.events().map(|event| event.observation.action).collect();
    let moved: Vec<_> = actions
        .iter()
        .filter_map(|it| match it {
            Action::Copied { readable, count } => Some((readable.direction, *count)),
            _ => None,
        })
        .collect();
    assert_eq!(moved, [(weft::trap::CopyDirection::Read, 2)]);
    let stops = actions.iter().filter_map(|it| match it {
        Action::ThreadStopped { reason, .. } => Some(*reason),
        _ => None,
    });
    assert!(matches!(stops.collect::<Vec<_>>()[..], [ThreadStop::WaitsForSet(_), ..]));
}

#[test]
fn names_of_functions_and_instances_stay_after_their_removal() {
    let mut world = world();
    world.store.record_timeline(Timeline::new(1000)).unwrap();
    let instance = world.instance(STREAM);
    world.call(&instance, "ask", &[]);
    world.store.remove_instance(&instance).unwrap();
    let timeline = world.store.take_timeline().unwrap();
    assert_eq!(called(&timeline), ["ask", "ask"]);
    let host = timeline.events().find_map(|event| match event.observation.action {
        Action::Called { host_function: Some(number), .. } => Some(number),
        _ => None,
    });
    assert_eq!(timeline.names().host_function(host.unwrap()), "ask");
    let removed = timeline.events().filter_map(|event| match event.observation.action {
        Action::InstanceRemoved { instance } => Some(timeline.names().instance(instance)),
        _ => None,
    });
    assert_eq!(removed.collect::<BTreeSet<_>>().len(), 3);
}

#[test]
fn a_timeline_keeps_the_last_events_and_counts_the_others() {
    let mut world = world();
    let instance = world.instance(STREAM);
    world.store.record_timeline(Timeline::new(10)).unwrap();
    for _ in 0..50 {
        world.call(&instance, "run", &[]);
    }
    let timeline = world.store.take_timeline().unwrap();
    assert_eq!(timeline.events().len(), 10);
    assert_eq!(timeline.dropped() + 10, timeline.next_number());
    let numbers: Vec<_> = timeline.events().map(|event| event.number).collect();
    assert_eq!(numbers, (timeline.dropped()..timeline.next_number()).collect::<Vec<_>>());
    assert_eq!(timeline.events_since(timeline.next_number() - 3).len(), 3);
    assert_eq!(timeline.events_since(0).len(), 10);
    assert_eq!(timeline.events_since(u64::MAX).len(), 0);
}

#[test]
fn a_timeline_without_room_only_counts() {
    let mut world = world();
    let instance = world.instance(STREAM);
    world.store.record_timeline(Timeline::new(0)).unwrap();
    world.call(&instance, "run", &[]);
    let timeline = world.store.take_timeline().unwrap();
    assert_eq!(timeline.events().len(), 0);
    assert_eq!(timeline.dropped(), timeline.next_number());
    assert!(timeline.dropped() > 10);
}

#[test]
fn nothing_is_recorded_before_and_after() {
    let mut world = world();
    let instance = world.instance(STREAM);
    assert!(world.store.timeline().is_none());
    world.call(&instance, "run", &[]);
    world.store.record_timeline(Timeline::new(1000)).unwrap();
    assert_eq!(world.store.timeline().unwrap().next_number(), 0);
    world.call(&instance, "ask", &[]);
    assert_eq!(called(&world.store.take_timeline().unwrap()), ["ask", "ask"]);
    assert!(world.store.take_timeline().is_none());
    world.call(&instance, "ask", &[]);
    assert!(world.store.timeline().is_none());
}

#[test]
fn calls_whose_records_are_put_off_or_that_are_linked_are_recorded() {
    let text = crate::linked::guests::chain(3);
    for before in [true, false] {
        for linked in [true, false] {
            let mut world = World::on(Wasmi::default().with_linked_guests(linked));
            if before {
                world.store.record_timeline(Timeline::new(1000)).unwrap();
            }
            let instance = world.instance(&text);
            if !before {
                world.call(&instance, "f3", &[Val::U32(1)]);
                world.store.record_timeline(Timeline::new(1000)).unwrap();
            }
            world.call(&instance, "f3", &[Val::U32(1)]);
            let timeline = world.store.take_timeline().unwrap();
            assert_eq!(called(&timeline), ["f", "f", "f"], "{before} {linked}");
            world.call(&instance, "f3", &[Val::U32(1)]);
        }
    }
}

#[test]
fn a_trap_is_recorded_as_the_lockdown_of_its_instances() {
    let mut world = world();
    let instance = world.instance(STREAM);
    world.store.record_timeline(Timeline::new(1000)).unwrap();
    world.try_call(&instance, "trap", &[]).unwrap_err();
    // The instance may not be entered again.
    world.try_call(&instance, "trap", &[]).unwrap_err();
    world.store.remove_instance(&instance).unwrap();
    let timeline = world.store.take_timeline().unwrap();
    insta::assert_snapshot!(lines(&timeline), @r"
    1 - TurnBegan: 
    1 - Called: 1/1 host
    1 - TaskMade: 1/1
    1 - ThreadResumed: 1/1
    1 t1 CallStarted: 1/1 host
    1 t1 EventSet: 1/1 host
    1 t1 Called: 1/0 1/1
    1 t1 TaskMade: 1/0 1/1
    1 t1 ThreadResumed: 1/0 1/1
    1 t2 CallStarted: 1/0 1/1
    1 - InstanceLockedDown: 1/0 host
    1 - InstanceLockedDown: 1/1 host
    1 - TurnEnded: 
    2 - CallDropped: 1/1 host
    2 - CallRefused: 1/1 host
    2 - InstanceLockedDown: 1 host
    2 - InstanceRemoved: 1 host
    2 - ThreadEnded: 1/0
    2 - TaskEnded: 1/0
    2 - CalleeGone: 1/1
    2 - InstanceRemoved: 1/0 host
    2 - ThreadEnded: 1/1
    2 - TaskEnded: 1/1
    2 - CallDropped: host
    2 - InstanceRemoved: 1/1 host
    ");
    let ended = timeline.events().filter_map(|event| match event.observation.action {
        Action::ThreadEnded { end, .. } => Some(end),
        _ => None,
    });
    assert_eq!(ended.collect::<Vec<_>>(), [ThreadEnd::Failed; 2]);
}

#[test]
fn ready_threads_are_listed_in_the_order_of_the_choice() {
    /// Three tasks yield, in two instances.
    const YIELDS: &str = r#"
    (component
      (component $Inner
        (canon thread.yield (core func $yield))
        (canon task.return (core func $return))
        (core module $Module
          (import "" "yield" (func $yield (result i32)))
          (import "" "return" (func $return))
          (func (export "f") (drop (call $yield)) (call $return)))
        (core instance $module (instantiate $Module (with "" (instance
          (export "yield" (func $yield)) (export "return" (func $return))))))
        (func (export "f") async (canon lift (core func $module "f") async)))
      (instance $a (instantiate $Inner))
      (instance $b (instantiate $Inner))
      (export "a" (func $a "f"))
      (export "b" (func $b "f")))"#;
    let engine = Wasmi::default();
    let mut store = Store::with_chooser(&engine, Box::new(Last), ());
    let component = weft::component::Component::new(&engine, &wat::parse_str(YIELDS).unwrap());
    let linker = weft::component::Linker::new();
    let instance = store.instantiate(&component.unwrap(), &linker).unwrap();
    store.record_timeline(Timeline::new(1000)).unwrap();
    let [a, b] = ["a", "b"].map(|name| store.function(&instance, name).unwrap());
    for function in [&a, &b, &a] {
        store.start(function, &[]).unwrap();
    }
    store.set_turns_per_poll(1);
    for left in (1..=3).rev() {
        let ready = store.ready_threads().unwrap();
        assert_eq!(ready.len(), left);
        let first = store.timeline().unwrap().next_number();
        store.poll(std::task::Waker::noop()).unwrap();
        let timeline = store.timeline().unwrap();
        let resumed =
            timeline.events_since(first).find_map(|event| match event.observation.action {
                Action::ThreadResumed { thread } => Some(thread),
                _ => None,
            });
        let (resumed, last) = (resumed.unwrap(), ready.last().unwrap());
        assert_eq!((resumed.thread, resumed.instance), (last.thread, last.instance));
        let chosen = timeline.events_since(first).any(|event| {
            matches!(event.observation.action, Action::Chose { choice: Choice::Tick, .. })
        });
        assert_eq!(chosen, left > 1);
    }
    assert!(store.ready_threads().unwrap().is_empty());
}

/// A chooser that takes the last possibility.
#[derive(Debug)]
struct Last;

impl weft::chooser::Chooser for Last {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        if choice == Choice::Tick { count - 1 } else { 0 }
    }
}

#[test]
fn recording_does_not_change_the_limits_of_nested_calls() {
    let mut world = world();
    let instance = world.instance(STREAM);
    world.store.set_limits(StoreLimits::DEFAULT.with_nested_calls(2));
    let before = world.try_call(&instance, "ask", &[]).is_ok();
    world.store.record_timeline(Timeline::new(1000)).unwrap();
    assert_eq!(world.try_call(&instance, "ask", &[]).is_ok(), before);
}
