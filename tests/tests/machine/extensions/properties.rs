//! All host operations on threads and on records, in any order, compared with a model of the
//! expected results.
//!
//! | elsewhere | |
//! |---|---|
//! | `scopes` | scopes restore the previous state, however they are left |
//! | `tokens` | no handler runs twice, and none is lost |
//! | `sources` | every trace of an error ends |
//! | `sets` | no event is lost or taken twice |

mod doing;
mod records;
mod threads;

use proptest::collection::vec;
use proptest::prelude::*;

use doing::doing;
use records::{operation, records_belong_to_their_own_objects};
use threads::threads_agree_with_the_model;

/// Returns a configuration with this number of cases, which are not saved on failure.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The room in a kind of storage; `None` if it is unlimited.
#[derive(Clone, Copy, Debug)]
struct Room {
    /// For the metadata of a task, and for that of an error.
    metadata: Option<usize>,
    /// For the values of a thread.
    locals: Option<usize>,
}

/// Defines the properties for one kind of storage.
macro_rules! properties {
    ($storage:ty, $room:expr) => {
        use super::*;

        proptest! {
            #![proptest_config(config(300))]

            #[test]
            fn threads_are_joined_and_their_values_destroyed_exactly_once(
                doings in vec(doing(), 0..80),
            ) {
                threads_agree_with_the_model::<$storage>(&doings, $room)?;
            }

            #[test]
            fn records_never_belong_to_another_object(
                operations in vec(operation(), 0..100),
            ) {
                records_belong_to_their_own_objects::<$storage>(&operations, $room)?;
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
