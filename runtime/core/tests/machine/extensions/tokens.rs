//! Cancellation tokens.

use proptest::prelude::*;
use weft_core::error::Error;
use weft_core::limits::{Limits, Table};
use weft_core::task::{Cancelled, TaskStatus};

use crate::calls::suspend;
use crate::guests::World;
use crate::steps::HOST;

const GONE: Error = Error::Unknown(Table::CancellationTokens);
const NO_HANDLER: Error = Error::Unknown(Table::CancellationHandlers);

impl<L: Limits> World<L> {
    /// The numbers of the handlers that the host hears of.
    fn told(&mut self) -> Vec<u64> {
        let mut host = self.machine.host();
        std::iter::from_fn(|| host.next_cancelled().unwrap()).map(|it| it.number).collect()
    }
}

fn a_token_cancels_its_children_and_not_its_parent<L: Limits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let root = host.cancellation_token_new().unwrap();
    let child = host.cancellation_token_child(root).unwrap();
    let other = host.cancellation_token_child(root).unwrap();
    let grandchild = host.cancellation_token_child(child).unwrap();
    assert_eq!(host.cancellation_token_cancel(child), Ok(true));
    assert_eq!(host.cancellation_token_cancel(child), Ok(false));
    let state = [root, child, other, grandchild]
        .map(|token| host.cancellation_token_is_cancelled(token).unwrap());
    assert_eq!(state, [false, true, false, true]);
    let late = host.cancellation_token_child(grandchild).unwrap();
    assert_eq!(host.cancellation_token_is_cancelled(late), Ok(true));
    assert_eq!(host.cancellation_token_cancel(root), Ok(true));
    assert_eq!(host.cancellation_token_is_cancelled(other), Ok(true));
    for token in [root, child, other, grandchild, late] {
        host.cancellation_token_drop(token).unwrap();
    }
    world.clean_up();
}

fn each_handler_is_heard_of_once_in_the_order_of_cancellation<L: Limits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let root = host.cancellation_token_new().unwrap();
    let child = host.cancellation_token_child(root).unwrap();
    let handlers = [(root, 1), (child, 2), (child, 3)]
        .map(|(token, number)| host.cancellation_token_register(token, number).unwrap());
    assert_eq!(host.next_cancelled(), Ok(None));
    host.cancellation_token_cancel(child).unwrap();
    let first = host.next_cancelled().unwrap();
    assert_eq!(first, Some(Cancelled { handler: handlers[1], number: 2 }));
    host.cancellation_token_cancel(root).unwrap();
    host.cancellation_token_cancel(child).unwrap();
    assert_eq!(world.told(), [3, 1]);
    assert_eq!(world.told(), []);

    let mut host = world.machine.host();
    host.cancellation_token_register(child, 4).unwrap();
    assert_eq!(world.told(), [4], "it is cancelled already");
    let mut host = world.machine.host();
    for token in [root, child] {
        host.cancellation_token_drop(token).unwrap();
    }
    world.clean_up();
}

fn a_handler_that_is_unregistered_is_not_heard_of<L: Limits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let token = host.cancellation_token_new().unwrap();
    let [early, late, heard] =
        [1, 2, 3].map(|number| host.cancellation_token_register(token, number).unwrap());
    assert_eq!(host.cancellation_token_unregister(early), Ok(1));
    assert_eq!(host.cancellation_token_unregister(early), Err(NO_HANDLER));
    host.cancellation_token_cancel(token).unwrap();
    assert_eq!(host.cancellation_token_unregister(late), Ok(2));
    assert_eq!(world.told(), [3]);
    let mut host = world.machine.host();
    assert_eq!(host.cancellation_token_unregister(heard), Err(NO_HANDLER));
    host.cancellation_token_drop(token).unwrap();
    world.clean_up();
}

fn a_host_task_that_is_bound_is_cancelled_at_once<L: Limits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let root = host.cancellation_token_new().unwrap();
    let child = host.cancellation_token_child(root).unwrap();
    let [bound, unbound, over, late] = [(); 4].map(|()| host.task_start().unwrap());
    for task in [bound, unbound, over] {
        assert_eq!(host.cancellation_token_bind(child, task), Ok(()));
        assert_eq!(host.cancellation_token_bind(root, task), Err(Error::AlreadyBound));
    }
    assert_eq!(host.cancellation_token_unbind(unbound), Ok(()));
    assert_eq!(host.cancellation_token_unbind(unbound), Err(Error::NotBound));
    host.task_return(over, 1_u32).unwrap();
    assert_eq!(host.cancellation_token_cancel(root), Ok(true));
    assert_eq!(host.cancellation_token_bind(child, late), Ok(()));
    let statuses = [bound, unbound, over, late].map(|task| host.task_status(task).unwrap());
    assert_eq!(
        statuses,
        [TaskStatus::Cancelled, TaskStatus::Running, TaskStatus::Completed, TaskStatus::Cancelled]
    );
    assert_eq!(host.cancellation_token_bind(root, bound), Err(Error::AlreadyResolved));
    host.task_cancel(unbound).unwrap();
    assert_eq!(host.task_cleanup(), Ok(4));
    for token in [root, child] {
        host.cancellation_token_drop(token).unwrap();
    }
    world.clean_up();
}

