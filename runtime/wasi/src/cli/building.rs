//! Methods of the builder for arguments, environment and standard streams.

use alloc::string::String;

use super::context::Standard;
use crate::WasiCtxBuilder;
use crate::bytes::{ByteSink, ByteSource, InputStream, OutputStream};

/// Arguments, environment and standard streams. By default, a guest has no arguments and no
/// environment, reads the end of its input, and its output is discarded.
impl WasiCtxBuilder {
    /// Adds an argument. The first is the program's name, by convention.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.context.cli.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn args<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.context.cli.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds a variable to the environment. It replaces an earlier one of the same name.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        let environment = &mut self.context.cli.environment;
        match environment.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => *old = value,
            None => environment.push((name, value)),
        }
        self
    }

    /// Adds variables to the environment.
    pub fn envs<N: Into<String>, V: Into<String>>(
        self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        variables.into_iter().fold(self, |builder, (name, value)| builder.env(name, value))
    }

    /// Sets the initial working folder of the guest, by the guest's names.
    pub fn initial_cwd(mut self, folder: impl Into<String>) -> Self {
        self.context.cli.initial_cwd = Some(folder.into());
        self
    }

    /// Sets standard input.
    pub fn stdin(mut self, source: impl ByteSource) -> Self {
        let stream = InputStream::new(source);
        self.context.cli.stdin = Standard { stream, is_terminal: false };
        self
    }

    /// Sets standard output.
    pub fn stdout(mut self, sink: impl ByteSink) -> Self {
        let stream = OutputStream::new(sink);
        self.context.cli.stdout = Standard { stream, is_terminal: false };
        self
    }

    /// Sets the standard error output.
    pub fn stderr(mut self, sink: impl ByteSink) -> Self {
        let stream = OutputStream::new(sink);
        self.context.cli.stderr = Standard { stream, is_terminal: false };
        self
    }

    /// Sets which of the standard streams the guest sees as terminals. A stream that is set later
    /// is not a terminal.
    pub fn terminals(mut self, stdin: bool, stdout: bool, stderr: bool) -> Self {
        let cli = &mut self.context.cli;
        cli.stdin.is_terminal = stdin;
        cli.stdout.is_terminal = stdout;
        cli.stderr.is_terminal = stderr;
        self
    }
}
