//! `weft inspect`.
//!
//! | file | contents |
//! |---|---|
//! | `findings` | the findings about a file: [`Findings`] |
//! | `named` | imports and exports, by name |
//! | `parts` | the parts of a file, and their sizes |
//! | `module_names` | the component's names for its core modules |
//! | `producers` | the tools that have made it |
//! | `capabilities` | the capabilities that an engine needs |
//! | `wasi` | the imports of WASI, and the commands that run a component |
//! | `as_text`, `as_json` | the findings for people and for tools |

mod as_json;
mod as_text;
mod capabilities;
mod findings;
mod module_names;
mod named;
mod parts;
mod producers;
mod wasi;

use std::path::PathBuf;

use clap::Args;

use crate::exit_code::SUCCESS;
use crate::failure::Failure;
use crate::format::Format;
use crate::input::Input;
use crate::output;
use crate::progress::Progress;

use self::findings::Findings;

/// Show the imports and exports of a component, the sizes of its parts, and what it needs.
///
/// The WIT text is made from the component, so it has no comments. For a core module, it also shows
/// how to make a component from it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  weft inspect app.wasm
  weft inspect app.wasm --wit > app.wit
  weft inspect app.wasm --format json")]
pub(crate) struct InspectArguments {
    /// The file: WebAssembly in the binary or in the text format.
    file: PathBuf,
    /// Print only the WIT text.
    #[arg(long)]
    wit: bool,
}

/// Prints the findings about a file.
pub(crate) fn inspect(arguments: &InspectArguments, format: Format) -> Result<u8, Failure> {
    let input = Input::read(&arguments.file)?;
    if arguments.wit {
        input.expect_component()?;
    }
    let progress = Progress::of_bytes("reading", input.bytes.len());
    let findings = Findings::of(&input)?;
    drop(progress);
    match (arguments.wit, format) {
        (true, Format::Human) => output::print(&findings.wit)?,
        (_, Format::Json) => output::print_json(&as_json::json_of(&findings))?,
        (false, Format::Human) => output::print(&as_text::text_of(&findings))?,
    }
    Ok(SUCCESS)
}
