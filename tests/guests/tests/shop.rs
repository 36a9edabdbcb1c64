//! Guests of scripting languages, with all imports of WASI of their interpreters.

use weft::binding::World;
use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::WasiCtx;
use weft_wasi::bytes::MemorySink;

use crate::Fine;
use crate::bindings::shop::Shop;
use crate::bindings::shop::exports::guests::shop::catalogue::{Item, Query};
use crate::bindings::shop::guests::shop::audit;
use crate::guest::{explained, load};

struct State {
    wasi: WasiCtx,
    notes: Vec<String>,
}

impl audit::Host for State {
    fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

fn shop(name: &str) -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, name);
    let mut linker = Linker::new();
    weft_wasi::add_to_linker(&mut linker, |state: &mut State| &mut state.wasi);
    crate::bindings::shop::add_to_linker(&mut linker, |state: &mut State| state);
    // StarlingMonkey also imports `wasi:http`.
    linker.define_unknown_imports_as_traps(&component);
    let stdout = MemorySink::new(1 << 16);
    let wasi = WasiCtx::builder().stdout(stdout.clone()).inherit_stderr().build();
    let mut store = Store::new(&engine, State { wasi, notes: Vec::new() });
    let bought = buy(&mut store, &component, &linker);
    explained(&store, bought)?;
    assert_eq!(store.data().notes, ["greeting Ada"]);
    assert_eq!(String::from_utf8(stdout.contents())?, "to stdout: Ada\n");
    Ok(())
}

fn buy(
    store: &mut Store<Wasmi, State>,
    component: &weft::component::Component<Wasmi>,
    linker: &Linker<Wasmi, State>,
) -> Fine {
    let shop = Shop::instantiate(store, component, linker)?.catalogue;
    assert_eq!(shop.greet(store, "Ada")?, "Hello, Ada!");
    let item = |name: &str, price| Item { name: name.into(), price, tags: vec!["x".into()] };
    let items = [item("bread", 3), item("jam", 5)];
    assert_eq!(shop.find(store, &items, &Query::All)?, items);
    assert_eq!(shop.find(store, &items, &Query::Named("jam".into()))?, [item("jam", 5)]);
    assert_eq!(shop.find(store, &items, &Query::CheaperThan(4))?, [item("bread", 3)]);
    assert_eq!(shop.total(store, &items)?, Ok(8));
    assert_eq!(shop.total(store, &[])?, Err("nothing to add".to_owned()));
    Ok(())
}

#[test]
#[ignore = "needs a guest of 12 MB: `tests/guests/build shop-js`"]
fn of_javascript() -> Fine {
    shop("shop-js")
}

#[test]
#[ignore = "needs a guest of 18 MB: `tests/guests/build shop-python`"]
fn of_python() -> Fine {
    shop("shop-python")
}
