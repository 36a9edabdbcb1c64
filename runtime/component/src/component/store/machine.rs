//! The machine that a store drives.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::mem;

use crate::chooser::{Choice, Chooser, FirstInFirstOut};
use crate::host::ExtendedMachine;
use crate::limits::Heap;
use crate::secondary_map::{SecondaryMap, SecondaryPlace};

use super::host_panic::HostPanic;
use super::unwinding::catch;

/// A [chooser](Chooser) that a store can keep and give back: any one that is [`Send`] and borrows
/// nothing.
///
/// A `Box<dyn AnyChooser>` is converted into a `Box<dyn Any>`, which has a method
/// [`downcast`](Box::downcast).
pub trait AnyChooser: Chooser + Any + Send {}

impl<C: Chooser + Any + Send> AnyChooser for C {}

/// The chooser of a store, which the embedder may have set.
///
/// If it panics, the panic does not unwind through the machine: the store keeps it, chooses 0, and
/// raises it again after the step.
pub struct StoreChooser {
    chooser: Box<dyn AnyChooser>,
    /// `true` if the embedder has set none.
    is_first_in_first_out: bool,
    /// The first panic that was not raised again.
    panic: Option<HostPanic>,
}

impl StoreChooser {
    pub(crate) const fn new(chooser: Box<dyn AnyChooser>) -> Self {
        Self { chooser, is_first_in_first_out: false, panic: None }
    }

    /// Returns the chooser of a store for which the embedder has set none.
    pub(crate) fn first_in_first_out() -> Self {
        Self { is_first_in_first_out: true, ..Self::new(Box::new(FirstInFirstOut)) }
    }

    /// Returns `true` if the embedder has set no chooser.
    pub(crate) const fn is_first_in_first_out(&self) -> bool {
        self.is_first_in_first_out
    }

    /// Returns the chooser if it is a `C`.
    pub(crate) fn get<C: Chooser + Any>(&self) -> Option<&C> {
        (&*self.chooser as &dyn Any).downcast_ref()
    }

    /// Returns the chooser if it is a `C`.
    pub(crate) fn get_mut<C: Chooser + Any>(&mut self) -> Option<&mut C> {
        (&mut *self.chooser as &mut dyn Any).downcast_mut()
    }

    /// Sets the chooser, and returns the one before.
    pub(crate) fn replace(&mut self, chooser: Box<dyn AnyChooser>) -> Box<dyn AnyChooser> {
        self.is_first_in_first_out = false;
        mem::replace(&mut self.chooser, chooser)
    }

    /// Returns the answer of the chooser, or keeps its panic.
    fn answer(&mut self, chosen: Result<u32, HostPanic>) -> u32 {
        chosen.unwrap_or_else(|panic| {
            self.panic.get_or_insert(panic);
            0
        })
    }

    /// Returns `true` if there is a panic that was not raised again.
    #[inline]
    pub(crate) const fn has_panicked(&self) -> bool {
        self.panic.is_some()
    }

    /// Takes the first panic that was not raised again.
    #[inline]
    pub(crate) const fn take_panic(&mut self) -> Option<HostPanic> {
        self.panic.take()
    }
}

impl Chooser for StoreChooser {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        let chosen = catch(|| self.chooser.choose(choice, count));
        self.answer(chosen)
    }

    fn choose_covered(&mut self, choice: Choice, count: u32, covering: u32) -> u32 {
        let chosen = catch(|| self.chooser.choose_covered(choice, count, covering));
        self.answer(chosen)
    }
}

impl fmt::Debug for StoreChooser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreChooser").field("panic", &self.panic).finish_non_exhaustive()
    }
}

/// The machine of a store: its tables grow, and the embedder may set its chooser.
pub(crate) type StoreMachine = ExtendedMachine<Heap, StoreChooser>;

/// A map from ids in the machine of a store to values.
pub(crate) type ById<I, V> = SecondaryMap<I, V, Vec<SecondaryPlace<I, V>>>;
