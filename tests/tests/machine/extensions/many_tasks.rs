//! Many host tasks that have ended, in tables that grow.

use weft_core::error::Error;
use weft_core::limits::{Heap, Table};
use weft_core::task::TaskStatus;
use weft_core::waitable::WaitResult;

use crate::guests::GuestMachine;

#[test]
fn tasks_whose_results_were_taken_are_forgotten() {
    let mut world = GuestMachine::<Heap>::new();
    let first = world.machine.tasks().start().unwrap();
    world.machine.tasks().complete(first, ()).unwrap();
    for it in 0..10_000_u32 {
        let task = world.machine.tasks().start().unwrap();
        world.machine.tasks().complete(task, it).unwrap();
        assert!(world.machine.tasks().result(task).unwrap().is_some());
        assert!(world.machine.count_of(Table::Waitables) <= 64);
    }
    assert_eq!(
        world.machine.tasks().status(first),
        Ok(TaskStatus::Completed),
        "its result was not taken"
    );
    world.machine.tasks().clean_up().unwrap();
    world.clean_up();
}

#[test]
fn tasks_whose_results_are_not_taken_are_kept_for_a_while() {
    let mut world = GuestMachine::<Heap>::new();
    let machine = &mut world.machine;
    let set = machine.waitable_sets().create().unwrap();
    let [first, waited_for, running] = [(); 3].map(|()| machine.tasks().start().unwrap());
    machine.waitable_sets().add(set, waited_for).unwrap();
    for task in [first, waited_for] {
        machine.tasks().complete(task, ()).unwrap();
    }
    for it in 0..300_000 {
        let task = machine.tasks().start().unwrap();
        machine.tasks().complete(task, ()).unwrap();
        if it == 50_000 {
            assert_eq!(machine.tasks().status(first), Ok(TaskStatus::Completed));
        }
    }
    assert_eq!(machine.tasks().status(first), Err(Error::Unknown(Table::Waitables)));
    assert!(matches!(machine.waitable_sets().poll(set), Ok(WaitResult::Ready(_))));
    assert_eq!(machine.tasks().status(running), Ok(TaskStatus::Running));
    let left = machine.count_of(Table::Waitables);
    assert!((65_000..=131_100).contains(&left), "{left}");
    machine.tasks().cancel(running).unwrap();
    machine.tasks().clean_up().unwrap();
    machine.waitable_sets().drop(set).unwrap();
    world.clean_up();
}
