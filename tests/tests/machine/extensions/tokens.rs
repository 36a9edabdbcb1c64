//! Cancellation tokens.

use proptest::prelude::*;
use weft_core::error::{Error, ExtensionError, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::task::{Cancelled, TaskStatus};

use crate::calls::suspend;
use crate::guests::GuestMachine;
use crate::steps::HOST;

const GONE: Error = Error::Unknown(Table::CancellationTokens);
const NO_HANDLER: Error = Error::Unknown(Table::CancellationHandlers);

impl<L: ExtensionLimits> GuestMachine<L> {
    /// Returns the numbers of the handlers that the host receives.
    fn told(&mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.machine.cancellation_tokens().next_cancelled().unwrap())
            .map(|it| it.number)
            .collect()
    }
}

fn a_token_cancels_its_children_and_not_its_parent<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let root = world.machine.cancellation_tokens().create().unwrap();
    let child = world.machine.cancellation_tokens().create_child(root).unwrap();
    let other = world.machine.cancellation_tokens().create_child(root).unwrap();
    let grandchild = world.machine.cancellation_tokens().create_child(child).unwrap();
    assert_eq!(world.machine.cancellation_tokens().cancel(child), Ok(true));
    assert_eq!(world.machine.cancellation_tokens().cancel(child), Ok(false));
    let state = [root, child, other, grandchild]
        .map(|token| world.machine.cancellation_tokens().is_cancelled(token).unwrap());
    assert_eq!(state, [false, true, false, true]);
    let late = world.machine.cancellation_tokens().create_child(grandchild).unwrap();
    assert_eq!(world.machine.cancellation_tokens().is_cancelled(late), Ok(true));
    assert_eq!(world.machine.cancellation_tokens().cancel(root), Ok(true));
    assert_eq!(world.machine.cancellation_tokens().is_cancelled(other), Ok(true));
    for token in [root, child, other, grandchild, late] {
        world.machine.cancellation_tokens().drop(token).unwrap();
    }
    world.clean_up();
}

fn each_handler_runs_once_in_the_order_of_cancellation<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let root = world.machine.cancellation_tokens().create().unwrap();
    let child = world.machine.cancellation_tokens().create_child(root).unwrap();
    let handlers = [(root, 1), (child, 2), (child, 3)].map(|(token, number)| {
        world.machine.cancellation_tokens().register(token, number).unwrap()
    });
    assert_eq!(world.machine.cancellation_tokens().next_cancelled(), Ok(None));
    world.machine.cancellation_tokens().cancel(child).unwrap();
    let first = world.machine.cancellation_tokens().next_cancelled().unwrap();
    assert_eq!(first, Some(Cancelled { handler: handlers[1], number: 2 }));
    world.machine.cancellation_tokens().cancel(root).unwrap();
    world.machine.cancellation_tokens().cancel(child).unwrap();
    assert_eq!(world.told(), [3, 1]);
    assert_eq!(world.told(), [0_u64; 0]);

    world.machine.cancellation_tokens().register(child, 4).unwrap();
    assert_eq!(world.told(), [4], "it is cancelled already");
    for token in [root, child] {
        world.machine.cancellation_tokens().drop(token).unwrap();
    }
    world.clean_up();
}

fn an_unregistered_handler_does_not_run<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let token = world.machine.cancellation_tokens().create().unwrap();
    let [early, late, heard] = [1, 2, 3]
        .map(|number| world.machine.cancellation_tokens().register(token, number).unwrap());
    assert_eq!(world.machine.cancellation_tokens().unregister(early), Ok(1));
    assert_eq!(world.machine.cancellation_tokens().unregister(early), Err(NO_HANDLER));
    world.machine.cancellation_tokens().cancel(token).unwrap();
    assert_eq!(world.machine.cancellation_tokens().unregister(late), Ok(2));
    assert_eq!(world.told(), [3]);
    assert_eq!(world.machine.cancellation_tokens().unregister(heard), Err(NO_HANDLER));
    world.machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

fn a_host_task_that_is_bound_is_cancelled_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let root = world.machine.cancellation_tokens().create().unwrap();
    let child = world.machine.cancellation_tokens().create_child(root).unwrap();
    let [bound, unbound, over, late] = [(); 4].map(|()| world.machine.tasks().start().unwrap());
    for task in [bound, unbound, over] {
        assert_eq!(world.machine.cancellation_tokens().bind(child, task), Ok(()));
        assert_eq!(
            world.machine.cancellation_tokens().bind(root, task),
            Err(ExtensionError::AlreadyBound.into())
        );
    }
    assert_eq!(world.machine.cancellation_tokens().unbind(unbound), Ok(()));
    assert_eq!(
        world.machine.cancellation_tokens().unbind(unbound),
        Err(ExtensionError::NotBound.into())
    );
    world.machine.tasks().complete(over, 1_u32).unwrap();
    assert_eq!(world.machine.cancellation_tokens().cancel(root), Ok(true));
    assert_eq!(world.machine.cancellation_tokens().bind(child, late), Ok(()));
    let statuses =
        [bound, unbound, over, late].map(|task| world.machine.tasks().status(task).unwrap());
    assert_eq!(
        statuses,
        [TaskStatus::Cancelled, TaskStatus::Running, TaskStatus::Completed, TaskStatus::Cancelled]
    );
    assert_eq!(
        world.machine.cancellation_tokens().bind(root, bound),
        Err(MachineError::AlreadyResolved.into())
    );
    world.machine.tasks().cancel(unbound).unwrap();
    assert_eq!(world.machine.tasks().clean_up(), Ok(4));
    for token in [root, child] {
        world.machine.cancellation_tokens().drop(token).unwrap();
    }
    world.clean_up();
}

