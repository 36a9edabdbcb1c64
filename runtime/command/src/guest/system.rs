//! The options for what a guest has of the system.

use std::env;

use clap::Args;
use weft_wasi::WasiCtxBuilder;

use crate::failure::Failure;

use super::folder::Folder;
use super::network::NetworkArguments;

/// The things that a guest has of the system.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What the guest has")]
pub(crate) struct SystemArguments {
    /// A folder, which it knows by another name if that is given; `:ro` is for reading only.
    #[arg(long, value_name = "HOST[::GUEST][:ro]")]
    dir: Vec<Folder>,
    /// A variable of its environment. Without a value it is that of `weft`'s own.
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// All variables of `weft`'s own environment.
    #[arg(long)]
    inherit_env: bool,
    #[command(flatten)]
    network: NetworkArguments,
}

impl SystemArguments {
    /// Gives all of it to the builder of a guest's context.
    ///
    /// # Errors
    ///
    /// A folder can't be opened.
    pub(crate) fn give(&self, mut builder: WasiCtxBuilder) -> Result<WasiCtxBuilder, Failure> {
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
        Ok(self.network.give(builder))
    }
}
