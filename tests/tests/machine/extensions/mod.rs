//! Host extensions: records of the host on tasks and errors, which no guest sees.
//!
//! | module | contents |
//! |---|---|
//! | `contexts` | contexts by themselves, the current one, and those with which tasks start |
//! | `scopes` | scopes, left in every way; all operations in any order |
//! | `errors` | the host's data on error contexts |
//! | `sources` | chains of errors |
//! | `sets` | waitable sets of the host |
//! | `tasks` | host tasks and calls: their states and records |
//! | `many_tasks` | many host tasks that have ended |
//! | `tokens`, `closures` | cancellation tokens, and handlers that are closures |
//! | `threads`, `joins` | threads that the host starts, and waits for their ends |
//! | `together` | scopes, tasks, tokens, errors, sets and threads in one scenario |
//! | `properties` | threads, and records of tasks and errors, in any order, compared with a model |
//! | `full`, `room` | each side table, filled up |

#[cfg(feature = "alloc")]
mod closures;
mod contexts;
mod errors;
mod full;
mod joins;
#[cfg(feature = "alloc")]
mod many_tasks;
mod properties;
mod room;
mod scopes;
mod sets;
mod sources;
mod tasks;
mod threads;
mod together;
mod tokens;

use weft_core::context::{
    ContextError, ContextKey, ContextKeyCollision, InvalidContextKey, TypedContextKey,
};

/// A key whose values are numbers.
#[derive(ContextKey)]
#[context_key(value = u64, crate = weft_core)]
pub(crate) struct UserId;

/// Another key, whose values are texts.
#[derive(ContextKey)]
#[context_key(value = &'static str, crate = weft_core)]
pub(crate) struct Locale;

/// A key of the same name as [`UserId`].
pub(crate) mod elsewhere {
    use weft_core::context::ContextKey;

    #[derive(ContextKey)]
    #[context_key(value = u32, crate = weft_core)]
    pub(crate) struct UserId;
}

/// Returns a key that is text.
pub(crate) fn key(name: &str) -> ContextKey<'_> {
    ContextKey::new(name).unwrap()
}

/// Texts that are no keys, and why.
pub(crate) fn no_keys() -> [(String, InvalidContextKey); 5] {
    [
        (String::new(), InvalidContextKey::Empty),
        ("x".repeat(65), InvalidContextKey::TooLong { bytes: 65 }),
        ("é".repeat(33), InvalidContextKey::TooLong { bytes: 66 }),
        ("a\n    at b".into(), InvalidContextKey::ControlCharacter { at: 1, code_point: 10 }),
        ("a\u{85}".into(), InvalidContextKey::ControlCharacter { at: 1, code_point: 0x85 }),
    ]
}

/// The longest key.
pub(crate) const LONGEST_KEY: &str =
    "0123456789012345678901234567890123456789012345678901234567890123";

/// Checks a collision of [`UserId`]'s name: the key that had the name, and the key that was
/// refused.
#[track_caller]
pub(crate) fn collision<T: std::fmt::Debug>(
    result: Result<T, ContextError>,
) -> (&'static str, &'static str) {
    match result {
        Err(ContextError::Collision(ContextKeyCollision { name, held, refused, .. })) => {
            assert_eq!(name, UserId::NAME);
            (held, refused)
        }
        other => panic!("{other:?} is no collision"),
    }
}
