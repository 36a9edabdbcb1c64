//! Driving a store until a Rust future is ready.

use core::future::Future;
use core::task::{Poll, Waker};

use crate::component::run::context::Context;
use crate::component::run::turns::Turn;
use crate::component::stores::Store;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Lets everything run until `future` is ready, and returns its value. It is for futures that
    /// wait for streams and futures of the store, such as a [`Transfer`](super::Transfer). Guests
    /// run for at most the turns of a [poll](Self::set_turns_per_poll) before the future is polled
    /// again.
    ///
    /// The future can't use the store meanwhile. A trap is reported by the call that it belongs to.
    /// A panic of the host that belongs to no call continues here. If a table has reached its
    /// limit, so that a guest can't go on, [`take_background_trap`](Self::take_background_trap)
    /// returns [`Error::Full`], once for each call of this method. The guest is tried again when
    /// anything is woken.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use weft::component::Store;
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let mut store = Store::new(&Wasmi::default(), ());
    /// let (stream, _) = store.stream_from(vec![1, 2, 3])?;
    /// let collecting = store.collect(stream)?;
    /// assert_eq!(store.drive(collecting).await?, [1, 2, 3]);
    /// # Ok(())
    /// # }
    /// # }
    /// ```
    pub async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = core::pin::pin!(future);
        self.count_interruptions_anew();
        let mut has_failed = false;
        core::future::poll_fn(|context| {
            loop {
                if let Poll::Ready(value) = future.as_mut().poll(context) {
                    return Poll::Ready(value);
                }
                match self.serve(context.waker()) {
                    Ok(Served::Progress) => {}
                    Ok(Served::ForTooLong) => {
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Ok(Served::Nothing) => return Poll::Pending,
                    Err(error) => {
                        // The future can't be told otherwise.
                        if !core::mem::replace(&mut has_failed, true) {
                            self.context().data_mut().add_background_trap(error.into());
                        }
                        return Poll::Pending;
                    }
                }
            }
        })
        .await
    }

    /// Lets everything run, for at most the turns of a poll.
    fn serve(&mut self, waker: &Waker) -> Result<Served, Error> {
        self.set_driver(waker);
        let turns = self.turns_per_poll;
        let served = self.context().serve(turns);
        self.raise_any_panic();
        served
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Lets everything run, for at most this many turns.
    fn serve(&mut self, turns: u32) -> Result<Served, Error> {
        let mut has_gone_on = false;
        for _ in 0..turns {
            if self.data().has_panic_of_nobody() {
                break;
            }
            match self.turn()? {
                Turn::Progress => has_gone_on = true,
                Turn::Interrupted => break,
                Turn::Idle if self.data().has_woken() => break,
                Turn::Idle if has_gone_on => return Ok(Served::Progress),
                Turn::Idle => return Ok(Served::Nothing),
            }
        }
        Ok(Served::ForTooLong)
    }
}

/// The outcome of letting everything run.
enum Served {
    /// Something has gone on, and now nothing can.
    Progress,
    /// Nothing could go on.
    Nothing,
    /// Something can still go on.
    ForTooLong,
}
