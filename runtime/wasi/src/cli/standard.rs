//! The process's own arguments, environment and standard streams.

use std::env;
use std::io::{IsTerminal, stderr, stdin, stdout};

use super::ProcessOutput;
use super::context::Standard;
#[cfg(not(unix))]
use super::standard_threads::ProcessInput;
#[cfg(unix)]
use super::standard_unix::ProcessInput;
use crate::WasiCtxBuilder;
use crate::bytes::{InputStream, OutputStream};

/// The process's own arguments, environment and standard streams, with the feature `std`.
impl WasiCtxBuilder {
    /// Adds the arguments of the process. Characters that are not Unicode are replaced.
    pub fn inherit_args(self) -> Self {
        self.args(env::args_os().map(|argument| argument.to_string_lossy().into_owned()))
    }

    /// Adds the variables of the process's environment, except those that are not Unicode.
    pub fn inherit_env(self) -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        self.envs(env::vars_os().filter_map(unicode))
    }

    /// Connects the guest's standard input to that of the process. Nothing is read before the guest
    /// reads.
    pub fn inherit_stdin(mut self) -> Self {
        let stream = InputStream::new(ProcessInput::new());
        self.context.cli.stdin = Standard { stream, is_terminal: stdin().is_terminal() };
        self
    }

    /// Connects the guest's standard output to that of the process.
    pub fn inherit_stdout(mut self) -> Self {
        let stream = OutputStream::new(ProcessOutput::stdout());
        self.context.cli.stdout = Standard { stream, is_terminal: stdout().is_terminal() };
        self
    }

    /// Connects the guest's standard error output to that of the process.
    pub fn inherit_stderr(mut self) -> Self {
        let stream = OutputStream::new(ProcessOutput::stderr());
        self.context.cli.stderr = Standard { stream, is_terminal: stderr().is_terminal() };
        self
    }

    /// Connects all three of the guest's standard streams to those of the process.
    pub fn inherit_stdio(self) -> Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }
}
