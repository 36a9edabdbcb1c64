//! Random programs whose host functions hold their callers. The reference has nothing similar, so
//! these tests check properties that always hold.
//!
//! Guests of functions that are not `async` share one stack in their memory, as in compiled code.
//! Those of an instance that have started and not returned therefore continue in reverse order:
//! only the last one runs. Here, they never block by themselves.

use std::collections::{BTreeMap, BTreeSet};

use weft_core::chooser::{Choice, Chooser, Seeded};
use weft_core::core_value::CoreValue;
use weft_core::error::{Error, Failure};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{FunctionId, InstanceId, Step, SubtaskId, ThreadId, ThreadState};

use crate::calls::{task_return, thread_yield};
use crate::guests::GuestMachine;

/// The number of the host function.
const HOST: u32 = 7;
/// The largest depth of host functions that call guests which call host functions.
const MAX_DEPTH: u32 = 3;

weft_core::limits! {
    /// Tables so small that they are sometimes full.
    struct Tight {
        instances: 4, functions: 24, types: 16, handles: 24, thread_indices: 12, tasks: 9,
        threads: 9, waitables: 20, waitable_sets: 0, resources: 0, lends: 0, error_contexts: 0,
        frames: 12, held_frames: 10, message_bytes: 0,
    }
    extensions { call_records: 20, task_records: 9, thread_records: 9 }
}

/// The events that may happen in a program.
#[derive(Clone, Copy, Debug)]
struct Rules {
    /// Set if guests call only those of later instances, and host functions call no guests while
    /// they hold. No call then waits for its own waiter.
    is_acyclic: bool,
    /// Set if instances may trap.
    traps: bool,
}

/// The function that a thread runs.
#[derive(Clone, Copy, Debug)]
struct Running {
    instance: usize,
    is_async: bool,
    is_stackful: bool,
    has_returned: bool,
}

struct Program<L: ExtensionLimits> {
    world: GuestMachine<L, Seeded>,
    random: Seeded,
    rules: Rules,
    /// The number of actions left before the guest returns.
    left: u32,
    depth: u32,
    host: FunctionId,
    /// The functions of each instance: without `async`, with `async`, and stackful.
    functions: Vec<[FunctionId; 3]>,
    /// For each instance, the guests of functions that are not `async` which have started and not
    /// returned.
    stacks: Vec<Vec<ThreadId>>,
    threads: BTreeMap<ThreadId, Running>,
    /// The host functions that wait.
    held: Vec<SubtaskId>,
    calls: Vec<SubtaskId>,
    /// The held threads, until they continue.
    tops: BTreeSet<ThreadId>,
    num_held: usize,
    num_back: usize,
    num_abandoned: usize,
    trace: Vec<String>,
}

impl<L: ExtensionLimits> Program<L> {
    fn new(seed: u64, rules: Rules) -> Self {
        let mut world = GuestMachine::<L, _>::with(Seeded::new(seed));
        let host = world.host_function(HOST);
        let instances: [InstanceId; 4] = world.instances();
        let functions = instances.map(|instance| {
            [world.sync(instance), world.plain(instance), world.stackful(instance)]
        });
        Self {
            world,
            random: Seeded::new(!seed),
            rules,
            left: 60,
            depth: 0,
            host,
            functions: functions.to_vec(),
            stacks: vec![Vec::new(); 4],
            threads: BTreeMap::new(),
            held: Vec::new(),
            calls: Vec::new(),
            tops: BTreeSet::new(),
            num_held: 0,
            num_back: 0,
            num_abandoned: 0,
            trace: Vec::new(),
        }
    }

    fn draw(&mut self, count: usize) -> usize {
        let count = u32::try_from(count).unwrap();
        self.random.choose(Choice::Host, count) as usize
    }

    fn play(mut self) -> Self {
        while self.left > 0 {
            self.act();
        }
        self.wind_down();
        self
    }

