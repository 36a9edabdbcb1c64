//! The host's records of tasks, calls and errors, compared with a model: places are reused, and no
//! record of one object appears in a later one.

use proptest::prelude::*;
use weft_core::context::ContextValue;
use weft_core::error::Error;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{ErrorContextId, FunctionId, SubtaskId};

use super::Room;
use crate::guests::GuestMachine;
use crate::steps::HOST;

/// The keys of metadata.
const NAMES: [&str; 3] = ["a", "b", "c"];

/// The largest number of objects at once, which is below the limit.
const MOST: usize = 6;

/// An operation. Objects are numbered from the first, including those that are gone.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    StartTask,
    /// A call of a guest that returns, and has a record until it is dropped.
    Call,
    MakeError,
    Set(usize, usize),
    Remove(usize, usize),
    /// The object ends, if it is a host task, and its record is dropped.
    Drop(usize),
    /// A host task ends, and waits for the next clean-up.
    Finish(usize),
    CleanUp,
}

pub(super) fn operation() -> impl Strategy<Value = Operation> {
    let (it, name) = (0..16_usize, 0..NAMES.len());
    prop_oneof![
        2 => Just(Operation::StartTask),
        1 => Just(Operation::Call),
        2 => Just(Operation::MakeError),
        6 => (it.clone(), name.clone()).prop_map(|(it, name)| Operation::Set(it, name)),
        1 => (it.clone(), name).prop_map(|(it, name)| Operation::Remove(it, name)),
        3 => it.clone().prop_map(Operation::Drop),
        2 => it.prop_map(Operation::Finish),
        1 => Just(Operation::CleanUp),
    ]
}

/// The objects with records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Id {
    Task(SubtaskId),
    Call(SubtaskId),
    Error(ErrorContextId),
}

/// An object in the model.
struct Thing {
    id: Id,
    is_over: bool,
    is_gone: bool,
    /// In the order in which the keys were first set.
    metadata: Vec<(&'static str, u64)>,
}

struct Play<L: ExtensionLimits> {
    world: GuestMachine<L>,
    room: Room,
    function: FunctionId,
    things: Vec<Thing>,
    /// The number of values that were set.
    num_set: u64,
}

impl<L: ExtensionLimits> Play<L> {
    fn new(room: Room) -> Self {
        let mut world = GuestMachine::new();
        let instance = world.instance();
        let function = world.stackful(instance);
        Self { world, room, function, things: Vec::new(), num_set: 0 }
    }

    /// Returns the object with this number, if there is one, gone or not; the last ones are more
    /// likely.
    fn pick(&self, number: usize) -> Option<usize> {
        self.things.len().checked_sub(number % self.things.len().max(1) + 1)
    }

    fn play(&mut self, operation: Operation) -> Result<(), TestCaseError> {
        let is_full = self.things.iter().filter(|it| !it.is_gone).count() == MOST;
        match operation {
            Operation::StartTask | Operation::Call | Operation::MakeError if is_full => {}
            Operation::StartTask => {
                let task = self.world.machine.tasks().start().unwrap();
                self.add(Id::Task(task));
            }
            Operation::Call => {
                let (call, _) = self.world.machine.invoke(self.function).unwrap();
                self.world.task_return(None);
                prop_assert_eq!(self.world.exit(), HOST);
                self.add(Id::Call(call));
            }
            Operation::MakeError => {
                let error = self.world.machine.error_contexts().create_simple("it broke").unwrap();
                self.add(Id::Error(error));
            }
            Operation::Set(it, name) => {
                if let Some(it) = self.pick(it) {
                    self.set(it, NAMES[name])?;
                }
            }
            Operation::Remove(it, name) => {
                if let Some(it) = self.pick(it) {
                    self.remove(it, NAMES[name])?;
                }
            }
            Operation::Drop(it) => {
                if let Some(it) = self.pick(it) {
                    self.finish(it);
                    self.drop(it)?;
                }
            }
            Operation::Finish(it) => {
                if let Some(it) = self.pick(it) {
                    self.finish(it);
                }
            }
            Operation::CleanUp => self.clean_up()?,
        }
        self.check()
    }

    fn add(&mut self, id: Id) {
        let metadata = Vec::new();
        self.things.push(Thing { id, is_over: false, is_gone: false, metadata });
    }

