//! The host of the guests: the streams, futures and functions that they use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use weft::binding::{FutureHandle, HostAccess, HostCaller, HostError, OrTrap, StreamHandle};

use crate::bindings::held_source::guests::pipes::held_source;
use crate::bindings::pipes::guests::pipes::failures::Failure;
use crate::bindings::pipes::guests::pipes::source;

/// The host.
#[derive(Default)]
pub(super) struct Source {
    /// The bytes that were last stored.
    pub(super) stored: Vec<u8>,
    /// The notes of the guest.
    pub(super) notes: Vec<String>,
    /// The number of active calls of `shout`, and the largest number so far.
    pub(super) shouting: u32,
    pub(super) most_shouting: u32,
    /// The number of calls of `never` that were dropped.
    pub(super) given_up: Arc<AtomicU32>,
}

async fn shout(access: impl HostAccess<Source>, text: String) -> Result<String, HostError> {
    let count = |source: &mut Source| {
        source.shouting += 1;
        source.most_shouting = source.most_shouting.max(source.shouting);
    };
    access.with_host(count).await?;
    tokio::time::sleep(Duration::from_millis(2)).await;
    access.with_host(|source| source.shouting -= 1).await?;
    Ok(text.to_uppercase())
}

async fn answer(after: u32, key: u32) -> Result<u32, OrTrap<Failure>> {
    if after > 0 {
        tokio::time::sleep(Duration::from_millis(after.into())).await;
    }
    match key {
        0 => Err(Failure::Missing.into()),
        1 => Err(Failure::Busy.into()),
        2 => Err(Failure::Gone.into()),
        _ => Ok(key * 2),
    }
}

fn store<C: HostCaller<Source>>(
    caller: &mut C,
    bytes: StreamHandle<u8>,
) -> Result<FutureHandle<Result<u64, String>>, HostError> {
    let bytes = caller.collect(bytes)?;
    let access = caller.access();
    caller.future_from(async move {
        let bytes = bytes.await.map_err(|error| error.to_string())?;
        if bytes.is_empty() {
            return Err("nothing to store".to_owned());
        }
        let count = bytes.len() as u64;
        let stored = access.with_host(|source| source.stored = bytes).await;
        stored.map_err(|error| error.to_string())?;
        Ok(count)
    })
}

/// Implements both interfaces, which differ in the functions that are `async` in their WIT.
macro_rules! hosts {
    ($($interface:ident: { $($rest:item)* })*) => {$(
        impl $interface::Host for Source {
            fn numbers(
                caller: &mut impl HostCaller<Self>,
                count: u32,
            ) -> Result<StreamHandle<u32>, HostError> {
                caller.stream_from((0..count).collect::<Vec<_>>())
            }

            async fn shout(
                access: impl HostAccess<Self>,
                text: String,
            ) -> Result<String, HostError> {
                shout(access, text).await
            }

            async fn answer(
                _: impl HostAccess<Self>,
                after: u32,
                key: u32,
            ) -> Result<u32, OrTrap<Failure>> {
                answer(after, key).await
            }

            fn secret(caller: &mut impl HostCaller<Self>) -> Result<FutureHandle<String>, HostError> {
                caller.future_from(async {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    "hidden".to_owned()
                })
            }

            fn store(
                caller: &mut impl HostCaller<Self>,
                bytes: StreamHandle<u8>,
            ) -> Result<FutureHandle<Result<u64, String>>, HostError> {
                store(caller, bytes)
            }

            fn note(&mut self, text: String) {
                self.notes.push(text);
            }

            $($rest)*
        }
    )*};
}

hosts! {
    source: {
        async fn never(access: impl HostAccess<Self>) -> Result<String, HostError> {
            let given_up = access.with_host(|source| source.given_up.clone()).await?;
            let _told = Told(given_up);
            std::future::pending().await
        }
    }
    held_source: {}
}

/// A value that increments a counter when it is dropped.
struct Told(Arc<AtomicU32>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}