    /// Acts for the host, which has control while nothing is active.
    fn act(&mut self) {
        self.left -= 1;
        match self.draw(12) {
            0..=3 => self.invoke(None),
            4..=6 => self.tick(),
            7 | 8 => self.answer_one(),
            9 if !self.rules.is_acyclic && !self.held.is_empty() => {
                let position = self.draw(self.held.len());
                self.invoke(Some(self.held[position]));
            }
            10 if !self.calls.is_empty() => {
                let position = self.draw(self.calls.len());
                let step = self.world.machine.cancel_call(self.calls[position]);
                self.run(step, true);
            }
            11 if self.rules.traps && self.draw(6) == 0 => {
                let position = self.draw(4);
                let instance = self.world.instances[position];
                self.trace.push(format!("{position} trapped"));
                self.world.machine.lock_down_instance(instance).unwrap();
                self.unwind();
            }
            _ => {}
        }
    }

    /// Calls a guest for the host, or for the host function of `held` if there is one.
    fn invoke(&mut self, held: Option<SubtaskId>) {
        let (instance, kind) = (self.draw(4), self.draw(3));
        let function = self.functions[instance][kind];
        self.trace.push(format!("invoke {function:?} for {held:?}"));
        let begun = match held {
            None => self.world.machine.invoke(function),
            Some(held) => self.world.machine.invoke_for_held(held, function),
        };
        let step = begun.map(|(call, step)| {
            self.calls.push(call);
            step
        });
        self.run(step, true);
    }

    fn tick(&mut self) {
        let is_held: Vec<_> = self.held_instances();
        let step = self.world.machine.tick();
        // Of an instance with a held guest, only a held thread runs.
        if let Ok(Step::Resume { thread, .. }) = &step {
            let running = self.threads[thread];
            assert!(!is_held[running.instance] || self.tops.contains(thread), "{thread:?}");
        }
        if let Ok(Step::CallFunction { function, .. }) = &step {
            let instance = self.functions.iter().position(|of| of.contains(function)).unwrap();
            assert!(!is_held[instance], "{function:?} enters");
        }
        self.run(step, true);
    }

    fn held_instances(&mut self) -> Vec<bool> {
        let instances = self.world.instances.clone();
        instances.iter().map(|it| self.world.machine.instance_view(*it).unwrap().is_held).collect()
    }

    /// Returns from one of the waiting host functions.
    fn answer_one(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let position = self.draw(self.held.len());
        let call = self.held.swap_remove(position);
        self.trace.push(format!("{call:?} returns"));
        let value = Some(CoreValue::I32(1));
        self.world.machine.return_host_function_call(call, value).unwrap();
    }

    /// Follows steps until the host has control.
    fn run(&mut self, step: Result<Step, Failure>, is_begun: bool) {
        let mut step = step;
        let mut is_begun = is_begun;
        loop {
            self.trace.push(format!("{step:?}"));
            step = match step {
                Ok(Step::ReturnToHost) => return,
                Ok(Step::CallFunction { thread, function, .. }) => {
                    self.enters(thread, function);
                    self.guest(thread)
                }
                Ok(Step::Resume { thread, .. }) => {
                    self.num_back += usize::from(self.tops.remove(&thread));
                    self.is_at_the_top(thread);
                    self.guest(thread)
                }
                Ok(Step::Return(token)) => {
                    let thread = token.thread();
                    self.is_at_the_top(thread);
                    self.world.machine.return_(&token).unwrap();
                    let running = self.threads.get_mut(&thread).unwrap();
                    running.has_returned = true;
                    if !running.is_async {
                        self.stacks[running.instance].pop();
                    }
                    self.world.machine.resolve(token, None)
                }
                Ok(Step::CallHost { subtask, .. }) => self.host_function(subtask),
                Ok(other) => panic!("{other:?}"),
                Err(failure) => {
                    self.failed(failure, is_begun);
                    return;
                }
            };
            is_begun = false;
        }
    }

    /// Handles a trap or a full table, after which the host abandons its call. If nothing was
    /// started, there is nothing to abandon.
    fn failed(&mut self, failure: Failure, is_begun: bool) {
        match failure {
            Failure::Error(Error::Machine(_) | Error::Unknown(_)) => {
                assert!(is_begun, "{failure:?}");
            }
            Failure::Error(Error::Full(_)) | Failure::Trap(_) => {}
            Failure::Error(_) => panic!("{failure:?}"),
        }
        if !is_begun {
            self.world.machine.trapped().unwrap();
        }
        self.unwind();
    }

