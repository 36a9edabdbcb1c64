//! Texts of errors, in the words of the command line.

use weft::component::CallError;

/// The beginning and the end of the part of a text that names the method for a limit.
const METHOD: [&str; 2] = ["; `StoreLimits::", "` changes this limit"];

/// Returns the text of an error of a guest with the names of options in place of those of methods, which
/// are for programs in Rust.
pub(crate) fn in_options(text: &str) -> String {
    let too_long = "the guest ran for too long: it has used the fuel that `--fuel` allows";
    let text = text.replace(&CallError::Interrupted.to_string(), too_long);
    let [begin, end] = METHOD;
    let mut rest = text.as_str();
    let mut shown = String::new();
    while let Some((before, after)) = rest.split_once(begin)
        && let Some((method, after)) = after.split_once(end)
    {
        shown.push_str(before);
        if method == "with_memory_bytes" {
            shown.push_str("; `--max-memory` changes this limit");
        }
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use weft::component::{Component, Linker, Store, StoreLimits};
    use weft::engine::wasmi::Wasmi;

    use super::*;

    #[test]
    fn texts_name_options_and_no_methods() {
        let long = in_options(&format!("failed: {}: twice", CallError::Interrupted));
        assert_eq!(
            long,
            "failed: the guest ran for too long: it has used the fuel that `--fuel` allows: twice"
        );
        assert_eq!(in_options("no `StoreLimits::x`"), "no `StoreLimits::x`");
        assert_eq!(in_options("a; `StoreLimits::"), "a; `StoreLimits::");
    }

    /// Checks texts of the library itself.
    #[test]
    fn limits_of_a_store_are_told_without_methods() -> Result<(), Box<dyn Error>> {
        let engine = Wasmi::default();
        let guest = wat::parse_str(
            "(component (core module $M (memory 2)) (core instance (instantiate $M)))",
        )?;
        let guest = Component::new(&engine, &guest)?;
        let error = |limits| {
            let mut store = Store::new(&engine, ());
            store.set_limits(limits);
            store.instantiate(&guest, &Linker::new()).err().map(|it| it.to_string())
        };
        let memory = error(StoreLimits::DEFAULT.with_memory_bytes(1)).ok_or("no error")?;
        let instances = error(StoreLimits::DEFAULT.with_instances(0)).ok_or("no error")?;
        assert!(memory.contains("`StoreLimits::with_memory_bytes`"), "{memory}");
        assert!(instances.contains("`StoreLimits::with_instances`"), "{instances}");
        assert!(in_options(&memory).ends_with("; `--max-memory` changes this limit"), "{memory}");
        assert!(!in_options(&instances).contains('`'), "{instances}");
        Ok(())
    }
}