    fn set(&mut self, it: usize, name: &'static str) -> Result<(), TestCaseError> {
        let value = self.num_set;
        self.num_set += 1;
        let thing = &mut self.things[it];
        let (set, table) = match thing.id {
            Id::Task(task) | Id::Call(task) => {
                (self.world.machine.tasks().set_metadata(task, name, value), Table::TaskMetadata)
            }
            Id::Error(error) => (
                self.world.machine.error_contexts().set_metadata(error, name, value),
                Table::ErrorMetadata,
            ),
        };
        let is_full = self.room.metadata == Some(thing.metadata.len());
        let held = thing.metadata.iter_mut().find(|it| it.0 == name);
        if thing.is_gone {
            prop_assert_eq!(set, Err(gone(thing.id)));
        } else if let Some(held) = held {
            let before = std::mem::replace(&mut held.1, value);
            prop_assert_eq!(set, Ok(Some(before.into())));
        } else if is_full {
            prop_assert_eq!(set, Err(Error::Full(table)));
        } else {
            prop_assert_eq!(set, Ok(None));
            thing.metadata.push((name, value));
        }
        Ok(())
    }

    fn remove(&mut self, it: usize, name: &str) -> Result<(), TestCaseError> {
        let thing = &mut self.things[it];
        let removed = match thing.id {
            Id::Task(task) | Id::Call(task) => {
                self.world.machine.tasks().remove_metadata(task, name)
            }
            Id::Error(error) => self.world.machine.error_contexts().remove_metadata(error, name),
        };
        let position = thing.metadata.iter().position(|it| it.0 == name);
        let expected = position.map(|it| thing.metadata.remove(it).1.into());
        prop_assert_eq!(removed, if thing.is_gone { Err(gone(thing.id)) } else { Ok(expected) });
        Ok(())
    }

    fn finish(&mut self, it: usize) {
        let thing = &mut self.things[it];
        if let Id::Task(task) = thing.id
            && !thing.is_over
        {
            self.world.machine.tasks().cancel(task).unwrap();
            thing.is_over = true;
        }
    }

    fn drop(&mut self, it: usize) -> Result<(), TestCaseError> {
        let machine = &mut self.world.machine;
        let thing = &mut self.things[it];
        let dropped = match thing.id {
            Id::Task(task) => machine.tasks().drop(task),
            Id::Call(call) => machine.drop_call(call),
            Id::Error(error) => machine.error_contexts().drop(error),
        };
        prop_assert_eq!(dropped, if thing.is_gone { Err(gone(thing.id)) } else { Ok(()) });
        thing.leave();
        Ok(())
    }

    fn clean_up(&mut self) -> Result<(), TestCaseError> {
        let mut expected = 0;
        for thing in self.things.iter_mut().filter(|it| it.is_over && !it.is_gone) {
            thing.leave();
            expected += 1;
        }
        prop_assert_eq!(self.world.machine.tasks().clean_up(), Ok(expected));
        Ok(())
    }

    /// Checks that each object has exactly its own metadata.
    fn check(&mut self) -> Result<(), TestCaseError> {
        for Thing { id, is_gone, metadata, .. } in &self.things {
            let found = match *id {
                Id::Task(task) | Id::Call(task) => {
                    self.world.machine.tasks().metadata(task).map(numbers)
                }
                Id::Error(error) => {
                    self.world.machine.error_contexts().metadata(error).map(numbers)
                }
            };
            let expected = metadata.iter().map(|(name, value)| (*name, Some(*value))).collect();
            prop_assert_eq!(found, if *is_gone { Err(gone(*id)) } else { Ok(expected) });
        }
        Ok(())
    }

    /// Drops all objects, and asserts that nothing is left.
    fn leave(mut self) -> Result<(), TestCaseError> {
        for it in 0..self.things.len() {
            self.finish(it);
            self.drop(it)?;
        }
        self.world.clean_up();
        Ok(())
    }
}

impl Thing {
    fn leave(&mut self) {
        self.is_gone = true;
        self.metadata.clear();
    }
}

/// Returns the error of an object without a record.
const fn gone(id: Id) -> Error {
    Error::Unknown(match id {
        Id::Task(_) | Id::Call(_) => Table::Waitables,
        Id::Error(_) => Table::ErrorContexts,
    })
}

fn numbers<'a, L: ExtensionLimits>(
    metadata: impl Iterator<Item = (&'a str, &'a ContextValue<L>)>,
) -> Vec<(&'a str, Option<u64>)> {
    metadata.map(|(name, value)| (name, value.get::<u64>())).collect()
}

/// Performs the operations, compared with the model.
pub(super) fn records_belong_to_their_own_objects<L: ExtensionLimits>(
    operations: &[Operation],
    room: Room,
) -> Result<(), TestCaseError> {
    let mut play = Play::<L>::new(room);
    for operation in operations {
        play.play(*operation)?;
    }
    play.leave()
}