    fn unwind(&mut self) {
        while self.world.machine.unwind_held().unwrap() {}
        let machine = &self.world.machine;
        let is_alive = |thread: &ThreadId| {
            let view = machine.thread_view(*thread);
            view.is_ok_and(|view| machine.is_locked_down(view.instance) == Ok(false))
        };
        for stack in &mut self.stacks {
            stack.retain(is_alive);
        }
        let before = self.tops.len();
        let is_abandoned = |thread: &ThreadId| {
            machine.thread_view(*thread).map_or(true, |it| it.state == ThreadState::Abandoned)
        };
        self.tops.retain(|thread| !is_abandoned(thread));
        self.num_abandoned += before - self.tops.len();
        let is_gone = |call: &SubtaskId| machine.are_callers_held(*call) != Ok(true);
        self.held.retain(|call| !is_gone(call));
    }

    fn enters(&mut self, thread: ThreadId, function: FunctionId) {
        let of = |of: &[FunctionId; 3]| of.contains(&function);
        let instance = self.functions.iter().position(of).unwrap();
        let kind = self.functions[instance].iter().position(|it| *it == function).unwrap();
        let running =
            Running { instance, is_async: kind > 0, is_stackful: kind == 2, has_returned: false };
        self.threads.insert(thread, running);
        if kind == 0 {
            self.stacks[instance].push(thread);
        }
    }

    /// Checks that no call has started after `thread` in its instance without a return, if both are
    /// not `async`.
    fn is_at_the_top(&self, thread: ThreadId) {
        let running = self.threads[&thread];
        if !running.is_async && !running.has_returned {
            assert_eq!(self.stacks[running.instance].last(), Some(&thread));
        }
    }

    /// Acts for the running thread.
    fn guest(&mut self, thread: ThreadId) -> Result<Step, Failure> {
        let running = self.threads[&thread];
        self.left = self.left.saturating_sub(1);
        let choice = if self.left == 0 { 0 } else { self.draw(10) };
        match choice {
            1..=4 => self.import(running),
            5..=7 => self.lower(self.host, self.left.is_multiple_of(3)),
            8 if running.is_stackful => {
                let call = thread_yield();
                match call.definition.call(&mut self.world.machine, &[])? {
                    weft_core::builtin::Outcome::Suspend(step) => Ok(step),
                    weft_core::builtin::Outcome::Return(_) => self.guest(thread),
                }
            }
            9 if self.rules.traps && self.draw(8) == 0 => {
                Err(weft_core::trap::Trap::NoAsyncResult.into())
            }
            _ if running.is_stackful && !running.has_returned => {
                let call = task_return();
                match call.definition.call(&mut self.world.machine, &[])? {
                    weft_core::builtin::Outcome::Suspend(step) => Ok(step),
                    weft_core::builtin::Outcome::Return(_) => panic!(),
                }
            }
            _ => self.world.machine.function_returned(None),
        }
    }

    fn import(&mut self, running: Running) -> Result<Step, Failure> {
        let mut callee = self.draw(4);
        if self.rules.is_acyclic && callee <= running.instance {
            callee = running.instance + 1;
        }
        let Some(functions) = self.functions.get(callee).copied() else {
            return self.lower(self.host, false);
        };
        let is_async = self.draw(2) == 0;
        // A guest that is not `async` would trap if it waited.
        let kind = if running.is_async || is_async { self.draw(3) } else { 0 };
        self.lower(functions[kind], is_async)
    }

    fn lower(&mut self, function: FunctionId, is_async: bool) -> Result<Step, Failure> {
        let lowered = self.world.machine.canon_lower(function, is_async);
        match lowered {
            // Nothing has changed, and the guest cannot learn of it.
            Err(Failure::Error(Error::Full(_))) => {
                let thread = self.world.machine.current().unwrap();
                self.left = 0;
                self.guest(thread)
            }
            lowered => Ok(lowered?.1),
        }
    }

