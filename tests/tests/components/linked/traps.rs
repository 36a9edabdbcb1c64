//! Traps in linked calls: the instances that are locked down, and the backtraces.

use weft::abi::Val;
use weft::component::{CallError, Instance};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

use super::guests::{both, chain, num_linked};

/// Returns the error of a call, and the backtrace of the last trap.
fn trapped(world: &mut World, instance: &Instance<Wasmi>, name: &str, n: u32) -> String {
    let error = world.try_call(instance, name, &[Val::U32(n)]).unwrap_err();
    let trap = world.store.last_trap().expect("something trapped");
    let of_instance = match &error {
        CallError::InstanceTrapped(trap) => format!("\nearlier: {trap}"),
        _ => String::new(),
    };
    format!("{error}{of_instance}\nlast: {trap}")
}

#[test]
fn a_trap_locks_down_the_stack_and_has_a_backtrace() {
    let worlds = both().map(|mut world| {
        let instance = world.instance(&chain(5));
        let mut texts = Vec::from([trapped(&mut world, &instance, "f4", 0)]);
        // The fifth was not on the stack, but its callee cannot be entered.
        for name in ["f1", "f2", "f3", "f4", "f5", "f5"] {
            texts.push(trapped(&mut world, &instance, name, 1));
        }
        texts
    });
    assert_eq!(worlds[0], worlds[1]);
    let [first, _, _, _, again, fifth, ..] = worlds[0].as_slice() else { panic!() };
    assert_eq!(
        first.lines().skip(2).collect::<Vec<_>>(),
        [
            "0: `f` of instance 1/0: core function `f` of core module `Inner`",
            "1: `f` of instance 1/1: core function `f` of core module `Outer`",
            "2: `f` of instance 1/2: core function `f` of core module `Outer`",
            "3: `f` of instance 1/3: core function `f` of core module `Outer`",
        ]
    );
    assert!(again.starts_with("the instance trapped in a call of `f`"), "{again}");
    assert!(fifth.starts_with("cannot enter component instance"), "{fifth}");
}

#[test]
fn other_component_instances_remain_usable() {
    let mut world = World::new();
    let component = world.load(&chain(3));
    let [one, two] = [(); 2].map(|()| world.store.instantiate(&component, &world.linker).unwrap());
    trapped(&mut world, &one, "f3", 0);
    assert_eq!(world.number(&two, "f3", &[Val::U32(1)]), 4);
    trapped(&mut world, &one, "f2", 1);
    assert_eq!(world.number(&two, "f3", &[Val::U32(1)]), 4);
    trapped(&mut world, &two, "f2", 0);
    trapped(&mut world, &two, "f3", 1);
    world.store.remove_instance(&one).unwrap();
    let three = world.store.instantiate(&component, &world.linker).unwrap();
    assert_eq!(world.number(&three, "f3", &[Val::U32(1)]), 4);
}

/// `f` of an instance with `realloc` and `post-return` takes and returns a string; each of its
/// parts traps for one letter. A caller also has a `realloc` that traps.
const PARTS: &str = r#"(component
    (component $Callee
        (core module $Parts
            (memory (export "m") 1)
            (global $last (mut i32) (i32.const 0))
            (func $trap (param $letter i32)
                (if (i32.eq (i32.load8_u (i32.const 256)) (local.get $letter)) (then unreachable)))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (if (i32.eq (local.get 3) (i32.const 7)) (then unreachable))
                (i32.const 256))
            (func (export "f") (param i32 i32) (result i32)
                (call $trap (i32.const 0x66))
                (i32.store (i32.const 16) (local.get 0))
                (i32.store (i32.const 20) (local.get 1))
                (if (i32.eq (i32.load8_u (local.get 0)) (i32.const 0x72))
                    (then (i32.store8 (local.get 0) (i32.const 0xff))))
                (i32.const 16))
            (func (export "post") (param i32) (call $trap (i32.const 0x70))))
        (core instance $i (instantiate $Parts))
        (func (export "f") (param "s" string) (result string)
            (canon lift (core func $i "f") (memory (core memory $i "m"))
                (realloc (core func $i "realloc")) (post-return (core func $i "post")))))
    (instance $callee (instantiate $Callee))
    (component $Caller
        (import "f" (func $f (param "s" string) (result string)))
        (core module $Library
            (memory (export "m") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (if (i32.eq (local.get 3) (i32.const 5)) (then unreachable))
                (i32.const 1024)))
        (core instance $l (instantiate $Library))
        (core func $f (canon lower (func $f)
            (memory (core memory $l "m")) (realloc (core func $l "realloc"))))
        (core module $Main
            (import "" "f" (func $f (param i32 i32 i32)))
            (import "l" "m" (memory 1))
            (func (export "run") (param $letter i32) (param $length i32)
                (i32.store (i32.const 0) (local.get $letter))
                (call $f (i32.const 0) (local.get $length) (i32.const 64)))
            (func (export "odd") (call $f (i32.const 0) (i32.const 1) (i32.const 65)))
            (func (export "far") (call $f (i32.const 0x7ffffff0) (i32.const 17) (i32.const 64))))
        (core instance $m (instantiate $Main
            (with "" (instance (export "f" (func $f)))) (with "l" (instance $l))))
        (func (export "run") (param "letter" u32) (param "length" u32)
            (canon lift (core func $m "run")))
        (func (export "odd") (canon lift (core func $m "odd")))
        (func (export "far") (canon lift (core func $m "far"))))
    (instance $caller (instantiate $Caller (with "f" (func $callee "f"))))
    (export "callee" (instance $callee))
    (func (export "run") (alias export $caller "run"))
    (func (export "odd") (alias export $caller "odd"))
    (func (export "far") (alias export $caller "far"))
    (func (export "f") (alias export $callee "f")))"#;

