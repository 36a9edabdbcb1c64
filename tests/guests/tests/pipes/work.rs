//! Operations of guests on values, streams and futures.

use std::error::Error;

use weft::binding::{Exports, World};
use weft::component::CallError;
use weft::component::streams::iter;

use super::guest;
use crate::Fine;
use crate::bindings::pipes::exports::guests::pipes::work::Work;
use crate::bindings::pipes::guests::pipes::failures::Failure;
use crate::guest::{block_on, explained};

/// The exports of a guest, without its other parts.
struct Worker(Work);

impl World for Worker {
    const NAME: &'static str = "guests:pipes/pipes";
    const IMPORTS: &'static [&'static str] = &["guests:pipes/source"];
    const EXPORTS: &'static [&'static str] = &["guests:pipes/work"];

    fn find(exports: &mut Exports<'_>) -> Option<Self> {
        exports.interface("guests:pipes/work", Work::find_in).map(Self)
    }
}

/// Calls everything. At most `at_a_time` calls of imports are active at once.
fn everything(name: &str, at_a_time: u32) -> Fine {
    let (component, linker, mut store) = guest(name);
    let done = block_on(async {
        let Worker(guest) = Worker::instantiate_async(&mut store, &component, &linker).await?;
        let store = &mut store;
        assert_eq!(guest.greet_async(store, "you").await?, "Hello, YOU!");
        let both = guest.both_async(store, "a", "b").await?;
        assert_eq!(both, ("A".to_owned(), "B".to_owned()));
        assert_eq!(store.data().most_shouting, at_a_time);
        assert_eq!(guest.sum_of_source_async(store, 1000).await?, 499_500);
        assert_eq!(guest.tell_secret_async(store).await?, "hidden");
        assert_eq!(guest.save_async(store, "12345").await?, Ok(5));
        assert_eq!(store.data().stored, b"12345");
        assert_eq!(guest.save_async(store, "").await?, Err("nothing to store".to_owned()));

        // Error codes, at once and later.
        for after in [0, 1] {
            assert_eq!(guest.answer_async(store, after, 0).await?, Err(Failure::Missing));
            assert_eq!(guest.answer_async(store, after, 1).await?, Err(Failure::Busy));
            assert_eq!(guest.answer_async(store, after, 2).await?, Err(Failure::Gone));
            assert_eq!(guest.answer_async(store, after, 21).await?, Ok(43));
        }

        let (numbers, _) = store.stream_from(vec![1_u32, 2, 3])?;
        assert_eq!(guest.sum_async(store, numbers).await?, 6);
        let (numbers, _) = store.stream_from(Vec::<u32>::new())?;
        assert_eq!(guest.sum_async(store, numbers).await?, 0);

        let counted = guest.count_up_async(store, 5).await?;
        let counted = store.collect(counted)?;
        assert_eq!(store.drive(counted).await?, [0, 1, 2, 3, 4]);

        let (numbers, mut writer) = store.stream_writer::<u32>()?;
        let doubled = guest.double_async(store, numbers).await?;
        let mut doubled = store.stream_reader(doubled)?;
        let got = store
            .drive(async {
                writer.send(4).await?;
                let one = doubled.next().await?;
                writer.send(5).await?;
                let two = doubled.next().await?;
                drop(writer);
                let end = doubled.next().await?;
                Ok::<_, Box<dyn Error>>((one, two, end))
            })
            .await?;
        assert_eq!(got, (Some(8), Some(10), None));

        let (question, _) = store.future_from(async { "Why".to_owned() })?;
        assert_eq!(guest.ask_async(store, question).await?, "Why? 42.");
        let promise = guest.promise_async(store, "x").await?;
        let promise = store.future_value(promise)?;
        assert_eq!(store.drive(promise).await?, "X");

        // The guest stops reading in the middle.
        let (numbers, written) = store.stream_from(iter(5_u32..1_000_000))?;
        assert_eq!(guest.take_async(store, numbers, 3).await?, [5, 6, 7]);
        drop(written);
        let (numbers, _) = store.stream_from(vec![1_u32])?;
        assert_eq!(guest.take_async(store, numbers, 3).await?, [1]);
        Ok::<_, Box<dyn Error>>(())
    });
    explained(&store, done)?;
    assert!(store.waiting().is_empty(), "{:?}", store.waiting());
    Ok(())
}

/// Checks failures of the guest that end it.
fn failing(name: &str) -> Fine {
    let (component, linker, mut store) = guest(name);
    block_on(async {
        let Worker(guest) = Worker::instantiate_async(&mut store, &component, &linker).await?;
        let error = guest.fail_async(&mut store).await.unwrap_err();
        assert!(matches!(error, CallError::Core(_)), "{error}");
        assert!(guest.greet_async(&mut store, "you").await.is_err());
        Ok(())
    })
}

#[test]
fn of_rust() -> Fine {
    everything("pipes-rust", 2)?;
    failing("pipes-rust")
}

#[test]
fn of_javascript() -> Fine {
    // It imports no async functions.
    everything("pipes-js", 1)?;
    failing("pipes-js")
}

#[test]
#[ignore = "needs a guest of 18 MB: `tests/guests/build pipes-python`"]
fn of_python() -> Fine {
    everything("pipes-python", 2)?;
    failing("pipes-python")
}