    /// Handles a call of a host function: it returns, waits, or first calls a guest.
    fn host_function(&mut self, call: SubtaskId) -> Result<Step, Failure> {
        self.world.machine.start_host_function_call(call).unwrap();
        match self.draw(5) {
            0..=2 => {
                let before: BTreeSet<_> = self.waiting();
                let step = self.world.machine.hold_callers(call);
                if let Err(Failure::Error(Error::Full(Table::HeldFrames))) = step {
                    self.world.machine.return_host_function_call(call, None).unwrap();
                    return self.world.machine.host_returned();
                }
                if step.is_ok() {
                    self.held.push(call);
                    self.num_held += 1;
                    let waiting = self.waiting();
                    self.tops.extend(waiting.difference(&before));
                }
                return step;
            }
            3 if self.depth < MAX_DEPTH => {
                self.depth += 1;
                self.invoke(None);
                self.depth -= 1;
            }
            _ => {}
        }
        // The caller may have trapped.
        let _ = self.world.machine.return_host_function_call(call, None);
        self.world.machine.host_returned()
    }

    fn waiting(&mut self) -> BTreeSet<ThreadId> {
        let views = self.world.machine.thread_views();
        views
            .filter(|view| matches!(view.state, ThreadState::Waiting { .. }))
            .map(|view| view.id)
            .collect()
    }

    /// Returns from every host function, and runs all ready threads.
    fn wind_down(&mut self) {
        loop {
            let mut is_over = true;
            while !self.held.is_empty() {
                is_over = false;
                self.answer_one();
            }
            while self.world.machine.ready_threads() > 0 {
                is_over = false;
                self.tick();
            }
            if is_over {
                break;
            }
        }
        if self.rules.is_acyclic {
            assert!(self.held_instances().iter().all(|is_held| !is_held));
        }
        // A call that would enter a trapped instance waits, unless a guest is held.
        let machine = &self.world.machine;
        let mut instances = self.world.instances.iter();
        if self.rules.is_acyclic && instances.all(|it| machine.is_locked_down(*it) == Ok(false)) {
            assert_eq!(self.world.machine.count_of(Table::HeldFrames), 0);
        }
        for call in std::mem::take(&mut self.calls) {
            let _ = self.world.machine.drop_call(call);
        }
        // Each stack returned once, was unwound, or waits for another that waits for it.
        let left = self.tops.len();
        assert_eq!(self.num_held, self.num_back + self.num_abandoned + left);
        assert!(left == 0 || !self.rules.is_acyclic);
        self.world.clean_up();
    }
}

const RULES: [Rules; 4] = [
    Rules { is_acyclic: true, traps: false },
    Rules { is_acyclic: true, traps: true },
    Rules { is_acyclic: false, traps: false },
    Rules { is_acyclic: false, traps: true },
];

fn guests_continue_in_reverse_order_and_all_return<L: ExtensionLimits>() {
    let (mut num_held, mut num_back, mut num_abandoned) = (0, 0, 0);
    for rules in RULES {
        for seed in 0..400 {
            let program = Program::<L>::new(seed, rules).play();
            num_held += program.num_held;
            num_back += program.num_back;
            num_abandoned += program.num_abandoned;
        }
    }
    assert!(num_held > 3000, "{num_held} were held");
    assert!(num_back > num_held / 2, "{num_back} of {num_held} came back");
    assert!(num_abandoned > 50, "{num_abandoned} were unwound");
}

#[test]
fn random_programs_hold_their_callers_with_full_tables() {
    guests_continue_in_reverse_order_and_all_return::<Tight>();
}

fn the_same_choices_give_the_same_trace<L: ExtensionLimits>() {
    for rules in RULES {
        for seed in 0..20 {
            let [first, second] = [(); 2].map(|()| Program::<L>::new(seed, rules).play().trace);
            assert_eq!(first, second);
        }
    }
}

on_each_storage!(
    guests_continue_in_reverse_order_and_all_return,
    the_same_choices_give_the_same_trace,
);
