//! Ids for tests, made by a machine.

use alloc::boxed::Box;

use crate::builtin::OptionsIndex;
use crate::chooser::FirstInFirstOut;
use crate::machine::{
    FunctionId, InstanceId, LiftMode, LiftedFunction, Step, SubtaskId, TaskId, ThreadId,
};

use super::machine::{StoreChooser, StoreMachine};

/// The ids of a call of a function that is under way.
pub(crate) struct Ids {
    pub(crate) machine: StoreMachine,
    pub(crate) instance: InstanceId,
    pub(crate) function: FunctionId,
    pub(crate) call: SubtaskId,
    pub(crate) task: TaskId,
    pub(crate) thread: ThreadId,
}

/// Returns the ids of a call that was made after this number of other calls have returned. It has
/// their numbers, and this generation.
pub(crate) fn ids(generation: u32) -> Ids {
    let mut machine = StoreMachine::with_extensions(StoreChooser::new(Box::new(FirstInFirstOut)));
    let instance = machine.new_instance().expect("there is room");
    let function = LiftedFunction {
        instance,
        is_async: false,
        lift: LiftMode::Sync { has_post_return: false },
        result_type: None,
        lift_options: OptionsIndex(0),
    };
    let function = machine.lift(function).expect("there is room");
    let (call, step) = machine.invoke(function).expect("nothing runs");
    let Step::CallFunction { task, thread, .. } = step else { panic!("{step:?}") };
    let mut ids = Ids { machine, instance, function, call, task, thread };
    (0..generation).for_each(|_| ids.call_again());
    ids
}

impl Ids {
    /// Lets the call return, and makes another one, which has the same numbers.
    pub(crate) fn call_again(&mut self) {
        let machine = &mut self.machine;
        let step = machine.function_returned(None).expect("it runs");
        let Step::Return(task_return) = step else { panic!("{step:?}") };
        machine.return_(&task_return).expect("it returns once");
        let step = machine.resolve(task_return, None).expect("it has returned");
        assert_eq!(step, Step::ReturnToHost);
        machine.drop_call(self.call).expect("it is over");
        let (call, step) = machine.invoke(self.function).expect("nothing runs");
        let Step::CallFunction { task, thread, .. } = step else { panic!("{step:?}") };
        (self.call, self.task, self.thread) = (call, task, thread);
    }
}