fn a_call_that_is_bound_is_asked_to_cancel<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let calls = [(); 3].map(|()| {
        let (call, _) = world.invoke(function);
        assert_eq!(world.step(suspend()), HOST);
        call
    });
    let token = world.machine.cancellation_tokens().create().unwrap();
    for call in calls {
        world.machine.cancellation_tokens().bind(token, call).unwrap();
    }
    // It does not wait for its token.
    assert_eq!(world.machine.tasks().cancel(calls[1]), Ok(()));
    world.machine.cancellation_tokens().cancel(token).unwrap();
    assert_eq!(world.machine.tasks().cancel(calls[0]), Err(MachineError::AlreadyCancelled.into()));
    assert_eq!(world.machine.cancellation_tokens().unbind(calls[2]), Ok(()));
    for expected in [Some(calls[1]), Some(calls[0]), None] {
        let call = world.machine.next_call_to_cancel().unwrap();
        assert_eq!(call, expected);
        if let Some(call) = call {
            assert_eq!(world.machine.cancel_call(call), Ok(HOST));
        }
    }
    assert_eq!(
        world.machine.cancellation_tokens().bind(token, calls[0]),
        Err(MachineError::AlreadyCancelled.into())
    );
    world.machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

fn the_host_cannot_cancel_a_guests_own_call<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let function = world.host_function(7);
    world.running();
    let (call, _) = world.machine.canon_lower(function, true).unwrap();
    let token = world.machine.cancellation_tokens().create().unwrap();
    assert_eq!(world.machine.tasks().cancel(call), Err(MachineError::NotHosts.into()));
    assert_eq!(
        world.machine.cancellation_tokens().bind(token, call),
        Err(MachineError::NotHosts.into())
    );
    assert_eq!(world.machine.tasks().complete(call, ()), Err(MachineError::NotHosts.into()));
    world.machine.tasks().set_metadata(call, "a", 1).unwrap();
    world.machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

fn dropping_bound_tasks_leaves_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let token = world.machine.cancellation_tokens().create().unwrap();
    let [dropped, left] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    for task in [dropped, left] {
        world.machine.cancellation_tokens().bind(token, task).unwrap();
    }
    world.machine.cancellation_tokens().register(token, 1).unwrap();
    world.machine.tasks().complete(dropped, ()).unwrap();
    world.machine.tasks().drop(dropped).unwrap();
    assert_eq!(world.machine.count_of(Table::CancellationHandlers), 2);
    world.machine.cancellation_tokens().drop(token).unwrap();
    assert_eq!(
        world.machine.cancellation_tokens().unbind(left),
        Err(ExtensionError::NotBound.into())
    );
    assert_eq!(world.machine.tasks().status(left), Ok(TaskStatus::Running));
    world.machine.tasks().cancel(left).unwrap();
    world.machine.tasks().drop(left).unwrap();
    world.clean_up();
}

fn children_of_a_dropped_token_go_to_its_parent<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let root = world.machine.cancellation_tokens().create().unwrap();
    let between = world.machine.cancellation_tokens().create_child(root).unwrap();
    let leaves =
        [(); 2].map(|()| world.machine.cancellation_tokens().create_child(between).unwrap());
    world.machine.cancellation_tokens().drop(between).unwrap();
    world.machine.cancellation_tokens().drop(leaves[0]).unwrap();
    world.machine.cancellation_tokens().cancel(root).unwrap();
    assert_eq!(world.machine.cancellation_tokens().is_cancelled(leaves[1]), Ok(true));
    world.machine.cancellation_tokens().drop(root).unwrap();
    assert_eq!(world.machine.cancellation_tokens().is_cancelled(leaves[1]), Ok(true));
    world.machine.cancellation_tokens().drop(leaves[1]).unwrap();
    world.clean_up();
}

fn every_operation_refuses_a_token_that_is_gone<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let token = world.machine.cancellation_tokens().create().unwrap();
    let task = world.machine.tasks().start().unwrap();
    world.machine.cancellation_tokens().drop(token).unwrap();
    assert_eq!(world.machine.cancellation_tokens().create_child(token), Err(GONE));
    assert_eq!(world.machine.cancellation_tokens().is_cancelled(token), Err(GONE));
    assert_eq!(world.machine.cancellation_tokens().cancel(token), Err(GONE));
    assert_eq!(world.machine.cancellation_tokens().register(token, 1), Err(GONE));
    assert_eq!(world.machine.cancellation_tokens().bind(token, task), Err(GONE));
    assert_eq!(world.machine.cancellation_tokens().drop(token), Err(GONE));
    world.machine.tasks().cancel(task).unwrap();
    world.machine.tasks().drop(task).unwrap();
    world.clean_up();
}

