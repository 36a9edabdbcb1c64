//! The definitions of components: from their bytes to the items that instantiation executes.
//!
//! It names the vocabulary and [`abi`](crate::abi), and nothing else.
//!
//! | file | contents |
//! |---|---|
//! | `decode` | [`validate`](decode::validate), and decoding into definitions |
//! | `items` | definitions and their items |
//! | `immediates`, `generated` | the immediates of canonical definitions, and built-ins |
//! | `spaces` | index spaces and their sizes |
//! | `core_entry` | the core functions that a component enters, and their names |
//! | `function_type`, `extern_type` | the types of functions, imports and exports |
//! | `type_text`, `resource_names`, `difference` | types as text, by the names of resource types |
//! | `linking` | the calls between guests that are linked, and the modules that make them |
//! | `wit` | components in WIT's syntax |
//! | `wave_arguments` | the arguments of functions as text (feature `wave`) |
//! | `features` | [`Features`](features::Features): features that are off by default |
//! | `matching`, `versions` | the rules for items that can be used for an import |
//! | `import_error`, `function_mismatch` | the errors of these rules |
//! | `wrapped` | messages on lines that are not too long |

pub(crate) mod core_entry;
pub(crate) mod decode;
pub(crate) mod difference;
pub(crate) mod extern_type;
pub(crate) mod features;
pub(crate) mod function_mismatch;
pub(crate) mod function_type;
#[rustfmt::skip]
#[expect(clippy::needless_pass_by_value, reason = "some families take parts of what was parsed")]
pub(crate) mod generated;
pub(crate) mod immediates;
pub(crate) mod import_error;
pub(crate) mod items;
pub(crate) mod linking;
pub(crate) mod matching;
pub(crate) mod resource_names;
pub(crate) mod spaces;
pub(crate) mod type_text;
pub(crate) mod versions;
#[cfg(feature = "wave")]
mod wave_arguments;
pub(crate) mod wit;
pub(crate) mod wrapped;
