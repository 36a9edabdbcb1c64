//! Hosts that are created for each call, with references to several parts of a store's data.

use weft::binding::{HostError, HostView};
use weft_tests::world::World;

use super::program::{Host, add_views_to_linker};

#[derive(Debug, Default)]
struct Data {
    prefix: String,
    logged: Vec<String>,
    calls: u32,
}

/// A host with two parts of the data.
#[derive(Debug)]
struct Log<'a> {
    prefix: &'a str,
    logged: &'a mut Vec<String>,
}

enum LogView {}

impl HostView<Data> for LogView {
    type Host<'a> = Log<'a>;

    fn view(data: &mut Data) -> Log<'_> {
        data.calls += 1;
        Log { prefix: &data.prefix, logged: &mut data.logged }
    }
}

impl Host for Log<'_> {
    fn log(&mut self, text: String) -> Result<(), HostError> {
        if text.is_empty() {
            return Err("there is no text".into());
        }
        self.logged.push(format!("{}: {text}", self.prefix));
        Ok(())
    }
}

#[test]
fn a_host_borrows_several_parts_of_the_data() {
    let mut world = World::with(Data { prefix: String::from("log"), ..Data::default() });
    add_views_to_linker::<_, _, LogView>(&mut world.linker);
    let instance = world.instance(
        r#"(component
            (import "log" (func $log (param "text" string)))
            (core module $libc
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
            (core instance $libc (instantiate $libc))
            (core func $log (canon lower (func $log) (memory (core memory $libc "memory"))))
            (func (export "run") (param "text" string)
                (canon lift (core func $log)
                    (memory (core memory $libc "memory"))
                    (realloc (core func $libc "realloc")))))"#,
    );
    let run = world.store.typed_function::<(&str,), ()>(&instance, "run").unwrap();
    world.store.call(&run, ("one",)).unwrap();
    assert!(world.store.call(&run, ("",)).is_err());
    assert_eq!(world.store.data().logged, ["log: one"]);
    assert_eq!(world.store.data().calls, 2);
}
