//! Flushing a guest's output.

use core::future::{Future, poll_fn};

use crate::WasiCtx;
use crate::bytes::OutputStream;

impl WasiCtx {
    /// Flushes the standard outputs. The future is ready when all bytes of the guest are at their
    /// destination, or can't get there. A host awaits it after the guest has ended, as guests are
    /// not required to flush. Bytes that are left when the store is dropped are lost.
    ///
    /// The future borrows nothing.
    ///
    /// ```
    /// # #[cfg(feature = "std")]
    /// # async fn flush(
    /// #     mut store: weft::component::Store<weft::engine::wasmi::Wasmi, weft_wasi::WasiCtx>,
    /// #     program: weft_wasi::Command,
    /// # ) -> Result<(), weft::component::CallError> {
    /// let exit = program.run_async(&mut store).await?;
    /// store.data().flush_outputs().await;
    /// # let _ = exit;
    /// # Ok(())
    /// # }
    /// ```
    pub fn flush_outputs(&self) -> impl Future<Output = ()> + Send + use<> {
        let outputs = [&self.cli.stdout, &self.cli.stderr].map(|it| it.stream.clone());
        async move {
            for output in outputs {
                flush(&output).await;
            }
        }
    }
}

async fn flush(output: &OutputStream) {
    // The guest could have got an error while it ran.
    let _ = poll_fn(|context| output.poll_flushed(context)).await;
}
