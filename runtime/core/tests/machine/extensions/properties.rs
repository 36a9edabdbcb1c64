//! Anything that the host can do with threads and with what it remembers, in any order, beside a
//! model that says what must come of it.
//!
//! | elsewhere | |
//! |---|---|
//! | `scopes` | scopes restore what was, in whatever way they are left |
//! | `tokens` | no handler is heard of twice, and none is forgotten |
//! | `sources` | every trace of an error comes to an end |
//! | `sets` | no event is lost or taken twice |

mod doing;
mod records;
mod threads;

use proptest::collection::vec;
use proptest::prelude::*;

use doing::doing;
use records::{operation, what_is_known_is_each_ones_own};
use threads::threads_are_as_the_model_says;

/// So many cases, none of which is written anywhere when it fails.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// How much room there is in a kind of storage; nothing where there is always more.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// For the metadata of a task, and for that of an error.
    metadata: Option<usize>,
    /// For the values of a thread.
    locals: Option<usize>,
}

/// Makes the properties for one kind of storage.
macro_rules! properties {
    ($storage:ty, $room:expr) => {
        use super::*;

        proptest! {
            #![proptest_config(config(300))]

            #[test]
            fn threads_are_joined_and_their_values_destroyed_exactly_once(
                doings in vec(doing(), 0..80),
            ) {
                threads_are_as_the_model_says::<$storage>(&doings, $room)?;
            }

            #[test]
            fn what_is_known_of_one_thing_is_never_known_of_another(
                operations in vec(operation(), 0..100),
            ) {
                what_is_known_is_each_ones_own::<$storage>(&operations, $room)?;
            }
        }
    };
}

mod bounded {
    properties!(crate::guests::Bounded, Room { metadata: Some(2), locals: Some(3) });
}

#[cfg(feature = "alloc")]
mod heap {
    properties!(weft_core::limits::Heap, Room { metadata: None, locals: None });
}
