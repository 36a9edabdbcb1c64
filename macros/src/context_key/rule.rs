//! The rule for names of context keys, the same as that of `weft::context::ContextKey::new`.
//!
//! That function checks names that are known only when a program runs. Here a mistake is reported
//! at the token. This file uses nothing else of the crate: a test of the workspace includes it,
//! and compares it with that function.

/// The length of the longest name, in bytes: `weft::context::ContextKey::MAX_NAME_BYTES`.
const MAX_BYTES: usize = 64;

/// Returns the part of the rule that a name breaks.
pub(super) fn broken_rule(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("a context key's name is not empty".into());
    }
    if name.len() > MAX_BYTES {
        return Some(format!(
            "a context key's name has at most {MAX_BYTES} bytes, and this one has {}",
            name.len()
        ));
    }
    let control = name.chars().find(|c| c.is_control())?;
    Some(format!(
        "a context key's name has no control characters, and this one has U+{:04X}",
        u32::from(control)
    ))
}
