//! Loading components from files.

use weft::component::{Component, LoadError};
use weft::engine::Capability;
use weft::engine::wasmi::Wasmi;
use weft::error::WithCauses;
use weft_spec::Diagnostic;

use crate::exit_code::CANNOT_RUN;
use crate::failure::Failure;
use crate::input::{Input, not_valid};
use crate::progress::Progress;

/// Loads a component.
///
/// # Errors
///
/// It is not a component, is not valid, or needs capabilities that the engine lacks.
pub(crate) fn load(engine: &Wasmi, input: &Input) -> Result<Component<Wasmi>, Failure> {
    input.expect_component()?;
    let progress = Progress::of_bytes("loading", input.bytes.len());
    let loaded = Component::new(engine, &input.bytes);
    drop(progress);
    loaded.map_err(|error| not_loaded(&input.path, &error))
}

fn not_loaded(path: &str, error: &LoadError) -> Failure {
    let text = WithCauses(error);
    let diagnostic = match error {
        LoadError::MissingCapabilities { module, missing } => {
            let message = format!(
                "core module {module} of `{path}` needs capabilities that wasmi lacks: {}",
                names(missing)
            );
            let advice =
                "`weft inspect` shows all that it needs; compile the module without these features";
            Diagnostic::error("missing-in-engine", message).help(advice)
        }
        LoadError::Invalid(error) => return not_valid(path, error),
        _ => Diagnostic::error("not-loaded", format!("`{path}` can't be loaded: {text}")),
    };
    Failure::new(CANNOT_RUN, diagnostic)
}

fn names(missing: &[Capability]) -> String {
    missing.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ")
}
