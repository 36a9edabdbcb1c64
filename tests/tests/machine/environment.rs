//! The environment of these tests is the one that the command names: no dependency turns on more
//! features of the core than this package does, and only the command line chooses those.

use std::collections::HashMap;
use std::marker::PhantomData;

use weft_core::abi::ComponentType;
use weft_core::chooser::{Chooser, FirstInFirstOut};

/// A type that is tested for a trait. The compiler looks for a method of `Probe` first, and then
/// for one of `&Probe`.
struct Probe<T>(PhantomData<T>);

/// The result if the trait is missing.
#[allow(dead_code, reason = "one of two results")]
trait Otherwise {
    fn is_implemented(&self) -> bool {
        false
    }
}

impl<T> Otherwise for &Probe<T> {}

#[test]
fn the_core_has_alloc_only_if_the_command_says_so() {
    #[allow(dead_code, reason = "one of two results")]
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
fn the_core_has_std_only_if_the_command_says_so() {
    #[allow(dead_code, reason = "one of two results")]
    trait IsComponentType {
        fn is_implemented(&self) -> bool {
            true
        }
    }
    impl<T: ComponentType> IsComponentType for Probe<T> {}

    let probe = &Probe::<HashMap<u32, u32>>(PhantomData);
    assert_eq!(probe.is_implemented(), cfg!(feature = "std"));
}
