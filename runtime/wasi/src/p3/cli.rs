//! `wasi:cli` 0.3.

use alloc::string::String;
use alloc::vec::Vec;

use weft::binding::{FutureHandle, HostCaller, HostError, Own, StreamHandle};
use weft::component::streams::StreamError;

use super::bindings::cli::wasi::cli::{
    environment, exit, stderr, stdin, stdout, terminal_stderr, terminal_stdin, terminal_stdout,
    types::ErrorCode,
};
use crate::bytes::{BytesError, BytesErrorKind, OutputStream, sink_stream, source_stream};
use crate::cli::{TerminalInput, TerminalOutput};
use crate::{Exit, WasiCtx};

impl environment::Host for WasiCtx {
    fn get_environment(&mut self) -> Vec<(String, String)> {
        self.cli.environment.clone()
    }

    fn get_arguments(&mut self) -> Vec<String> {
        self.cli.arguments.clone()
    }

    fn get_initial_cwd(&mut self) -> Option<String> {
        self.cli.initial_cwd.clone()
    }
}

impl exit::Host for WasiCtx {
    fn exit(&mut self, status: Result<(), ()>) -> Result<(), HostError> {
        Err(Exit::with(status).into())
    }

    fn exit_with_code(&mut self, status_code: u8) -> Result<(), HostError> {
        Err(Exit { code: status_code }.into())
    }
}

/// The result of a guest's future: how a stream ended on the side of the host.
type Ended = FutureHandle<Result<(), ErrorCode>>;

impl stdin::Host for WasiCtx {
    fn read_via_stream(
        caller: &mut impl HostCaller<Self>,
    ) -> Result<(StreamHandle<u8>, Ended), HostError> {
        let source = source_stream(caller.host().cli.stdin.stream.clone());
        let (stream, transfer) = caller.with_store(|store| store.stream_from(source))?;
        let ended = caller.future_from(async { ended(transfer.await) })?;
        Ok((stream, ended))
    }
}

impl stdout::Host for WasiCtx {
    fn write_via_stream(
        caller: &mut impl HostCaller<Self>,
        data: StreamHandle<u8>,
    ) -> Result<Ended, HostError> {
        let stream = caller.host().cli.stdout.stream.clone();
        write(caller, data, stream)
    }
}

impl stderr::Host for WasiCtx {
    fn write_via_stream(
        caller: &mut impl HostCaller<Self>,
        data: StreamHandle<u8>,
    ) -> Result<Ended, HostError> {
        let stream = caller.host().cli.stderr.stream.clone();
        write(caller, data, stream)
    }
}

fn write(
    caller: &mut impl HostCaller<WasiCtx>,
    data: StreamHandle<u8>,
    stream: OutputStream,
) -> Result<Ended, HostError> {
    let transfer = caller.stream_into(data, sink_stream(stream))?;
    caller.future_from(async { ended(transfer.await) })
}

/// Returns the outcome for a guest. It is not an error if the guest drops its end, or no longer
/// exists.
fn ended(result: Result<(), StreamError<BytesError>>) -> Result<(), ErrorCode> {
    match result {
        Err(StreamError::Failed(error)) => Err(error.kind().into()),
        Err(StreamError::Panicked(_)) => Err(ErrorCode::Io),
        _ => Ok(()),
    }
}

impl From<BytesErrorKind> for ErrorCode {
    fn from(kind: BytesErrorKind) -> Self {
        match kind {
            BytesErrorKind::BrokenPipe => Self::Pipe,
            BytesErrorKind::IllegalByteSequence => Self::IllegalByteSequence,
            BytesErrorKind::Io => Self::Io,
        }
    }
}

impl terminal_stdin::Host for WasiCtx {
    fn get_terminal_stdin(&mut self) -> Option<Own<TerminalInput>> {
        self.cli.stdin.is_terminal.then(|| Own::new(TerminalInput))
    }
}

impl terminal_stdout::Host for WasiCtx {
    fn get_terminal_stdout(&mut self) -> Option<Own<TerminalOutput>> {
        self.cli.stdout.is_terminal.then(|| Own::new(TerminalOutput))
    }
}

impl terminal_stderr::Host for WasiCtx {
    fn get_terminal_stderr(&mut self) -> Option<Own<TerminalOutput>> {
        self.cli.stderr.is_terminal.then(|| Own::new(TerminalOutput))
    }
}
