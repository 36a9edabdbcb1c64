//! Async functions, streams, futures, cancellation.

wit_bindgen::generate!({ path: "../../wit/pipes.wit", world: "pipes-full", generate_all });

mod giving_up;
mod positions;

use std::task::Poll;

use exports::guests::pipes::work::{Failure, Guest};
use guests::pipes::source;
use wit_bindgen::{FutureReader, StreamReader, StreamResult};

struct Pipes;

export!(Pipes);

impl Guest for Pipes {
    async fn greet(name: String) -> String {
        format!("Hello, {}!", source::shout(name).await)
    }

    async fn both(one: String, two: String) -> (String, String) {
        join(source::shout(one), source::shout(two)).await
    }

    async fn sum(numbers: StreamReader<u32>) -> u64 {
        numbers.collect().await.into_iter().map(u64::from).sum()
    }

    async fn sum_of_source(count: u32) -> u64 {
        Self::sum(source::numbers(count)).await
    }

    async fn count_up(to: u32) -> StreamReader<u32> {
        let (mut writer, reader) = wit_stream::new();
        wit_bindgen::spawn_local(async move {
            for number in 0..to {
                if !writer.write_all(vec![number]).await.is_empty() {
                    return;
                }
            }
        });
        reader
    }

    async fn double(mut numbers: StreamReader<u32>) -> StreamReader<u32> {
        let (mut writer, reader) = wit_stream::new();
        wit_bindgen::spawn_local(async move {
            loop {
                let (result, read) = numbers.read(Vec::with_capacity(16)).await;
                let doubled = read.into_iter().map(|it| it * 2).collect();
                writer.write_all(doubled).await;
                if matches!(result, StreamResult::Dropped) {
                    return;
                }
            }
        });
        reader
    }

    async fn ask(question: FutureReader<String>) -> String {
        format!("{}? 42.", question.await)
    }

    async fn promise(text: String) -> FutureReader<String> {
        let (writer, reader) = wit_future::new(|| "nothing".to_owned());
        wit_bindgen::spawn_local(async move {
            let shouted = source::shout(text).await;
            let _ = writer.write(shouted).await;
        });
        reader
    }

    async fn tell_secret() -> String {
        source::secret().await
    }

    async fn save(text: String) -> Result<u64, String> {
        let (mut writer, reader) = wit_stream::new();
        let stored = source::store(reader);
        writer.write_all(text.into_bytes()).await;
        drop(writer);
        stored.await
    }

    async fn answer(after: u32, key: u32) -> Result<u32, Failure> {
        Ok(source::answer(after, key).await? + 1)
    }

    async fn take(mut numbers: StreamReader<u32>, count: u32) -> Vec<u32> {
        let mut taken = Vec::new();
        while taken.len() < count as usize
            && let Some(number) = numbers.next().await
        {
            taken.push(number);
        }
        taken
    }

    fn fail() {
        deeper(&[]);
    }
}

#[inline(never)]
fn deeper(numbers: &[u32]) {
    let first = numbers.first().expect("there is a number");
    std::hint::black_box(first);
}

/// Runs two futures at once.
async fn join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut one, mut two) = (None, None);
    std::future::poll_fn(|cx| {
        if one.is_none()
            && let Poll::Ready(it) = a.as_mut().poll(cx)
        {
            one = Some(it);
        }
        if two.is_none()
            && let Poll::Ready(it) = b.as_mut().poll(cx)
        {
            two = Some(it);
        }
        match (one.take(), two.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (one, two) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}
