//! Waits for the ends of threads, and the threads that are told.

use weft_core::error::{Error, ExtensionError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::thread::{ThreadEnd, ThreadStatus};

use super::threads::{clean_up, run, suspended};
use crate::guests::GuestMachine;
use crate::steps::HOST;

/// The error of a thread without a record.
const GONE: Error = Error::Unknown(Table::ThreadRecords);

fn the_end_of_a_thread_is_reported_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (thread, call) = run(&mut world);
    assert_eq!(world.machine.threads().cancel_join(thread), Err(ExtensionError::NotJoined.into()));
    assert_eq!(world.machine.threads().begin_join(thread, None), Ok(()));
    assert_eq!(
        world.machine.threads().begin_join(thread, None),
        Err(ExtensionError::AlreadyJoined.into())
    );
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Joining));
    assert_eq!(world.machine.threads().end_join(thread), Ok(None));
    assert_eq!(world.machine.threads().cancel_join(thread), Ok(()));
    assert_eq!(world.machine.threads().end_join(thread), Err(ExtensionError::NotJoined.into()));
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Running));
    assert_eq!(world.machine.threads().clean_up(), Ok(0));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.threads().clean_up(), Ok(0), "it was not joined");
    assert_eq!(world.machine.threads().end_join(thread), Err(ExtensionError::NotJoined.into()));
    assert_eq!(world.machine.threads().begin_join(thread, None), Ok(()));
    assert_eq!(world.machine.threads().end_join(thread), Ok(Some(ThreadEnd::Completed)));
    assert_eq!(world.machine.threads().end_join(thread), Err(ExtensionError::NotJoined.into()));
    assert_eq!(
        world.machine.threads().begin_join(thread, None),
        Err(ExtensionError::AlreadyJoined.into())
    );
    assert_eq!(world.machine.threads().clean_up(), Ok(1));
    assert_eq!(world.machine.threads().begin_join(thread, None), Err(GONE));
    clean_up(world, &[(thread, call)]);
}

fn no_thread_waits_for_itself_directly_or_indirectly<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let threads = [(); 3].map(|()| suspended(&mut world));
    let [a, b, c] = threads.map(|it| it.0);
    assert_eq!(
        world.machine.threads().begin_join(a, Some(a)),
        Err(ExtensionError::JoinCycle.into())
    );
    assert_eq!(world.machine.threads().begin_join(b, Some(a)), Ok(()));
    assert_eq!(world.machine.threads().begin_join(c, Some(b)), Ok(()));
    assert_eq!(
        world.machine.threads().begin_join(a, Some(c)),
        Err(ExtensionError::JoinCycle.into())
    );
    assert_eq!(world.machine.threads().status(a), Ok(ThreadStatus::Running), "nothing has changed");
    assert_eq!(world.machine.threads().cancel_join(c), Ok(()));
    assert_eq!(world.machine.threads().begin_join(a, Some(c)), Ok(()), "the third has no waiter");
    for thread in [a, b] {
        world.machine.threads().cancel_join(thread).unwrap();
    }
    clean_up(world, &threads);
}

fn a_thread_may_wait_for_several_and_none_of_them_for_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let threads = [(); 3].map(|()| suspended(&mut world));
    let [a, b, c] = threads.map(|it| it.0);
    assert_eq!(world.machine.threads().begin_join(b, Some(a)), Ok(()));
    assert_eq!(world.machine.threads().begin_join(c, Some(a)), Ok(()));
    for waits in [b, c] {
        assert_eq!(
            world.machine.threads().begin_join(a, Some(waits)),
            Err(ExtensionError::JoinCycle.into())
        );
    }
    assert_eq!(world.machine.threads().cancel_join(c), Ok(()));
    assert_eq!(
        world.machine.threads().begin_join(a, Some(b)),
        Err(ExtensionError::JoinCycle.into()),
        "it is still waited for"
    );
    assert_eq!(world.machine.threads().begin_join(a, Some(c)), Ok(()));
    for thread in [a, b] {
        world.machine.threads().cancel_join(thread).unwrap();
    }
    clean_up(world, &threads);
}

fn a_thread_that_ended_waits_for_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let threads = [(); 3].map(|()| suspended(&mut world));
    let [over, waited, other] = threads.map(|it| it.0);
    assert_eq!(world.machine.threads().begin_join(waited, Some(over)), Ok(()));
    assert_eq!(world.machine.threads().begin_join(other, Some(waited)), Ok(()));
    let instance = world.instances.remove(0);
    world.machine.remove_instance(instance).unwrap();
    assert_eq!(world.machine.threads().status(over), Ok(ThreadStatus::Failed));
    assert_eq!(world.machine.threads().status(waited), Ok(ThreadStatus::Running));
    assert_eq!(world.machine.threads().end_join(waited), Err(ExtensionError::NotJoined.into()));
    assert_eq!(world.machine.threads().cancel_join(waited), Err(ExtensionError::NotJoined.into()));
    assert_eq!(
        world.machine.threads().begin_join(waited, Some(over)),
        Err(ExtensionError::ThreadEnded.into())
    );
    // Nor is it a link in a chain.
    assert_eq!(world.machine.threads().begin_join(over, Some(other)), Ok(()));
    assert_eq!(world.machine.threads().end_join(over), Ok(Some(ThreadEnd::Failed)));
    assert_eq!(world.machine.threads().clean_up(), Ok(1));
    assert_eq!(
        world.machine.threads().begin_join(waited, None),
        Ok(()),
        "another waiter is possible"
    );
    assert_eq!(world.machine.threads().status(waited), Ok(ThreadStatus::Joining));
    for thread in [waited, other] {
        world.machine.threads().cancel_join(thread).unwrap();
    }
    clean_up(world, &threads);
}

/// Checks a long chain in which each thread waits for the next newer one. In quadratic time the test
/// would take minutes.
#[cfg(feature = "alloc")]
#[test]
fn long_chains_of_joins_take_linear_time() {
    const LONG: usize = 50_000;

    let mut world = GuestMachine::<weft_core::limits::Heap>::new();
    let threads: Vec<_> = (0..LONG).map(|_| suspended(&mut world)).collect();
    for pair in threads.windows(2) {
        world.machine.threads().begin_join(pair[1].0, Some(pair[0].0)).unwrap();
    }
    let cycle = Err(ExtensionError::JoinCycle.into());
    let [first, last] = [0, LONG - 1].map(|it| threads[it].0);
    assert_eq!(world.machine.threads().begin_join(first, Some(last)), cycle);
}

on_each_storage! {
    the_end_of_a_thread_is_reported_once,
    no_thread_waits_for_itself_directly_or_indirectly,
    a_thread_may_wait_for_several_and_none_of_them_for_it,
    a_thread_that_ended_waits_for_nothing,
}
