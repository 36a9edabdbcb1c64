//! After a warm-up, host operations on contexts, tasks, sets, errors, threads and lists do not
//! allocate if tables are arrays. If tables grow, only owned values are allocated: a context's
//! values, an error's message and stack frames, a list's elements.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

use allocation_counter::{AllocationInfo, measure};
use weft::abi::Type;
use weft::context::ContextValue;
use weft::limits::Heap;
use weft::list::fixed_list_utils::zero_filled;
use weft::list::{ElementType, FixedLengthList, FixedLengthListType};
use weft_tests::host_operations::{
    Operation, Tables, context, error_context, list, task, thread, waitable_set,
};

/// Returns the allocations of an operation, after it has run before.
fn allocations(operation: Operation, tables: Tables) -> AllocationInfo {
    let mut operation = operation.prepare(tables);
    for _ in 0..3 {
        operation();
    }
    measure(&mut operation)
}

/// An operation on a growing machine, with its number of allocations.
type Owned = (Operation, u64);

/// Asserts that the operations of a subject do not allocate, except for those in `owned` on a
/// machine whose tables grow; and that nothing stays allocated.
#[track_caller]
fn assert_allocations(all: &[Operation], owned: &[Owned]) {
    for operation in all {
        let name = operation.to_string();
        let bounded = allocations(*operation, Tables::Bounded);
        assert_eq!(bounded, AllocationInfo::default(), "{name}, bounded");

        let expected = owned.iter().find(|(owned, _)| owned.to_string() == name);
        let growing = allocations(*operation, Tables::Growing);
        let kept = (growing.count_current, growing.bytes_current);
        assert_eq!(kept, (0, 0), "{name}, growing, keeps some");
        let expected = expected.map_or(0, |(_, expected)| *expected);
        assert_eq!(growing.count_total, expected, "{name}, growing");
    }
    for (operation, _) in owned {
        let name = operation.to_string();
        assert!(all.iter().any(|it| it.to_string() == name), "{name} is another subject's");
    }
}

#[test]
fn contexts_allocate_only_their_values_and_texts() {
    assert_allocations(
        context::ALL,
        &[
            // The text, which the context owns.
            (context::SET_TEXT, 1),
            // The values of the scope's context.
            (context::SCOPE, 1),
            // The values of the copy, and the names of the three of them that are text.
            (context::COPIED_SCOPE, 4),
            // The same.
            (context::SET_SHARED, 4),
        ],
    );
}

#[test]
fn tasks_allocate_only_their_metadata() {
    assert_allocations(
        task::ALL,
        &[
            // The metadata, and the name in it.
            (task::START_WITH_METADATA, 2),
        ],
    );
}

#[test]
fn waitable_sets_allocate_nothing() {
    assert_allocations(waitable_set::ALL, &[]);
}

#[test]
fn error_contexts_allocate_only_their_data() {
    assert_allocations(
        error_context::ALL,
        &[
            // The message.
            (error_context::NEW_AND_DROP, 1),
            (error_context::NEW_CRITICAL, 1),
            // The message, the frames, and the names of a function and a file in each.
            (error_context::NEW_WITH_FRAMES, 8),
            // Two messages; one of them consists of five pieces, and grows twice.
            (error_context::FROM_ERROR, 4),
            // The message, the metadata, and the name in it.
            (error_context::NEW_WITH_METADATA, 3),
        ],
    );
}

#[test]
fn threads_allocate_only_their_values() {
    assert_allocations(
        thread::ALL,
        &[
            // The values of the thread.
            (thread::SPAWN_WITH_LOCAL, 1),
        ],
    );
}

#[test]
fn lists_allocate_only_their_elements_and_types() {
    assert_allocations(
        list::ALL,
        &[
            // The type.
            (list::NEW_TYPE, 1),
            // The elements, as they become more.
            (list::PUSH, 3),
            // The elements.
            (list::WITH_ELEMENTS, 1),
            // The type, and the elements.
            (list::ZERO_FILLED, 2),
            // The same of both lists.
            (list::CONCATENATE_AND_SLICE, 4),
        ],
    );
}

/// Returns the bytes that a list of a thousand elements keeps, without its type.
fn bytes_of_a_thousand(element: ElementType<Type>) -> i64 {
    let zero = zero_filled::<Heap>(element.clone(), 1).unwrap().to_vec().unwrap().remove(0);
    let ty = FixedLengthListType::new(element, 1000).unwrap();
    let mut list = None;
    let elements = std::iter::repeat_n(zero, 1000);
    let kept = measure(|| list = Some(FixedLengthList::<Heap>::with_elements(ty, elements)));
    assert!(list.unwrap().unwrap().is_full());
    kept.bytes_current
}

#[test]
fn a_thousand_elements_keep_a_thousand_times_their_size() {
    for (element, size) in [
        (ElementType::Bool, 1),
        (ElementType::S8, 1),
        (ElementType::U8, 1),
        (ElementType::S16, 2),
        (ElementType::U16, 2),
        (ElementType::S32, 4),
        (ElementType::U32, 4),
        (ElementType::F32, 4),
        (ElementType::Char, 4),
        (ElementType::S64, 8),
        (ElementType::U64, 8),
        (ElementType::F64, 8),
        (ElementType::String, i64::try_from(size_of::<ContextValue<Heap>>()).unwrap()),
    ] {
        let bytes = bytes_of_a_thousand(element.clone());
        assert_eq!(bytes, 1000 * size, "{element}");
    }
}

#[test]
fn allocations_are_counted() {
    let allocated = measure(|| drop(std::hint::black_box(Box::new(7_u64))));
    assert_eq!((allocated.count_total, allocated.bytes_total), (1, 8));
}
