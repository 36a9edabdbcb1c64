//! Cancellation half-way: of calls by the host, of calls by the guest, of reads and of writes.

use std::error::Error;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use weft::binding::World;

use super::guest;
use crate::Fine;
use crate::bindings::pipes::PipesFull;
use crate::guest::block_on;

#[test]
fn the_host_cancels_a_call() -> Fine {
    let (component, linker, mut store) = guest("pipes-rust");
    block_on(async {
        let guest = PipesFull::instantiate_async(&mut store, &component, &linker).await?.giving_up;
        let time = Duration::from_millis(20);
        let call = tokio::time::timeout(time, guest.wait_async(&mut store)).await;
        assert!(call.is_err(), "{call:?}");
        // The guest gets the request when the store runs next; its own call is also cancelled.
        assert_eq!(guest.first_async(&mut store, "x").await?, "X");
        assert_eq!(store.data().notes, ["cancelled"]);
        assert_eq!(store.data().given_up.load(Relaxed), 2);
        Ok::<_, Box<dyn Error>>(())
    })?;
    assert!(store.waiting().is_empty(), "{:?}", store.waiting());
    Ok(())
}

#[test]
fn the_guest_cancels_a_call() -> Fine {
    let (component, linker, mut store) = guest("pipes-rust");
    block_on(async {
        let guest = PipesFull::instantiate_async(&mut store, &component, &linker).await?.giving_up;
        for round in 1..=10 {
            assert_eq!(guest.first_async(&mut store, "first").await?, "FIRST");
            assert_eq!(store.data().given_up.load(Relaxed), round);
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    assert!(store.waiting().is_empty(), "{:?}", store.waiting());
    Ok(())
}

#[test]
fn the_guest_cancels_a_read() -> Fine {
    let (component, linker, mut store) = guest("pipes-rust");
    block_on(async {
        let guest = PipesFull::instantiate_async(&mut store, &component, &linker).await?.giving_up;
        let (numbers, mut writer) = store.stream_writer::<u32>()?;
        let mut access = store.access();
        let host = access.clone();
        let (read, sent) = store
            .drive(async {
                let reading = guest.read_twice_async(&mut access, numbers);
                let writing = async {
                    while host.with(|store| store.data().notes.is_empty()).await? {
                        tokio::task::yield_now().await;
                    }
                    for number in 1..=3 {
                        writer.send(number).await?;
                    }
                    drop(writer);
                    Ok::<_, Box<dyn Error>>(())
                };
                tokio::join!(reading, writing)
            })
            .await;
        assert_eq!(read?, [1, 2, 3]);
        sent?;
        assert_eq!(store.data().notes, ["gave up the first read"]);
        Ok(())
    })
}

#[test]
fn the_host_drops_a_stream_that_it_reads() -> Fine {
    let (component, linker, mut store) = guest("pipes-rust");
    block_on(async {
        let guest = PipesFull::instantiate_async(&mut store, &component, &linker).await?.giving_up;
        let store = &mut store;
        for taken in [0, 1, 5] {
            let (numbers, accepted) = guest.offer_async(store, 100).await?;
            let mut numbers = store.stream_reader(numbers)?;
            let accepted = store.future_value(accepted)?;
            let accepted = store
                .drive(async {
                    for number in 0..taken {
                        assert_eq!(numbers.next().await?, Some(number));
                    }
                    drop(numbers);
                    Ok::<_, Box<dyn Error>>(accepted.await?)
                })
                .await?;
            assert_eq!(accepted, taken);
        }
        let (numbers, accepted) = guest.offer_async(store, 100).await?;
        let numbers = store.collect(numbers)?;
        assert_eq!(store.drive(numbers).await?.len(), 100);
        let accepted = store.future_value(accepted)?;
        assert_eq!(store.drive(accepted).await?, 100);
        Ok(())
    })
}

#[test]
fn the_guest_cancels_a_write() -> Fine {
    let (component, linker, mut store) = guest("pipes-rust");
    block_on(async {
        let guest = PipesFull::instantiate_async(&mut store, &component, &linker).await?.giving_up;
        let store = &mut store;
        let (numbers, back) = guest.write_back_async(store).await?;
        let back = store.future_value(back)?;
        assert_eq!(store.drive(back).await?, [1, 2, 3]);
        let numbers = store.collect(numbers)?;
        assert_eq!(store.drive(numbers).await?, [4]);
        Ok(())
    })
}
