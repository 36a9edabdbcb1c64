//! The options for permissions of guests.

use std::env;

use clap::Args;
use weft_wasi::WasiCtxBuilder;

use crate::failure::Failure;

use super::folder::Folder;
use super::network::NetworkArguments;

/// The permissions of a guest.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Permissions")]
pub(crate) struct SystemArguments {
    /// Allow the use of a folder. `::GUEST` sets its name for the guest, and `:ro` makes it
    /// read-only.
    #[arg(long, value_name = "HOST[::GUEST][:ro]")]
    dir: Vec<Folder>,
    /// Set an environment variable of the guest. Without a value, it is copied from `weft`'s
    /// environment.
    #[arg(long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// Copy all variables of `weft`'s environment.
    #[arg(long)]
    inherit_env: bool,
    #[command(flatten)]
    network: NetworkArguments,
}

impl SystemArguments {
    /// Adds the permissions to the builder of a guest's context.
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
