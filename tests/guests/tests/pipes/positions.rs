//! Streams and futures in every position: the host passes them to the guest, which passes them to
//! the host, which returns them.

use std::error::Error;

use weft::binding::{FutureHandle, HostAccess, HostCaller, HostError, OrTrap, StreamHandle, World};
use weft::component::Store;
use weft::component::streams::iter;
use weft::engine::wasmi::Wasmi;

use super::guest;
use super::host::Source;
use crate::Fine;
use crate::bindings::pipes::PipesFull;
use crate::bindings::pipes::guests::pipes::parcels::{Either, Parcel};
use crate::bindings::pipes::guests::pipes::positions::Host;
use crate::guest::block_on;

impl Host for Source {
    fn pass_stream(
        _: &mut impl HostCaller<Self>,
        it: StreamHandle<u8>,
    ) -> Result<StreamHandle<u8>, HostError> {
        Ok(it)
    }

    fn pass_future(
        _: &mut impl HostCaller<Self>,
        it: FutureHandle<String>,
    ) -> Result<FutureHandle<String>, HostError> {
        Ok(it)
    }

    fn pass_record(_: &mut impl HostCaller<Self>, it: Parcel) -> Result<Parcel, HostError> {
        Ok(it)
    }

    fn pass_variant(_: &mut impl HostCaller<Self>, it: Either) -> Result<Either, HostError> {
        Ok(it)
    }

    fn pass_list(
        _: &mut impl HostCaller<Self>,
        it: Vec<StreamHandle<u32>>,
    ) -> Result<Vec<StreamHandle<u32>>, HostError> {
        Ok(it)
    }

    fn pass_option(
        _: &mut impl HostCaller<Self>,
        it: Option<FutureHandle<u8>>,
    ) -> Result<Option<FutureHandle<u8>>, HostError> {
        Ok(it)
    }

    fn pass_result(
        _: &mut impl HostCaller<Self>,
        it: Result<StreamHandle<u8>, FutureHandle<String>>,
    ) -> Result<StreamHandle<u8>, OrTrap<FutureHandle<String>>> {
        Ok(it?)
    }

    fn pass_tuple(
        _: &mut impl HostCaller<Self>,
        it: (u8, StreamHandle<Parcel>, FutureHandle<Vec<String>>),
    ) -> Result<(u8, StreamHandle<Parcel>, FutureHandle<Vec<String>>), HostError> {
        Ok(it)
    }

    fn pass_stream_of_streams(
        _: &mut impl HostCaller<Self>,
        it: StreamHandle<StreamHandle<u8>>,
    ) -> Result<StreamHandle<StreamHandle<u8>>, HostError> {
        Ok(it)
    }

    fn pass_future_of_stream(
        _: &mut impl HostCaller<Self>,
        it: FutureHandle<StreamHandle<String>>,
    ) -> Result<FutureHandle<StreamHandle<String>>, HostError> {
        Ok(it)
    }

    fn pass_stream_of_futures(
        _: &mut impl HostCaller<Self>,
        it: StreamHandle<FutureHandle<u32>>,
    ) -> Result<StreamHandle<FutureHandle<u32>>, HostError> {
        Ok(it)
    }

    fn pass_signal(
        _: &mut impl HostCaller<Self>,
        it: FutureHandle<()>,
    ) -> Result<FutureHandle<()>, HostError> {
        Ok(it)
    }

    async fn pass_later(_: impl HostAccess<Self>, it: Parcel) -> Result<Parcel, HostError> {
        tokio::task::yield_now().await;
        Ok(it)
    }
}

type Said<V> = Result<V, Box<dyn Error>>;
type Guests = Store<Wasmi, Source>;

fn stream(store: &mut Guests, text: &str) -> Said<StreamHandle<u8>> {
    Ok(store.stream_from(text.as_bytes().to_vec())?.0)
}

fn future(store: &mut Guests, text: &str) -> Said<FutureHandle<String>> {
    let text = text.to_owned();
    Ok(store.future_from(async { text })?.0)
}

fn parcel(store: &mut Guests, name: &str) -> Said<Parcel> {
    let bytes = stream(store, name)?;
    let (done, _) = store.future_from(async { Err("half-way".to_owned()) })?;
    Ok(Parcel { name: name.to_owned(), bytes, done })
}

async fn all<V>(store: &mut Guests, stream: StreamHandle<V>) -> Said<Vec<V>>
where
    V: for<'l> weft::abi::Lift<'l> + Send + 'static,
{
    let values = store.collect(stream)?;
    Ok(store.drive(values).await?)
}

async fn value<V>(store: &mut Guests, future: FutureHandle<V>) -> Said<V>
where
    V: for<'l> weft::abi::Lift<'l> + Send + 'static,
{
    let value = store.future_value(future)?;
    Ok(store.drive(value).await?)
}

async fn check_parcel(store: &mut Guests, parcel: Parcel, name: &str) -> Fine {
    assert_eq!(parcel.name, name);
    assert_eq!(all(store, parcel.bytes).await?, name.as_bytes());
    assert_eq!(value(store, parcel.done).await?, Err("half-way".to_owned()));
    Ok(())
}

