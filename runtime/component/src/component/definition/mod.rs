//! The definitions of components: from bytes to what instantiation walks through.
//!
//! It names the vocabulary and [`abi`](crate::abi), and nothing else.
//!
//! | file | contents |
//! |---|---|
//! | `decode` | [`validate`](decode::validate), and decoding into definitions |
//! | `items` | definitions and their items |
//! | `immediates`, `generated` | canonical definitions: what they fix, and built-ins |
//! | `spaces` | index spaces, and how large they are |
//! | `core_entry` | which core functions a component enters, and their names |
//! | `function_type`, `extern_type` | the types of functions, imports and exports |
//! | `type_text`, `resource_names`, `difference` | types as text, by the names of resource types |
//! | `linking` | the calls between guests that are linked, and the modules that make them |
//! | `wit` | components in WIT's syntax |
//! | `wave_arguments` | the arguments of functions as text (feature `wave`) |
//! | `features` | [`Features`](features::Features): what is not on by default |
//! | `matching`, `versions` | the rules by which something can be given for an import |
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
mod type_text;
pub(crate) mod versions;
#[cfg(feature = "wave")]
mod wave_arguments;
pub(crate) mod wit;
pub(crate) mod wrapped;
