//! The options of WASI, and what a guest has by them.

use std::env;
use std::io::{IsTerminal as _, stderr, stdin, stdout};
use std::path::Path;

use clap::Args;
use weft_wasi::WasiCtx;

use crate::failure::Failure;

use super::ending::Ending;
use super::folder::Folder;
use super::standard_output::StandardOutput;

/// The things that a guest has of the system.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the guest has")]
pub(super) struct WasiArguments {
    /// A folder, which it knows by another name if that is given; `:ro` is for reading only.
    #[arg(long, value_name = "HOST[::GUEST][:ro]")]
    dir: Vec<Folder>,
    /// A variable of its environment. Without a value it is that of `weft`'s own.
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// All variables of `weft`'s own environment.
    #[arg(long)]
    inherit_env: bool,
}

impl WasiArguments {
    /// Returns what a guest has.
    ///
    /// # Errors
    ///
    /// A folder can't be opened.
    pub(super) fn context(
        &self,
        file: &Path,
        arguments: &[String],
        ending: &Ending,
    ) -> Result<WasiCtx, Failure> {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let mut builder = WasiCtx::builder()
            .inherit_stdin()
            .stdout(StandardOutput::new(ending))
            .inherit_stderr()
            .terminals(stdin().is_terminal(), stdout().is_terminal(), stderr().is_terminal())
            .arg(name)
            .args(arguments);
        if self.inherit_env {
            builder = builder.inherit_env();
        }
        for variable in &self.env {
            let (name, value) = match variable.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (variable.as_str(), env::var(variable).ok()),
            };
            if let Some(value) = value {
                builder = builder.env(name, value);
            }
        }
        for folder in &self.dir {
            builder = folder.open(builder)?;
        }
        Ok(builder.build())
    }
}
