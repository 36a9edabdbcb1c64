//! Running a program.

use std::future::poll_fn;
use std::task::Poll;

use weft::component::{CallError, Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::{Command, WasiCtx};

use super::stopped::Stopped;

/// Makes an instance of a program, and runs it until it ends. Returns its exit code.
///
/// # Errors
///
/// The program trapped, or was ended.
pub(super) async fn run(
    store: &mut Store<Wasmi, WasiCtx>,
    component: &Component<Wasmi>,
    linker: &Linker<Wasmi, WasiCtx>,
) -> Result<u8, Stopped> {
    let program = Command::prepare(component, linker)?.instantiate_async(store).await?;
    let exit = program.run_async(store).await?;
    to_its_end(store).await?;
    Ok(exit.code)
}

/// Runs the threads of a program that has returned: it may have more to do.
async fn to_its_end(store: &mut Store<Wasmi, WasiCtx>) -> Result<(), CallError> {
    poll_fn(|context| match store.poll(context.waker()) {
        Ok(progress) if progress.threads > 0 && !progress.is_at_rest() => Poll::Pending,
        Ok(_) => Poll::Ready(Ok(())),
        Err(error) => Poll::Ready(Err(CallError::from(error))),
    })
    .await?;
    store.take_background_trap().map_or(Ok(()), Err)
}
