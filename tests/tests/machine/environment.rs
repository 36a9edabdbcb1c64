//! The environment of these tests is the one that the command names: no dependency turns on more
//! of the core than the features of this package, which only the command line chooses.

use std::collections::HashMap;
use std::marker::PhantomData;

use weft_core::abi::ComponentType;
use weft_core::chooser::{Chooser, FirstInFirstOut};

/// A type that is asked for a trait. The compiler looks for a method of `Probe` first, and then for
/// one of `&Probe`.
struct Probe<T>(PhantomData<T>);

/// The answer where the trait is missing.
#[allow(dead_code, reason = "one of two answers")]
trait Otherwise {
    fn is_implemented(&self) -> bool {
        false
    }
}

impl<T> Otherwise for &Probe<T> {}

#[test]
fn the_core_has_what_needs_alloc_only_if_the_command_says_so() {
    #[allow(dead_code, reason = "one of two answers")]
    trait IsChooser {
        fn is_implemented(&self) -> bool {
            true
        }
    }
    impl<T: Chooser> IsChooser for Probe<T> {}

    let probe = &Probe::<Box<FirstInFirstOut>>(PhantomData);
    assert_eq!(probe.is_implemented(), cfg!(feature = "alloc"));
}

#[test]
fn the_core_has_what_needs_std_only_if_the_command_says_so() {
    #[allow(dead_code, reason = "one of two answers")]
    trait IsComponentType {
        fn is_implemented(&self) -> bool {
            true
        }
    }
    impl<T: ComponentType> IsComponentType for Probe<T> {}

    let probe = &Probe::<HashMap<u32, u32>>(PhantomData);
    assert_eq!(probe.is_implemented(), cfg!(feature = "std"));
}
