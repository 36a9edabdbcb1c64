//! The commands for kinds of components.

use weft::component::Component;
use weft::engine::wasmi::Wasmi;

/// Returns `true` if a component is a program: it exports a version of `wasi:cli/run`.
pub(crate) fn is_program(component: &Component<Wasmi>) -> bool {
    component.exports().any(|(name, _)| name.split('@').next() == Some("wasi:cli/run"))
}