/// Makes a call, and describes its end and that of a later call.
fn ends(world: &mut World, name: &str, arguments: &[Val]) -> String {
    let component = world.load(PARTS);
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    let outcome = match world.try_call(&instance, name, arguments) {
        Ok(result) => format!("{result:?}"),
        Err(error) => format!("{error}\n{}", world.store.last_trap().unwrap()),
    };
    let run = [u32::from(b'.'), 1].map(Val::U32);
    let later = [("f", vec![Val::from("x")]), ("run", run.to_vec())];
    let later = later.map(|(name, arguments)| match world.try_call(&instance, name, &arguments) {
        Ok(result) => format!("{result:?}"),
        Err(error) => error.to_string(),
    });
    // The next call uses another store.
    world.store = weft::component::Store::new(&world.engine, ());
    format!("{outcome}\n{later:?}")
}

#[test]
fn every_part_of_a_call_traps_like_an_ordinary_one() {
    let mut worlds = both();
    let run = |letter: u8, length: u32| [u32::from(letter), length].map(Val::U32).to_vec();
    let mut firsts = Vec::new();
    for (name, arguments) in [
        ("run", run(b'.', 1)),
        ("run", run(b'f', 1)),
        ("run", run(b'p', 1)),
        ("run", run(b'.', 7)),
        ("run", run(b'.', 5)),
        ("run", run(b'r', 1)),
        ("run", run(0xff, 1)),
        ("odd", vec![]),
        ("far", vec![]),
    ] {
        let [linked, ordinary] = worlds.each_mut().map(|world| ends(world, name, &arguments));
        assert_eq!(linked, ordinary, "{name} {arguments:?}");
        firsts.push(linked.lines().nth(2).unwrap_or_default().to_owned());
    }
    let parts = "of instance 1/0: core function";
    assert_eq!(
        firsts,
        [
            String::new(),
            format!("0: `f` {parts} `f` of core module `Parts`"),
            format!("0: `post-return` of `f` {parts} `post` of core module `Parts`"),
            "0: `realloc` of instance 1/0".into(),
            "0: `realloc` of instance 1/1".into(),
            format!("0: `f` {parts} `f` of core module `Parts`"),
            format!("0: `f` {parts} `f` of core module `Parts`"),
            format!("0: `f` {parts} `f` of core module `Parts`"),
            format!("0: `f` {parts} `f` of core module `Parts`"),
        ]
    );
}

#[test]
fn the_call_with_these_parts_is_linked() {
    assert_eq!(num_linked(&World::new().load(PARTS)), 1);
}

/// Returns a component whose start function makes a linked call, which traps for some arguments.
fn starts(argument: u32) -> String {
    format!(
        r#"(component
            (component $Inner
                (core module $Divides
                    (func (export "f") (param i32) (result i32)
                        (i32.div_u (i32.const 8) (local.get 0))))
                (core instance $i (instantiate $Divides))
                (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
            (instance $inner (instantiate $Inner))
            (core func $f (canon lower (func $inner "f")))
            (core module $Starts
                (import "" "f" (func $f (param i32) (result i32)))
                (global $result (mut i32) (i32.const 0))
                (func $start (global.set $result (call $f (i32.const {argument}))))
                (start $start)
                (func (export "result") (result i32) (global.get $result)))
            (core instance $starts (instantiate $Starts (with "" (instance
                (export "f" (func $f))))))
            (func (export "result") (result u32) (canon lift (core func $starts "result"))))"#
    )
}

#[test]
fn start_functions_make_linked_calls() {
    let texts = both().map(|mut world| {
        let instance = world.instance(&starts(2));
        assert_eq!(world.number(&instance, "result", &[]), 4);
        let error = world.try_instance(&starts(0)).unwrap_err();
        format!("{error}\n{}", world.store.last_trap().unwrap())
    });
    assert_eq!(texts[0], texts[1]);
    assert_eq!(num_linked(&World::new().load(&starts(2))), 1);
}
