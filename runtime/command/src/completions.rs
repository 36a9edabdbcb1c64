//! `weft completions`.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::exit_code::SUCCESS;
use crate::failure::Failure;
use crate::output;

/// Write a completion script for a shell to standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  weft completions bash > ~/.local/share/bash-completion/completions/weft
  weft completions zsh > ~/.zfunc/_weft
  weft completions fish > ~/.config/fish/completions/weft.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell.
    shell: Shell,
}

/// Writes the script for a shell.
pub(crate) fn completions(
    arguments: &CompletionsArguments,
    command: &mut Command,
) -> Result<u8, Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, command, "weft", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(SUCCESS)
}
