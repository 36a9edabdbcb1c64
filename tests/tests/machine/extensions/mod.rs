//! Host extensions: what the host remembers of tasks and errors, and no guest sees.
//!
//! | module | what is in it |
//! |---|---|
//! | `contexts` | contexts by themselves, the current one, and those that tasks begin with |
//! | `scopes` | scopes, left in every way; anything in any order |
//! | `errors` | what the host knows of error contexts |
//! | `sources` | chains of errors |
//! | `sets` | waitable sets of the host |
//! | `tasks` | host tasks and calls: how far they have come, and what is known of them |
//! | `many_tasks` | many host tasks that are over |
//! | `tokens`, `closures` | cancellation tokens, and handlers that are closures |
//! | `threads`, `joins` | threads that the host begins, and who waits for their ends |
//! | `together` | scopes, tasks, tokens, errors, sets and threads in one story |
//! | `properties` | threads, and what is known of tasks and errors, in any order, beside a model |
//! | `full`, `room` | each side table, driven to its end |

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

/// A key that is text.
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

/// Which key held the name of [`UserId`], and which was refused.
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
