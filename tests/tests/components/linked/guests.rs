//! Components for several modules, and both ways of calling.

use std::fmt::Write as _;

use weft::component::{Component, NotLinked, Store, StoreLimits};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

/// Returns a world in which calls are linked, and one in which they are ordinary.
pub(super) fn both() -> [World; 2] {
    [true, false].map(|linked| World::on(Wasmi::default().with_linked_guests(linked)))
}

/// Returns the number of linked calls.
pub(super) fn num_linked(component: &Component<Wasmi>) -> usize {
    component.guest_calls().filter(|call| call.not_linked().is_none()).count()
}

/// Returns the reasons why calls are not linked, each with the called function.
pub(super) fn reasons(text: &str) -> Vec<(String, Option<NotLinked>)> {
    let component = World::new().load(text);
    let calls = component.guest_calls();
    calls.map(|call| (call.function().to_owned(), call.not_linked())).collect()
}

/// Forbids ordinary calls between guests on the stack, so that only linked calls succeed.
pub(super) fn forbid_ordinary_calls<T: 'static>(store: &mut Store<Wasmi, T>) {
    store.set_limits(StoreLimits::DEFAULT.with_nested_calls(1));
}

/// Returns a component of `length` instances, each of which calls the one before. `f` adds the
/// number of instances to its argument, and the innermost instance traps if it is 0. `count` calls
/// nothing.
pub(crate) fn chain(length: usize) -> String {
    let mut text = String::from(
        r#"(component
            (component $First
                (core module $Inner
                    (func (export "f") (param $n i32) (result i32)
                        (if (i32.eqz (local.get $n)) (then unreachable))
                        (i32.add (local.get $n) (i32.const 1))))
                (core instance $i (instantiate $Inner))
                (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
            (component $Next
                (import "f" (func $f (param "n" u32) (result u32)))
                (core func $f (canon lower (func $f)))
                (core module $Outer
                    (import "" "f" (func $f (param i32) (result i32)))
                    (global $calls (mut i32) (i32.const 0))
                    (func (export "f") (param i32) (result i32)
                        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                        (i32.add (call $f (local.get 0)) (i32.const 1)))
                    (func (export "count") (result i32) (global.get $calls)))
                (core instance $o (instantiate $Outer (with "" (instance (export "f" (func $f))))))
                (func (export "f") (param "n" u32) (result u32) (canon lift (core func $o "f")))
                (func (export "count") (result u32) (canon lift (core func $o "count"))))
            (instance $i1 (instantiate $First))
            (alias export $i1 "f" (func $f1))"#,
    );
    for number in 2..=length {
        let before = number - 1;
        write!(
            text,
            r#"(instance $i{number} (instantiate $Next (with "f" (func $f{before}))))
            (alias export $i{number} "f" (func $f{number}))
            (export "count{number}" (func $i{number} "count"))
            (export "f{number}" (func $f{number}))"#
        )
        .unwrap();
    }
    text + r#"(export "f1" (func $f1)))"#
}
