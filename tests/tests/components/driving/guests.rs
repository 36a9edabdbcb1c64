//! The guests.

use std::ops::{Deref, DerefMut};

use weft::component::{Function, Instance, Linker};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

use super::questions::Questions;

/// A component with all functions that the tests call.
///
/// | export | effect |
/// |---|---|
/// | `add` | adds two numbers |
/// | `ask` | calls `wait`, blocks until it has the answer, and returns the answer |
/// | `ask-twice` | the same for a question and the next one, and returns the sum |
/// | `ask-and-trap` | calls `wait`, blocks until it has the answer, and traps |
/// | `ask-cancellably` | calls `wait` and returns to its callback; accepts a cancellation |
/// | `spin` | yields forever; accepts a cancellation |
/// | `loop` | loops forever, without yielding |
/// | `return-and-trap` | returns, yields, and traps |
/// | `return-and-ask` | returns, calls `wait`, blocks until it has the answer, and traps |
/// | `stuck` | waits on a waitable set with nothing in it |
const GUEST: &str = r#"
(component
  (import "wait" (func $wait async (param "question" u32) (result u32)))
  (core module $Memory (memory (export "memory") 1))
  (core instance $memory (instantiate $Memory))
  (canon lower (func $wait) (core func $wait))
  (canon lower (func $wait) async (memory (core memory $memory "memory")) (core func $begin-to-wait))
  (canon task.return (result u32) (core func $task-return))
  (canon task.cancel (core func $task-cancel))
  (canon subtask.cancel (core func $subtask-cancel))
  (canon subtask.drop (core func $subtask-drop))
  (canon waitable.join (core func $join))
  (canon waitable-set.new (core func $set))
  (core module $Module
    (import "" "memory" (memory 1))
    (import "" "wait" (func $wait (param i32) (result i32)))
    (import "" "begin-to-wait" (func $begin-to-wait (param i32 i32) (result i32)))
    (import "" "task-return" (func $task-return (param i32)))
    (import "" "task-cancel" (func $task-cancel))
    (import "" "subtask-cancel" (func $subtask-cancel (param i32) (result i32)))
    (import "" "subtask-drop" (func $subtask-drop (param i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "set" (func $set (result i32)))
    (global $subtask (mut i32) (i32.const 0))

    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))

    (func (export "ask") (param i32)
      (call $task-return (call $wait (local.get 0))))

    (func (export "ask-twice") (param i32)
      (call $task-return (i32.add
        (call $wait (local.get 0))
        (call $wait (i32.add (local.get 0) (i32.const 1))))))

    (func (export "ask-and-trap") (param i32)
      (drop (call $wait (local.get 0)))
      unreachable)

    (func (export "ask-cancellably") (param i32) (result i32)
      (local $set i32)
      (global.set $subtask
        (i32.shr_u (call $begin-to-wait (local.get 0) (i32.const 16)) (i32.const 4)))
      (local.set $set (call $set))
      (call $join (global.get $subtask) (local.get $set))
      (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "ask-cancellably-callback") (param $event i32) (param i32 i32) (result i32)
      (if (i32.eq (local.get $event) (i32.const 6 (; TASK_CANCELLED ;)))
        (then
          (call $join (global.get $subtask) (i32.const 0))
          (if (i32.ne
                (call $subtask-cancel (global.get $subtask))
                (i32.const 4 (; CANCELLED_BEFORE_RETURNED ;)))
            (then unreachable))
          (call $task-cancel))
        (else (call $task-return (i32.load (i32.const 16)))))
      (call $subtask-drop (global.get $subtask))
      (i32.const 0 (; EXIT ;)))

    (func (export "spin") (result i32) (i32.const 1 (; YIELD ;)))
    (func (export "spin-callback") (param $event i32) (param i32 i32) (result i32)
      (if (i32.eq (local.get $event) (i32.const 6 (; TASK_CANCELLED ;)))
        (then (call $task-cancel) (return (i32.const 0 (; EXIT ;)))))
      (i32.const 1 (; YIELD ;)))

    (func (export "loop") (loop (br 0)))

    (func (export "return-and-trap") (result i32)
      (call $task-return (i32.const 7))
      (i32.const 1 (; YIELD ;)))
    (func (export "return-and-trap-callback") (param i32 i32 i32) (result i32) unreachable)

    (func (export "return-and-ask") (param i32)
      (call $task-return (i32.const 7))
      (drop (call $wait (local.get 0)))
      unreachable)

    (func (export "stuck") (result i32)
      (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (call $set) (i32.const 4))))
    (func (export "stuck-callback") (param i32 i32 i32) (result i32) unreachable)
  )
  (core instance $module (instantiate $Module (with "" (instance
    (export "memory" (memory $memory "memory"))
    (export "wait" (func $wait))
    (export "begin-to-wait" (func $begin-to-wait))
    (export "task-return" (func $task-return))
    (export "task-cancel" (func $task-cancel))
    (export "subtask-cancel" (func $subtask-cancel))
    (export "subtask-drop" (func $subtask-drop))
    (export "join" (func $join))
    (export "set" (func $set))
  ))))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $module "add")))
  (func (export "ask") async (param "question" u32) (result u32)
    (canon lift (core func $module "ask") async))
  (func (export "ask-twice") async (param "question" u32) (result u32)
    (canon lift (core func $module "ask-twice") async))
  (func (export "ask-and-trap") async (param "question" u32) (result u32)
    (canon lift (core func $module "ask-and-trap") async))
  (func (export "ask-cancellably") async (param "question" u32) (result u32)
    (canon lift (core func $module "ask-cancellably") async
      (callback (core func $module "ask-cancellably-callback"))))
  (func (export "spin") async (result u32)
    (canon lift (core func $module "spin") async
      (callback (core func $module "spin-callback"))))
  (func (export "loop") async (canon lift (core func $module "loop")))
  (func (export "return-and-trap") async (result u32)
    (canon lift (core func $module "return-and-trap") async
      (callback (core func $module "return-and-trap-callback"))))
  (func (export "return-and-ask") async (param "question" u32) (result u32)
    (canon lift (core func $module "return-and-ask") async))
  (func (export "stuck") async (result u32)
    (canon lift (core func $module "stuck") async
      (callback (core func $module "stuck-callback"))))
)"#;

/// A world with the guest, and the questions that guests ask.
pub(crate) struct GuestWorld {
    pub(crate) questions: Questions,
    world: World,
}

impl GuestWorld {
    pub(crate) fn new() -> Self {
        Self::on(Wasmi::default())
    }

    pub(crate) fn on(engine: Wasmi) -> Self {
        let mut world = World::on(engine);
        let questions = Questions::default();
        world.linker = questions.linker();
        Self { questions, world }
    }

    /// Instantiates the guest.
    pub(crate) fn guest(&mut self) -> Instance<Wasmi> {
        self.instance(GUEST)
    }

    /// Instantiates the guest, with another `wait`.
    pub(crate) fn guest_with(&mut self, linker: &Linker<Wasmi, ()>) -> Instance<Wasmi> {
        self.instance_with(GUEST, linker)
    }

    /// Instantiates a component with the imports in `linker`.
    pub(crate) fn instance_with(
        &mut self,
        text: &str,
        linker: &Linker<Wasmi, ()>,
    ) -> Instance<Wasmi> {
        let component = self.load(text);
        self.store.instantiate(&component, linker).unwrap()
    }

    /// Returns a function of a new instance of the guest.
    pub(crate) fn guest_function(&mut self, name: &str) -> Function {
        let guest = self.guest();
        self.function(&guest, name)
    }
}

impl Deref for GuestWorld {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for GuestWorld {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}
