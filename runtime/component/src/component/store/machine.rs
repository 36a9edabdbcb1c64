//! The machine that a store drives.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::chooser::Chooser;
use crate::host::ExtendedMachine;
use crate::limits::Heap;
use crate::secondary_map::{SecondaryMap, SecondaryPlace};

/// The chooser of a store, which is the embedder's.
pub type StoreChooser = Box<dyn Chooser + Send>;

/// The machine of a store: its tables grow, and its chooser is the embedder's.
pub(crate) type StoreMachine = ExtendedMachine<Heap, StoreChooser>;

/// Values by the ids of what is in the machine of a store.
pub(crate) type ById<I, V> = SecondaryMap<I, V, Vec<SecondaryPlace<I, V>>>;