on_each_storage! {
    a_token_cancels_its_children_and_not_its_parent,
    each_handler_runs_once_in_the_order_of_cancellation,
    an_unregistered_handler_does_not_run,
    a_host_task_that_is_bound_is_cancelled_at_once,
    a_call_that_is_bound_is_asked_to_cancel,
    the_host_cannot_cancel_a_guests_own_call,
    dropping_bound_tasks_leaves_nothing,
    children_of_a_dropped_token_go_to_its_parent,
    every_operation_refuses_a_token_that_is_gone,
}

/// Performs random operations on tokens: `(operation, with which, to which)`. In the model, a token
/// is cancelled if it or one above it was; a dropped token passes its children to its parent.
fn tokens_behave_as_a_tree<L: ExtensionLimits>(
    operations: &[(u8, usize, usize)],
) -> Result<(), TestCaseError> {
    let mut world = GuestMachine::<L>::new();
    let mut model: Vec<(_, Option<usize>, bool, bool)> = Vec::new();
    let mut expected: Vec<u64> = Vec::new();
    let mut waiting: Vec<(usize, u64)> = Vec::new();
    let mut heard = Vec::new();
    let mut handlers = Vec::new();
    for (number, &(what, with, to)) in (0_u64..).zip(operations) {
        let alive: Vec<usize> = (0..model.len()).filter(|it| !model[*it].3).collect();
        let pick = |of: usize| alive.get(of % alive.len().max(1)).copied();
        match (what, pick(with)) {
            (0, parent) => {
                let parent = parent.filter(|_| to % 3 != 0);
                let made = match parent {
                    Some(parent) => {
                        world.machine.cancellation_tokens().create_child(model[parent].0)
                    }
                    None => world.machine.cancellation_tokens().create(),
                };
                match made {
                    Ok(token) => {
                        let is_cancelled = parent.is_some_and(|parent| model[parent].2);
                        model.push((token, parent, is_cancelled, false));
                    }
                    Err(error) => prop_assert_eq!(error, Error::Full(Table::CancellationTokens)),
                }
            }
            (1, Some(token)) => {
                world.machine.cancellation_tokens().cancel(model[token].0).unwrap();
                for it in 0..model.len() {
                    let mut above = Some(it);
                    while let Some(at) = above {
                        if at == token {
                            model[it].2 = true;
                        }
                        above = model[at].1;
                    }
                }
                expected.extend(waiting.extract_if(.., |it| model[it.0].2).map(|it| it.1));
            }
            (2, Some(token)) => {
                match world.machine.cancellation_tokens().register(model[token].0, number) {
                    Ok(handler) => {
                        handlers.push((handler, number));
                        if model[token].2 {
                            expected.push(number);
                        } else {
                            waiting.push((token, number));
                        }
                    }
                    Err(error) => prop_assert_eq!(error, Error::Full(Table::CancellationHandlers)),
                }
            }
            (3, Some(token)) => {
                world.machine.cancellation_tokens().drop(model[token].0).unwrap();
                model[token].3 = true;
                waiting.retain(|it| it.0 != token);
                let parent = model[token].1.take();
                for it in &mut model {
                    if it.1 == Some(token) {
                        it.1 = parent;
                    }
                }
            }
            (4, _) if !handlers.is_empty() => {
                // Also one that was received, or whose token was dropped, and whose place is
                // reused.
                let (handler, number) = handlers[to % handlers.len()];
                let is_known = waiting.iter().any(|it| it.1 == number)
                    || expected.contains(&number) && !heard.contains(&number);
                let unregistered = world.machine.cancellation_tokens().unregister(handler);
                prop_assert_eq!(unregistered, if is_known { Ok(number) } else { Err(NO_HANDLER) });
                if is_known {
                    waiting.retain(|it| it.1 != number);
                    expected.retain(|it| *it != number);
                }
            }
            _ => heard.extend(world.told()),
        }
        for (token, _, is_cancelled, is_dropped) in &model {
            let cancelled = world.machine.cancellation_tokens().is_cancelled(*token);
            prop_assert_eq!(cancelled, if *is_dropped { Err(GONE) } else { Ok(*is_cancelled) });
        }
    }
    heard.extend(world.told());
    heard.sort_unstable();
    expected.sort_unstable();
    prop_assert_eq!(heard, expected, "each is heard of once");
    for (token, .., is_dropped) in model {
        if !is_dropped {
            world.machine.cancellation_tokens().drop(token).unwrap();
        }
    }
    world.clean_up();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn no_handler_runs_twice_and_none_is_lost(
        operations in prop::collection::vec((0..6_u8, 0..64_usize, 0..64_usize), 0..96),
    ) {
        tokens_behave_as_a_tree::<crate::guests::Bounded>(&operations)?;
        #[cfg(feature = "alloc")]
        tokens_behave_as_a_tree::<weft_core::limits::Heap>(&operations)?;
    }
}
