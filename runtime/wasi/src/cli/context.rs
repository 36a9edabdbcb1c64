//! The arguments, environment and standard streams of one program.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bytes::{Discard, Empty, InputStream, OutputStream};

/// The resource `terminal-input`: standard input that is a terminal.
#[derive(Clone, Copy, Debug)]
pub struct TerminalInput;

/// The resource `terminal-output`: an output that is a terminal.
#[derive(Clone, Copy, Debug)]
pub struct TerminalOutput;

/// The data of `wasi:cli` for a guest.
#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) initial_cwd: Option<String>,
    pub(crate) stdin: Standard<InputStream>,
    pub(crate) stdout: Standard<OutputStream>,
    pub(crate) stderr: Standard<OutputStream>,
}

/// A standard stream.
#[derive(Debug)]
pub(crate) struct Standard<S> {
    pub(crate) stream: S,
    pub(crate) is_terminal: bool,
}

impl Default for Cli {
    fn default() -> Self {
        let output = || Standard { stream: OutputStream::new(Discard), is_terminal: false };
        Self {
            arguments: Vec::new(),
            environment: Vec::new(),
            initial_cwd: None,
            stdin: Standard { stream: InputStream::new(Empty), is_terminal: false },
            stdout: output(),
            stderr: output(),
        }
    }
}
