//! Which command a component is for.

use weft::component::Component;
use weft::engine::wasmi::Wasmi;

/// Returns `true` if a component is a program: it exports `wasi:cli/run`, of whatever version.
pub(crate) fn is_program(component: &Component<Wasmi>) -> bool {
    component.exports().any(|(name, _)| name.split('@').next() == Some("wasi:cli/run"))
}