#[test]
fn of_rust() -> Fine {
    let (component, linker, mut store) = guest("pipes-rust");
    block_on(async {
        let store = &mut store;
        let guest = PipesFull::instantiate_async(store, &component, &linker).await?.positions;

        let it = stream(store, "bytes")?;
        let it = guest.pass_stream_async(store, it).await?;
        assert_eq!(all(store, it).await?, b"bytes");

        let it = future(store, "text")?;
        let it = guest.pass_future_async(store, it).await?;
        assert_eq!(value(store, it).await?, "text");

        let it = parcel(store, "parcel")?;
        let it = guest.pass_record_async(store, it).await?;
        check_parcel(store, it, "parcel").await?;
        let it = parcel(store, "later")?;
        let it = guest.pass_later_async(store, it).await?;
        check_parcel(store, it, "later").await?;

        let it = guest.pass_variant_async(store, Either::Neither).await?;
        assert!(matches!(it, Either::Neither));
        let (it, _) = store.stream_from(vec!["a".to_owned(), "b".to_owned()])?;
        let Either::Streamed(it) = guest.pass_variant_async(store, Either::Streamed(it)).await?
        else {
            return Err("another case".into());
        };
        assert_eq!(all(store, it).await?, ["a", "b"]);
        let (it, _) = store.future_from(async { u64::MAX })?;
        let Either::Promised(it) = guest.pass_variant_async(store, Either::Promised(it)).await?
        else {
            return Err("another case".into());
        };
        assert_eq!(value(store, it).await?, u64::MAX);

        let mut list = Vec::new();
        for start in 0..10_u32 {
            list.push(store.stream_from(iter(start..start + 3))?.0);
        }
        let list = guest.pass_list_async(store, list).await?;
        assert_eq!(list.len(), 10);
        for (start, it) in (0..).zip(list) {
            assert_eq!(all(store, it).await?, [start, start + 1, start + 2]);
        }

        assert!(guest.pass_option_async(store, None).await?.is_none());
        let (it, _) = store.future_from(async { 7_u8 })?;
        let it = guest.pass_option_async(store, Some(it)).await?.ok_or("none")?;
        assert_eq!(value(store, it).await?, 7);

        let it = stream(store, "fine")?;
        let it = guest.pass_result_async(store, Ok(it)).await?.map_err(|_| "an error")?;
        assert_eq!(all(store, it).await?, b"fine");
        let it = future(store, "bad")?;
        let it = guest.pass_result_async(store, Err(it)).await?.err().ok_or("no error")?;
        assert_eq!(value(store, it).await?, "bad");
        Ok::<_, Box<dyn Error>>(())
    })?;
    assert!(store.waiting().is_empty(), "{:?}", store.waiting());
    Ok(())
}

#[test]
fn of_rust_within_one_another() -> Fine {
    let (component, linker, mut store) = guest("pipes-rust");
    block_on(async {
        let store = &mut store;
        let guest = PipesFull::instantiate_async(store, &component, &linker).await?.positions;

        let parcels = vec![parcel(store, "one")?, parcel(store, "two")?];
        let (parcels, _) = store.stream_from(parcels)?;
        let (texts, _) = store.future_from(async { vec!["x".to_owned(), String::new()] })?;
        let (number, parcels, texts) = guest.pass_tuple_async(store, (9, parcels, texts)).await?;
        assert_eq!(number, 9);
        let parcels = all(store, parcels).await?;
        assert_eq!(parcels.len(), 2);
        for (it, name) in parcels.into_iter().zip(["one", "two"]) {
            check_parcel(store, it, name).await?;
        }
        assert_eq!(value(store, texts).await?, ["x", ""]);

        let streams = vec![stream(store, "a")?, stream(store, "")?, stream(store, "ccc")?];
        let (streams, _) = store.stream_from(streams)?;
        let streams = guest.pass_stream_of_streams_async(store, streams).await?;
        let streams = all(store, streams).await?;
        assert_eq!(streams.len(), 3);
        for (it, text) in streams.into_iter().zip(["a", "", "ccc"]) {
            assert_eq!(all(store, it).await?, text.as_bytes());
        }

        let (texts, _) = store.stream_from(vec!["in".to_owned(), "a future".to_owned()])?;
        let (it, _) = store.future_from(async { texts })?;
        let it = guest.pass_future_of_stream_async(store, it).await?;
        let it = value(store, it).await?;
        assert_eq!(all(store, it).await?, ["in", "a future"]);

        let mut futures = Vec::new();
        for number in 0..5_u32 {
            futures.push(store.future_from(async move { number })?.0);
        }
        let (futures, _) = store.stream_from(futures)?;
        let futures = guest.pass_stream_of_futures_async(store, futures).await?;
        for (number, it) in (0..5).zip(all(store, futures).await?) {
            assert_eq!(value(store, it).await?, number);
        }

        let (it, _) = store.future_from(async {})?;
        let it = guest.pass_signal_async(store, it).await?;
        value(store, it).await?;
        Ok::<_, Box<dyn Error>>(())
    })?;
    assert!(store.waiting().is_empty(), "{:?}", store.waiting());
    Ok(())
}
