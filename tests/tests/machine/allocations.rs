//! When its tables have reached their final length, the machine does not allocate, for any
//! operation of guests and the host. The exception is the message of an error context, whose length
//! the guest decides.

use allocation_counter::{AllocationInfo, measure};
use weft_core::host::ExtendedMachine;
use weft_core::limits::Heap;
use weft_core::task::with_task;
use weft_tests::stage::operations::{self, Operation};

/// Returns the allocations of `times` operations, after a few others.
fn allocations(operation: Operation, times: u64) -> AllocationInfo {
    let mut operation = operation.prepare();
    for _ in 0..3 {
        operation();
    }
    measure(|| {
        for _ in 0..times {
            operation();
        }
    })
}

/// Defines one test for each name, and one that checks that no operation is missing.
macro_rules! allocate_nothing {
    ($($name:ident: $operation:ident;)*) => {
        $(
            #[test]
            fn $name() {
                let allocated = allocations(operations::$operation, 100);
                assert_eq!(allocated, AllocationInfo::default());
            }
        )*

        #[test]
        fn every_operation_is_tested() {
            let tested = [$(operations::$operation),*];
            let mut tested: Vec<_> = tested.iter().map(ToString::to_string).collect();
            tested.push(operations::ERROR_CONTEXT.to_string());
            let mut all: Vec<_> = operations::ALL.iter().map(ToString::to_string).collect();
            tested.sort();
            all.sort();
            assert_eq!(tested, all);
        }
    };
}

allocate_nothing! {
    a_sync_call_by_the_host_allocates_nothing: SYNC_CALL;
    an_async_call_by_the_host_allocates_nothing: ASYNC_CALL;
    a_sync_call_from_guest_to_guest_allocates_nothing: SYNC_LOWER;
    a_call_by_the_host_that_nobody_looks_at_allocates_nothing: UNRECORDED_CALL;
    a_call_from_guest_to_guest_that_nobody_looks_at_allocates_nothing: UNRECORDED_LOWER;
    a_call_of_the_host_that_nobody_looks_at_allocates_nothing: UNRECORDED_HOST_FUNCTION;
    records_that_are_made_late_allocate_nothing: LATE_RECORDS;
    an_async_call_from_guest_to_guest_that_returns_at_once_allocates_nothing: ASYNC_LOWER;
    an_async_call_from_guest_to_guest_whose_events_are_waited_for_allocates_nothing: ASYNC_LOWER_BLOCKED;
    a_sync_call_of_the_host_allocates_nothing: HOST_FUNCTION;
    an_async_call_of_the_host_that_is_waited_for_allocates_nothing: HOST_FUNCTION_BLOCKED;
    a_read_that_a_later_write_completes_allocates_nothing: READ_THEN_WRITE;
    a_write_that_a_later_read_completes_allocates_nothing: WRITE_THEN_READ;
    a_read_of_the_host_and_its_event_allocate_nothing: HOST_READ;
    a_sync_read_that_blocks_allocates_nothing: SYNC_READ;
    cancelling_a_read_allocates_nothing: CANCEL_A_READ;
    making_and_dropping_a_stream_allocates_nothing: NEW_STREAM;
    the_whole_life_of_a_future_allocates_nothing: FUTURE;
    waiting_on_a_set_with_an_event_allocates_nothing: WAIT;
    polling_a_set_allocates_nothing: POLL;
    a_wait_that_blocks_allocates_nothing: WAIT_BLOCKED;
    a_callback_that_waits_allocates_nothing: CALLBACK_WAIT;
    joining_sets_allocates_nothing: JOIN;
    yielding_allocates_nothing: YIELD;
    yielding_from_a_callback_allocates_nothing: CALLBACK_YIELD;
    cancelling_a_subtask_that_waits_allocates_nothing: CANCEL_SUBTASK;
    cancelling_a_call_of_the_host_that_waits_allocates_nothing: CANCEL_CALL;
    making_a_thread_and_running_it_to_its_end_allocates_nothing: NEW_THREAD;
    switching_threads_allocates_nothing: SWITCH_THREAD;
    making_and_dropping_a_resource_allocates_nothing: RESOURCE;
    calling_a_destructor_allocates_nothing: DESTRUCTOR;
    dropping_a_resource_of_the_host_allocates_nothing: HOST_RESOURCE;
    lending_a_resource_to_a_call_allocates_nothing: BORROW;
    moving_a_resource_to_another_guest_allocates_nothing: OWN;
    calling_realloc_allocates_nothing: REALLOC;
    a_tick_with_nothing_ready_and_no_event_allocates_nothing: IDLE;
    small_builtins_allocate_nothing: SMALL_BUILTINS;
}

#[test]
fn an_error_context_allocates_and_frees_only_its_message() {
    let allocated = allocations(operations::ERROR_CONTEXT, 100);
    assert_eq!((allocated.count_total, allocated.bytes_total), (100, 400));
    assert_eq!((allocated.count_current, allocated.bytes_current), (0, 0));
}

#[test]
fn allocations_are_counted() {
    let allocated = measure(|| drop(std::hint::black_box(Box::new(7_u64))));
    assert_eq!((allocated.count_total, allocated.bytes_total), (1, 8));
}

/// Checks host tasks whose results are not taken: 300,000 of them would use 147 MB, if they were
/// kept.
#[test]
fn ended_tasks_do_not_use_more_and_more_memory() {
    let mut machine = ExtendedMachine::<Heap>::default();
    let allocated = measure(|| {
        for it in 0..300_000_u32 {
            let _ = with_task(&mut machine, |_, _| Some(it.into())).unwrap();
        }
    });
    assert!(allocated.bytes_current < 64 << 20, "{allocated:?}");
    let allocated = measure(|| {
        for it in 0..300_000_u32 {
            let _ = with_task(&mut machine, |_, _| Some(it.into())).unwrap();
        }
    });
    assert!(allocated.bytes_current <= 0, "{allocated:?}");
}
