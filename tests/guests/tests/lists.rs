//! Lists of a fixed length, and maps.

use std::collections::BTreeMap;
use std::fmt::Debug;

use weft::binding::World;
use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::Fine;
use crate::bindings::lists::Lists;
use crate::bindings::lists::guests::lists::{fixed, maps};
use crate::guest::load;
use crate::random::{Random, Sample};

/// A host that records its arguments, and returns them.
#[derive(Default)]
struct Mirror {
    seen: String,
}

impl Mirror {
    fn see<V: Debug>(&mut self, it: V) -> V {
        self.seen = format!("{it:?}");
        it
    }
}

impl fixed::Host for Mirror {
    fn echo_four(&mut self, it: [u8; 4]) -> [u8; 4] {
        self.see(it)
    }

    fn echo_floats(&mut self, it: [f32; 3]) -> [f32; 3] {
        self.see(it)
    }

    fn echo_grid(&mut self, it: [[u16; 2]; 3]) -> [[u16; 2]; 3] {
        self.see(it)
    }

    fn echo_within(&mut self, it: Vec<([u8; 2], String)>) -> Vec<([u8; 2], String)> {
        self.see(it)
    }
}

type Nested = BTreeMap<String, Vec<BTreeMap<u32, String>>>;

impl maps::Host for Mirror {
    fn echo_numbers(&mut self, it: BTreeMap<u8, u64>) -> BTreeMap<u8, u64> {
        self.see(it)
    }

    fn echo_texts(&mut self, it: BTreeMap<String, String>) -> BTreeMap<String, String> {
        self.see(it)
    }

    fn echo_nested(&mut self, it: Nested) -> Nested {
        self.see(it)
    }
}

#[test]
fn of_rust() -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, "lists-rust");
    let mut linker = Linker::new();
    crate::bindings::lists::add_to_linker(&mut linker, |mirror: &mut Mirror| mirror);
    let mut store = Store::new(&engine, Mirror::default());
    let guest = Lists::instantiate(&mut store, &component, &linker)?;
    let store = &mut store;
    let mut random = Random::new("lists");

    macro_rules! check {
        ($interface:ident.$name:ident($ty:ty, $it:ident => $lent:expr)) => {
            let $it = &<$ty>::sample(&mut random);
            let back = guest.$interface.$name(store, $lent)?;
            let expected = format!("{:?}", $it);
            assert_eq!(store.data().seen, expected);
            assert_eq!(format!("{back:?}"), expected);
        };
    }

    for _ in 0..100 {
        check!(fixed.echo_four([u8; 4], it => *it));
        check!(fixed.echo_floats([f32; 3], it => *it));
        check!(fixed.echo_grid([[u16; 2]; 3], it => *it));
        check!(fixed.echo_within(Vec<([u8; 2], String)>, it => it));
        check!(maps.echo_numbers(BTreeMap<u8, u64>, it => it));
        check!(maps.echo_texts(BTreeMap<String, String>, it => it));
        check!(maps.echo_nested(Nested, it => it));

        let [a, b] = <[String; 2]>::sample(&mut random);
        let back = guest.fixed_texts.reverse(store, [a.clone(), b.clone()])?;
        assert_eq!(back, [b, a]);
    }

    let nested = [vec![["a".to_owned(), "b".to_owned()]], vec![]];
    let back = guest.fixed_texts.reverse_nested(store, nested)?;
    assert_eq!(back, [vec![], vec![["b".to_owned(), "a".to_owned()]]]);
    Ok(())
}
