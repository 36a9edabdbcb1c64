//! Waits for a limited time. Its answers can be lost, and that is on purpose.

wit_bindgen::generate!({ path: "../../wit/patience.wit", world: "patience", generate_all });

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use wasi::clocks::monotonic_clock::{now, wait_for};
use wasi::random::random::get_random_u64;

struct Patience;

export!(Patience);

const SECOND: u64 = 1_000_000_000;

/// The call of `ask` that waits.
enum Asking {
    Nobody,
    Waits(Waker),
    Answered(u32),
}

thread_local! {
    static ASKING: RefCell<Asking> = const { RefCell::new(Asking::Nobody) };
}

/// Waits for the first of two futures.
async fn first_of<A>(one: impl Future<Output = A>, other: impl Future<Output = A>) -> A {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Pending => other.as_mut().poll(context),
        ready => ready,
    })
    .await
}

/// The answer to a call of `ask`.
struct Answer;

impl Future for Answer {
    type Output = Option<u32>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<u32>> {
        ASKING.with_borrow_mut(|asking| match asking {
            Asking::Answered(number) => Poll::Ready(Some(*number)),
            _ => {
                *asking = Asking::Waits(context.waker().clone());
                Poll::Pending
            }
        })
    }
}

impl Guest for Patience {
    async fn race(first_seconds: u64, second_seconds: u64) -> u32 {
        let sleep = async |seconds: u64, number| {
            wait_for(seconds * SECOND).await;
            number
        };
        first_of(sleep(first_seconds, 1), sleep(second_seconds, 2)).await
    }

    async fn ask(seconds: u64) -> Option<u32> {
        let patience = async {
            wait_for(seconds * SECOND).await;
            None
        };
        // The mistake: if both are there, the time-out is looked at first, and the answer is lost.
        let answer = first_of(patience, Answer).await;
        ASKING.set(Asking::Nobody);
        answer
    }

    async fn answer(seconds: u64, number: u32) -> bool {
        wait_for(seconds * SECOND).await;
        match ASKING.replace(Asking::Answered(number)) {
            Asking::Waits(waker) => {
                waker.wake();
                true
            }
            before => {
                ASKING.set(before);
                false
            }
        }
    }

    fn spin(seconds: u64) {
        let end = now() + seconds * SECOND;
        while now() < end {}
    }

    fn draw() -> u64 {
        get_random_u64()
    }
}
