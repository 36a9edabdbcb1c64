//! `wasi:cli` 0.2.

use alloc::string::String;
use alloc::vec::Vec;

use weft::binding::{HostError, Own};

use super::bindings::cli::wasi::cli::{
    environment, exit, stderr, stdin, stdout, terminal_stderr, terminal_stdin, terminal_stdout,
};
use crate::bytes::{InputStream, OutputStream};
use crate::cli::{TerminalInput, TerminalOutput};
use crate::{Exit, WasiCtx};

impl environment::Host for WasiCtx {
    fn get_environment(&mut self) -> Vec<(String, String)> {
        self.cli.environment.clone()
    }

    fn get_arguments(&mut self) -> Vec<String> {
        self.cli.arguments.clone()
    }

    fn initial_cwd(&mut self) -> Option<String> {
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

impl stdin::Host for WasiCtx {
    fn get_stdin(&mut self) -> Own<InputStream> {
        Own::new(self.cli.stdin.stream.clone())
    }
}

impl stdout::Host for WasiCtx {
    fn get_stdout(&mut self) -> Own<OutputStream> {
        Own::new(self.cli.stdout.stream.clone())
    }
}

impl stderr::Host for WasiCtx {
    fn get_stderr(&mut self) -> Own<OutputStream> {
        Own::new(self.cli.stderr.stream.clone())
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
