//! The machine that a store drives.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::chooser::Chooser;
use crate::host::{ExtendedMachine, Host};
use crate::limits::Heap;
use crate::secondary_map::{SecondaryMap, SecondaryPlace};

/// The machine of a store: its tables grow, and its chooser is the embedder's.
pub(crate) type StoreMachine = ExtendedMachine<Heap, Box<dyn Chooser + Send>>;

/// Values by the ids of what is in the machine of a store.
pub(crate) type ById<I, V> = SecondaryMap<I, V, Vec<SecondaryPlace<I, V>>>;

/// The host's side of a store: a **host extension**.
pub type StoreHost<'a> = Host<'a, Heap, Box<dyn Chooser + Send>>;
