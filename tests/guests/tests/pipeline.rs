//! Three components in a row: JavaScript counts, Rust squares, C adds.

use weft::binding::World;
use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::Fine;
use crate::bindings::pipeline::Interfaces;
use crate::guest::{block_on, load};

#[test]
fn streams_pass_through_three_languages() -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, "pipeline");
    let mut store = Store::new(&engine, ());
    let totals = Interfaces::instantiate(&mut store, &component, &Linker::new())?.totals;
    let store = &mut store;

    assert_eq!(totals.total(store, 0)?, 0);
    assert_eq!(totals.total(store, 4)?, 14);
    assert_eq!(totals.total(store, 500)?, (0..500).map(|it| it * it).sum::<u64>());
    // The last component drops its stream; the two before it stop writing.
    assert_eq!(totals.total_of_first(store, 1_000_000, 10)?, 285);
    assert_eq!(totals.total_of_first(store, 1_000_000, 0)?, 0);
    assert_eq!(totals.total(store, 5)?, 30);
    assert!(store.waiting().is_empty(), "{:?}", store.waiting());
    Ok(())
}

#[test]
fn many_pass_at_once() -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, "pipeline");
    let mut store = Store::new(&engine, ());
    block_on(async {
        let linker = Linker::new();
        let totals = Interfaces::instantiate_async(&mut store, &component, &linker).await?.totals;
        let access = store.access();
        let results = store
            .drive(async {
                let mut calls = tokio::task::JoinSet::new();
                for to in 0..20 {
                    let (mut access, totals) = (access.clone(), totals.clone());
                    calls.spawn(async move { (to, totals.total_async(&mut access, to).await) });
                }
                calls.join_all().await
            })
            .await;
        assert_eq!(results.len(), 20);
        for (to, total) in results {
            assert_eq!(total?, (0..u64::from(to)).map(|it| it * it).sum::<u64>());
        }
        Ok(())
    })
}
