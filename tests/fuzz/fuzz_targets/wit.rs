//! Arbitrary text as WIT: bindings that parse, or a report.

#![no_main]

use libfuzzer_sys::fuzz_target;
use weft_bindgen::{Options, bind};

fuzz_target!(|text: &str| {
    let options =
        Options { inline: Some(text.to_owned()), all_features: true, ..Options::default() };
    if let Ok(bindings) = bind(&options) {
        assert!(syn::parse_file(&bindings.text).is_ok(), "{}", bindings.text);
    }
});
