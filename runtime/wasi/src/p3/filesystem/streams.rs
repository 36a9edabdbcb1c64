//! Files and folders as streams.

use weft::binding::{FutureHandle, HostCaller, HostError, StreamHandle};
use weft::component::streams::StreamError;

use super::entries::EntriesStream;
use crate::WasiCtx;
use crate::bytes::{BytesError, sink_stream, source_stream};
use crate::filesystem::{Descriptor, File, FileSink, FsCode, FsError};
use crate::p3::bindings::filesystem::wasi::filesystem::types::{DirectoryEntry, ErrorCode};

/// The result of a guest's future: how a stream ended on the side of the host.
pub(super) type Ended = FutureHandle<Result<(), ErrorCode>>;

/// Returns the contents of a file from a position on.
pub(super) fn read(
    caller: &mut impl HostCaller<WasiCtx>,
    descriptor: &Descriptor,
    offset: u64,
) -> Result<(StreamHandle<u8>, Ended), HostError> {
    match descriptor.readable().and_then(|file| file.read_from(offset)) {
        Ok(source) => {
            let source = source_stream(source);
            let (stream, transfer) = caller.with_store(|store| store.stream_from(source))?;
            let ended = caller.future_from(async { of_bytes(transfer.await) })?;
            Ok((stream, ended))
        }
        Err(error) => Ok((caller.stream_from([])?, failed(caller, error)?)),
    }
}

/// Writes the bytes of a stream to a file. `open` returns the sink.
pub(super) fn write(
    caller: &mut impl HostCaller<WasiCtx>,
    descriptor: &Descriptor,
    data: StreamHandle<u8>,
    open: impl FnOnce(&File) -> Result<FileSink, FsError>,
) -> Result<Ended, HostError> {
    match descriptor.file().and_then(open) {
        Ok(sink) => {
            let transfer = caller.stream_into(data, sink_stream(sink))?;
            caller.future_from(async { of_bytes(transfer.await) })
        }
        Err(error) => {
            let end = data.end();
            caller.with_store(|store| store.drop_end(end))?;
            failed(caller, error)
        }
    }
}

/// Returns the entries of a folder.
pub(super) fn list(
    caller: &mut impl HostCaller<WasiCtx>,
    descriptor: &Descriptor,
) -> Result<(StreamHandle<DirectoryEntry>, Ended), HostError> {
    match descriptor.directory() {
        Ok(directory) => {
            let source = EntriesStream::new(directory.clone());
            let (stream, transfer) = caller.with_store(|store| store.stream_from(source))?;
            let ended = caller.future_from(async { of_entries(transfer.await) })?;
            Ok((stream, ended))
        }
        Err(error) => Ok((caller.stream_from([])?, failed(caller, error)?)),
    }
}

/// Returns the future of a stream that failed before it began.
fn failed(caller: &mut impl HostCaller<WasiCtx>, error: FsError) -> Result<Ended, HostError> {
    let code = error.into_code()?;
    caller.future_from(async move { Err(code.into()) })
}

/// Returns the outcome for a guest. It is not an error if the guest drops its end, or no longer
/// exists.
fn of_bytes(result: Result<(), StreamError<BytesError>>) -> Result<(), ErrorCode> {
    match result {
        Err(StreamError::Failed(error)) => {
            Err(FsCode::of_stream(&error).unwrap_or(FsCode::Io).into())
        }
        Err(StreamError::Panicked(_)) => Err(ErrorCode::Io),
        _ => Ok(()),
    }
}

fn of_entries(result: Result<(), StreamError<FsError>>) -> Result<(), ErrorCode> {
    match result {
        Err(StreamError::Failed(error)) => Err(error.into_code().unwrap_or(FsCode::Io).into()),
        Err(StreamError::Panicked(_)) => Err(ErrorCode::Io),
        _ => Ok(()),
    }
}
