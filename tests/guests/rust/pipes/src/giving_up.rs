//! Functions that are cancelled, or that cancel calls, reads and writes.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use wit_bindgen::{FutureReader, StreamReader};

use crate::exports::guests::pipes::giving_up::Guest;
use crate::guests::pipes::source;
use crate::{Pipes, wit_future, wit_stream};

/// Tells the host how a function ended, when it is dropped.
struct Told(&'static str);

impl Drop for Told {
    fn drop(&mut self) {
        source::note(self.0);
    }
}

impl Guest for Pipes {
    async fn wait() {
        let told = Told("cancelled");
        source::never().await;
        std::mem::forget(told);
    }

    async fn first(text: String) -> String {
        let mut fast = pin!(source::shout(text));
        let mut never = pin!(source::never());
        poll_fn(|cx| {
            if let Poll::Ready(it) = never.as_mut().poll(cx) {
                return Poll::Ready(it);
            }
            fast.as_mut().poll(cx)
        })
        .await
    }

    async fn read_twice(mut numbers: StreamReader<u32>) -> Vec<u32> {
        let mut read = {
            let mut read = pin!(numbers.read(Vec::with_capacity(4)));
            poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx).is_pending())).await;
            let (_, read) = read.as_mut().cancel();
            read
        };
        source::note("gave up the first read");
        while let Some(number) = numbers.next().await {
            read.push(number);
        }
        read
    }

    async fn offer(count: u32) -> (StreamReader<u32>, FutureReader<u32>) {
        let (mut writer, numbers) = wit_stream::new();
        let (told, taken) = wit_future::new(|| 0);
        wit_bindgen::spawn_local(async move {
            let mut accepted = 0;
            while accepted < count && writer.write_all(vec![accepted]).await.is_empty() {
                accepted += 1;
            }
            drop(writer);
            let _ = told.write(accepted).await;
        });
        (numbers, taken)
    }

    async fn write_back() -> (StreamReader<u32>, FutureReader<Vec<u32>>) {
        let (mut writer, numbers) = wit_stream::new();
        let (told, back) = wit_future::new(Vec::new);
        wit_bindgen::spawn_local(async move {
            let rest = {
                let mut write = pin!(writer.write(vec![1, 2, 3]));
                poll_fn(|cx| Poll::Ready(write.as_mut().poll(cx).is_pending())).await;
                let (_, rest) = write.as_mut().cancel();
                rest.into_vec()
            };
            let _ = told.write(rest).await;
            writer.write_all(vec![4]).await;
        });
        (numbers, back)
    }
}