fn a_call_that_is_bound_is_asked_to_cancel<L: Limits>() {
    let mut world = World::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let calls = [(); 3].map(|()| {
        let (call, _) = world.invoke(function);
        assert_eq!(world.step(suspend()), HOST);
        call
    });
    let mut host = world.machine.host();
    let token = host.cancellation_token_new().unwrap();
    for call in calls {
        host.cancellation_token_bind(token, call).unwrap();
    }
    // It doesn't wait for its token.
    assert_eq!(host.task_cancel(calls[1]), Ok(()));
    host.cancellation_token_cancel(token).unwrap();
    assert_eq!(host.task_cancel(calls[0]), Err(Error::AlreadyCancelled));
    assert_eq!(host.cancellation_token_unbind(calls[2]), Ok(()));
    for expected in [Some(calls[1]), Some(calls[0]), None] {
        let call = world.machine.next_call_to_cancel().unwrap();
        assert_eq!(call, expected);
        if let Some(call) = call {
            assert_eq!(world.machine.cancel_call(call), Ok(HOST));
        }
    }
    let mut host = world.machine.host();
    assert_eq!(host.cancellation_token_bind(token, calls[0]), Err(Error::AlreadyCancelled));
    host.cancellation_token_drop(token).unwrap();
    world.clean_up();
}

fn a_guests_own_call_is_not_the_hosts_to_cancel<L: Limits>() {
    let mut world = World::<L>::new();
    let function = world.host_function(7);
    world.running();
    let (call, _) = world.machine.canon_lower(function, true).unwrap();
    let mut host = world.machine.host();
    let token = host.cancellation_token_new().unwrap();
    assert_eq!(host.task_cancel(call), Err(Error::NotHosts));
    assert_eq!(host.cancellation_token_bind(token, call), Err(Error::NotHosts));
    assert_eq!(host.task_return(call, ()), Err(Error::NotHosts));
    host.task_set_metadata(call, "a", 1).unwrap();
    host.cancellation_token_drop(token).unwrap();
    world.clean_up();
}

fn what_is_dropped_while_bound_leaves_nothing_behind<L: Limits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let token = host.cancellation_token_new().unwrap();
    let [dropped, left] = [(); 2].map(|()| host.task_start().unwrap());
    for task in [dropped, left] {
        host.cancellation_token_bind(token, task).unwrap();
    }
    host.cancellation_token_register(token, 1).unwrap();
    host.task_return(dropped, ()).unwrap();
    host.task_drop(dropped).unwrap();
    assert_eq!(world.machine.count_of(Table::CancellationHandlers), 2);
    let mut host = world.machine.host();
    host.cancellation_token_drop(token).unwrap();
    assert_eq!(host.cancellation_token_unbind(left), Err(Error::NotBound));
    assert_eq!(host.task_status(left), Ok(TaskStatus::Running));
    host.task_cancel(left).unwrap();
    host.task_drop(left).unwrap();
    world.clean_up();
}

fn the_children_of_a_token_that_is_dropped_are_its_parents<L: Limits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let root = host.cancellation_token_new().unwrap();
    let between = host.cancellation_token_child(root).unwrap();
    let leaves = [(); 2].map(|()| host.cancellation_token_child(between).unwrap());
    host.cancellation_token_drop(between).unwrap();
    host.cancellation_token_drop(leaves[0]).unwrap();
    host.cancellation_token_cancel(root).unwrap();
    assert_eq!(host.cancellation_token_is_cancelled(leaves[1]), Ok(true));
    host.cancellation_token_drop(root).unwrap();
    assert_eq!(host.cancellation_token_is_cancelled(leaves[1]), Ok(true));
    host.cancellation_token_drop(leaves[1]).unwrap();
    world.clean_up();
}

