//! Memories of every kind in wasmi.

use weft::engine::wasmi::Wasmi;
use weft::engine::{CoreContext as _, CoreEngine, CoreExtern};

use crate::engine::host::{Guests, Instance, returned};

fn memory(guests: &mut Guests, instance: Instance, name: &str) -> <Wasmi as CoreEngine>::Memory {
    match guests.export(instance, name) {
        CoreExtern::Memory(memory) => memory,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_memory_with_64_bit_addresses_is_read_and_written() {
    let mut guests = Guests::new();
    let instance = guests.instantiate(
        r#"(module
            (memory (export "m") i64 1)
            (data (i64.const 8) "weft")
            (func (export "load") (result i32) (i32.load8_u (i64.const 9))))"#,
        &[],
    );
    let memory = memory(&mut guests, instance, "m");
    assert_eq!(guests.context().memory(memory).len(), 65_536);
    assert_eq!(&guests.context().memory(memory)[8..12], b"weft");
    guests.context().memory_mut(memory).0[9] = b'x';
    let load = guests.function(instance, "load");
    assert_eq!(returned(guests.call(load, &[])), u32::from(b'x'));
}

#[test]
fn several_memories_of_a_module_are_distinct() {
    let mut guests = Guests::new();
    let instance = guests.instantiate(
        r#"(module
            (memory (export "one") 1)
            (memory (export "two") 2)
            (data (memory 1) (i32.const 0) "two")
            (func (export "copy") (result i32)
                (memory.copy 0 1 (i32.const 4) (i32.const 0) (i32.const 3))
                (i32.const 0)))"#,
        &[],
    );
    let (one, two) = (memory(&mut guests, instance, "one"), memory(&mut guests, instance, "two"));
    assert_eq!(guests.context().memory(one).len(), 65_536);
    assert_eq!(guests.context().memory(two).len(), 2 * 65_536);
    let copy = guests.function(instance, "copy");
    assert_eq!(returned(guests.call(copy, &[])), 0);
    assert_eq!(&guests.context().memory(one)[..8], b"\0\0\0\0two\0");
    assert_eq!(&guests.context().memory(two)[..8], b"two\0\0\0\0\0");
}

#[test]
fn a_memory_with_pages_of_one_byte_has_the_declared_size() {
    let mut guests = Guests::new();
    let instance = guests.instantiate(
        r#"(module
            (memory (export "m") 7 (pagesize 1))
            (func (export "grow") (result i32) (memory.grow (i32.const 6)))
            (func (export "load") (result i32) (i32.load8_u (i32.const 13))))"#,
        &[],
    );
    let memory = memory(&mut guests, instance, "m");
    assert_eq!(guests.context().memory(memory).len(), 7);
    let grow = guests.function(instance, "grow");
    assert_eq!(returned(guests.call(grow, &[])), 7);
    assert_eq!(guests.context().memory(memory).len(), 13);
    let load = guests.function(instance, "load");
    assert_eq!(guests.call(load, &[]).unwrap_err().to_string(), "out of bounds memory access");
}

#[test]
fn a_memory_is_written_while_the_store_data_is_borrowed() {
    let mut guests = Guests::new();
    let instance = guests.instantiate(r#"(module (memory (export "m") 1))"#, &[]);
    let memory = memory(&mut guests, instance, "m");
    let mut context = guests.context();
    let (bytes, host) = context.memory_mut(memory);
    bytes[0] = 3;
    host.arguments.push(Vec::new());
    assert_eq!(context.memory(memory)[0], 3);
    assert_eq!(context.data().arguments.len(), 1);
}
