//! `wasi:io/streams`.

use alloc::vec;
use alloc::vec::Vec;
use core::future::poll_fn;

use weft::binding::{Borrow, HostAccess, HostCaller, HostError, Own};

use super::{Pollable, StreamFailure};
use crate::WasiCtx;
use crate::bytes::{Draining, InputStream, OutputStream};
use crate::p2::bindings::io::wasi::io::streams::{HostInputStream, HostOutputStream};

/// The largest number of bytes in a call of a function that blocks and flushes.
const BLOCKING_MOST: usize = 4096;

impl HostInputStream for WasiCtx {
    fn read(
        _: &mut impl HostCaller<Self>,
        self_: Borrow<InputStream>,
        len: u64,
    ) -> Result<Vec<u8>, StreamFailure> {
        Ok(self_.read(len)?)
    }

    async fn blocking_read(
        _: impl HostAccess<Self>,
        self_: Borrow<InputStream>,
        len: u64,
    ) -> Result<Vec<u8>, StreamFailure> {
        Ok(poll_fn(|context| self_.poll_take(context, len)).await?)
    }

    fn skip(
        _: &mut impl HostCaller<Self>,
        self_: Borrow<InputStream>,
        len: u64,
    ) -> Result<u64, StreamFailure> {
        Ok(length(&self_.read(len)?))
    }

    async fn blocking_skip(
        _: impl HostAccess<Self>,
        self_: Borrow<InputStream>,
        len: u64,
    ) -> Result<u64, StreamFailure> {
        Ok(length(&poll_fn(|context| self_.poll_take(context, len)).await?))
    }

    fn subscribe(
        _: &mut impl HostCaller<Self>,
        self_: Borrow<InputStream>,
    ) -> Result<Own<Pollable>, HostError> {
        let stream = InputStream::clone(&self_);
        Ok(Own::new(Pollable::new(move |context| stream.poll_ready(context))))
    }
}

impl HostOutputStream for WasiCtx {
    fn check_write(
        _: &mut impl HostCaller<Self>,
        self_: Borrow<OutputStream>,
    ) -> Result<u64, StreamFailure> {
        Ok(u64::try_from(self_.room()?).unwrap_or(u64::MAX))
    }

    fn write(
        caller: &mut impl HostCaller<Self>,
        self_: Borrow<OutputStream>,
        contents: Vec<u8>,
    ) -> Result<(), StreamFailure> {
        write(caller, &self_, &contents)
    }

    async fn blocking_write_and_flush(
        _: impl HostAccess<Self>,
        self_: Borrow<OutputStream>,
        contents: Vec<u8>,
    ) -> Result<(), StreamFailure> {
        write_and_flush(&self_, &contents).await
    }

    fn flush(
        caller: &mut impl HostCaller<Self>,
        self_: Borrow<OutputStream>,
    ) -> Result<(), StreamFailure> {
        let draining = self_.flush()?;
        go_on(caller, draining)
    }

    async fn blocking_flush(
        _: impl HostAccess<Self>,
        self_: Borrow<OutputStream>,
    ) -> Result<(), StreamFailure> {
        Ok(poll_fn(|context| self_.poll_flushed(context)).await?)
    }

    fn subscribe(
        _: &mut impl HostCaller<Self>,
        self_: Borrow<OutputStream>,
    ) -> Result<Own<Pollable>, HostError> {
        let stream = OutputStream::clone(&self_);
        Ok(Own::new(Pollable::new(move |context| stream.poll_ready(context))))
    }

    fn write_zeroes(
        caller: &mut impl HostCaller<Self>,
        self_: Borrow<OutputStream>,
        len: u64,
    ) -> Result<(), StreamFailure> {
        let room = self_.room()?;
        let len = usize::try_from(len).ok().filter(|len| *len <= room);
        let len = len.ok_or_else(|| StreamFailure::Trap(MORE_THAN_PERMITTED.into()))?;
        write(caller, &self_, &vec![0; len])
    }

    async fn blocking_write_zeroes_and_flush(
        _: impl HostAccess<Self>,
        self_: Borrow<OutputStream>,
        len: u64,
    ) -> Result<(), StreamFailure> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        // One byte too many fails in the same way as many.
        write_and_flush(&self_, &vec![0; len.min(BLOCKING_MOST + 1)]).await
    }

    fn splice(
        caller: &mut impl HostCaller<Self>,
        self_: Borrow<OutputStream>,
        src: Borrow<InputStream>,
        len: u64,
    ) -> Result<u64, StreamFailure> {
        let room = u64::try_from(self_.room()?).unwrap_or(u64::MAX);
        let bytes = if room == 0 { Vec::new() } else { src.read(len.min(room))? };
        write(caller, &self_, &bytes)?;
        Ok(length(&bytes))
    }

    async fn blocking_splice(
        access: impl HostAccess<Self>,
        self_: Borrow<OutputStream>,
        src: Borrow<InputStream>,
        len: u64,
    ) -> Result<u64, StreamFailure> {
        poll_fn(|context| self_.poll_ready(context)).await;
        poll_fn(|context| src.poll_ready(context)).await;
        access.with(move |caller| Self::splice(caller, self_, src, len)).await?
    }
}

const MORE_THAN_PERMITTED: &str =
    "`output-stream.write` was called with more bytes than `check-write` has permitted";

fn write(
    caller: &mut impl HostCaller<WasiCtx>,
    stream: &OutputStream,
    bytes: &[u8],
) -> Result<(), StreamFailure> {
    if bytes.len() > stream.room()? {
        return Err(StreamFailure::Trap(MORE_THAN_PERMITTED.into()));
    }
    let draining = stream.write(bytes)?;
    go_on(caller, draining)
}

/// Continues a write after the guest was told that it is complete.
fn go_on(
    caller: &mut impl HostCaller<WasiCtx>,
    draining: Option<Draining>,
) -> Result<(), StreamFailure> {
    if let Some(draining) = draining {
        caller.spawn(async move {
            draining.await;
            Ok(())
        })?;
    }
    Ok(())
}

async fn write_and_flush(stream: &OutputStream, bytes: &[u8]) -> Result<(), StreamFailure> {
    if bytes.len() > BLOCKING_MOST {
        let message = "a blocking function of `output-stream` was called with more than 4096 bytes";
        return Err(StreamFailure::Trap(message.into()));
    }
    poll_fn(|context| stream.poll_flushed(context)).await?;
    if let Some(draining) = stream.write(bytes)? {
        draining.await;
    }
    Ok(poll_fn(|context| stream.poll_flushed(context)).await?)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