fn every_operation_says_that_a_token_is_no_more<L: Limits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let token = host.cancellation_token_new().unwrap();
    let task = host.task_start().unwrap();
    host.cancellation_token_drop(token).unwrap();
    assert_eq!(host.cancellation_token_child(token), Err(GONE));
    assert_eq!(host.cancellation_token_is_cancelled(token), Err(GONE));
    assert_eq!(host.cancellation_token_cancel(token), Err(GONE));
    assert_eq!(host.cancellation_token_register(token, 1), Err(GONE));
    assert_eq!(host.cancellation_token_bind(token, task), Err(GONE));
    assert_eq!(host.cancellation_token_drop(token), Err(GONE));
    host.task_cancel(task).unwrap();
    host.task_drop(task).unwrap();
    world.clean_up();
}

on_each_storage! {
    a_token_cancels_its_children_and_not_its_parent,
    each_handler_is_heard_of_once_in_the_order_of_cancellation,
    a_handler_that_is_unregistered_is_not_heard_of,
    a_host_task_that_is_bound_is_cancelled_at_once,
    a_call_that_is_bound_is_asked_to_cancel,
    a_guests_own_call_is_not_the_hosts_to_cancel,
    what_is_dropped_while_bound_leaves_nothing_behind,
    the_children_of_a_token_that_is_dropped_are_its_parents,
    every_operation_says_that_a_token_is_no_more,
}

/// Does anything with tokens, in any order: `(what, with which, to which)`. A token is cancelled
/// here if it or one above it was; what is dropped gives its children to its parent.
fn tokens_behave_as_a_tree<L: Limits>(
    operations: &[(u8, usize, usize)],
) -> Result<(), TestCaseError> {
    let mut world = World::<L>::new();
    let mut model: Vec<(_, Option<usize>, bool, bool)> = Vec::new();
    let mut expected: Vec<u64> = Vec::new();
    let mut waiting: Vec<(usize, u64)> = Vec::new();
    let mut heard = Vec::new();
    let mut handlers = Vec::new();
    for (number, &(what, with, to)) in (0_u64..).zip(operations) {
        let mut host = world.machine.host();
        let alive: Vec<usize> = (0..model.len()).filter(|it| !model[*it].3).collect();
        let pick = |of: usize| alive.get(of % alive.len().max(1)).copied();
        match (what, pick(with)) {
            (0, parent) => {
                let parent = parent.filter(|_| to % 3 != 0);
                let made = match parent {
                    Some(parent) => host.cancellation_token_child(model[parent].0),
                    None => host.cancellation_token_new(),
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
                host.cancellation_token_cancel(model[token].0).unwrap();
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
            (2, Some(token)) => match host.cancellation_token_register(model[token].0, number) {
                Ok(handler) => {
                    handlers.push((handler, number));
                    if model[token].2 {
                        expected.push(number);
                    } else {
                        waiting.push((token, number));
                    }
                }
                Err(error) => prop_assert_eq!(error, Error::Full(Table::CancellationHandlers)),
            },
            (3, Some(token)) => {
                host.cancellation_token_drop(model[token].0).unwrap();
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
                // Also one that was heard of, or whose token was dropped, and whose place is used
                // again.
                let (handler, number) = handlers[to % handlers.len()];
                let is_known = waiting.iter().any(|it| it.1 == number)
                    || expected.contains(&number) && !heard.contains(&number);
                let unregistered = host.cancellation_token_unregister(handler);
                prop_assert_eq!(unregistered, if is_known { Ok(number) } else { Err(NO_HANDLER) });
                if is_known {
                    waiting.retain(|it| it.1 != number);
                    expected.retain(|it| *it != number);
                }
            }
            _ => heard.extend(world.told()),
        }
        let host = world.machine.host();
        for (token, _, is_cancelled, is_dropped) in &model {
            let cancelled = host.cancellation_token_is_cancelled(*token);
            prop_assert_eq!(cancelled, if *is_dropped { Err(GONE) } else { Ok(*is_cancelled) });
        }
    }
    heard.extend(world.told());
    heard.sort_unstable();
    expected.sort_unstable();
    prop_assert_eq!(heard, expected, "each is heard of once");
    for (token, .., is_dropped) in model {
        if !is_dropped {
            world.machine.host().cancellation_token_drop(token).unwrap();
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
    fn no_handler_is_heard_of_twice_and_none_is_forgotten(
        operations in prop::collection::vec((0..6_u8, 0..64_usize, 0..64_usize), 0..96),
    ) {
        tokens_behave_as_a_tree::<crate::guests::Bounded>(&operations)?;
        #[cfg(feature = "alloc")]
        tokens_behave_as_a_tree::<weft_core::limits::Heap>(&operations)?;
    }
}
