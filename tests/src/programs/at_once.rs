//! Built-ins that never wait, called without steps, as a driver calls them that can access the
//! memories.

use weft::builtin::{Definition, FutureDefinition, StreamDefinition, WaitableDefinition};
use weft::chooser::Chooser;
use weft::core_value::CoreValue;
use weft::error::Failure;
use weft::limits::Limits;
use weft::machine::{AsyncCopy, AsyncCopyToken, Buffer, CheckedCopy, Resumed, Step, ThreadId};
use weft::trap::{CopyDirection, EndKind};

use super::elements::buffer_trap;
use super::player::ProgramPlayer;
use super::world::{ENDS, Element};

/// Returns the `async` read or write of a built-in that is called with these values.
fn checked_copy(definition: Definition, values: &[CoreValue]) -> Option<CheckedCopy> {
    use {CopyDirection::Read, CopyDirection::Write};
    let (kind, direction, ty, options) = match definition {
        Definition::Stream(StreamDefinition::Read { ty, options, is_async: true, .. }) => {
            (EndKind::Stream, Read, ty, options)
        }
        Definition::Stream(StreamDefinition::Write { ty, options, is_async: true, .. }) => {
            (EndKind::Stream, Write, ty, options)
        }
        Definition::Future(FutureDefinition::Read { ty, options, is_async: true, .. }) => {
            (EndKind::Future, Read, ty, options)
        }
        Definition::Future(FutureDefinition::Write { ty, options, is_async: true, .. }) => {
            (EndKind::Future, Write, ty, options)
        }
        _ => return None,
    };
    let number = |value| match value {
        CoreValue::I32(number) => u64::from(number),
        CoreValue::I64(number) => number,
        other => panic!("{other:?} is not a number of a program"),
    };
    let (index, address, length) = match *values {
        [index, address, length] => (index, address, number(length)),
        [index, address] => (index, address, 1),
        _ => return None,
    };
    let (index, length) = (number(index), u32::try_from(length).ok()?);
    let (index, address) = (u32::try_from(index).ok()?, number(address));
    Some(CheckedCopy { kind, direction, ty, index, options, address, length })
}

impl<L: Limits, C: Chooser> ProgramPlayer<L, C> {
    /// Calls a built-in without steps, if that is possible. Returns the step with its result.
    pub(crate) fn call_at_once(
        &mut self,
        thread: ThreadId,
        definition: Definition,
        values: &[CoreValue],
    ) -> Result<Option<Step>, Failure> {
        let value = if let Some(copy) = checked_copy(definition, values) {
            self.copy_at_once(&copy)?.map(|packed| Resumed::Builtin(packed.into()))
        } else if let (
            Definition::Waitable(WaitableDefinition::SetPoll { .. }),
            [CoreValue::I32(index), _],
        ) = (definition, values)
        {
            Some(Resumed::Event(self.machine.poll_waitable_set(*index)?))
        } else {
            None
        };
        Ok(value.map(|value| Step::Resume { thread, value }))
    }

    fn copy_at_once(&mut self, copy: &CheckedCopy) -> Result<Option<u32>, Failure> {
        let element = ENDS[self.world.ends_number(copy.ty)];
        let CheckedCopy { direction, address, length, options, .. } = *copy;
        // The options of an instance have the instance's number.
        let width = self.world.widths[options.0 as usize];
        if length > 0 && buffer_trap((element, width), direction, address, length).is_some() {
            return Ok(None);
        }
        match self.machine.copy_async(copy)? {
            AsyncCopy::Returns(packed) => Ok(Some(packed)),
            AsyncCopy::WithHost => Ok(None),
            AsyncCopy::Moves(token) => {
                self.move_at_once(copy, &token, element)?;
                self.machine.copied_async(token).map(Some)
            }
        }
    }

    fn move_at_once(
        &mut self,
        copy: &CheckedCopy,
        token: &AsyncCopyToken,
        element: Element,
    ) -> Result<(), Failure> {
        // The options of an instance have the instance's number.
        let instance = |options: weft::builtin::OptionsIndex| {
            usize::try_from(options.0).ok().and_then(|it| self.world.instances.get(it)).copied()
        };
        let CheckedCopy { options, address, length, .. } = *copy;
        let this = Buffer { options: Some(options), address, length, progress: 0 };
        let (address, progress) = (token.address(), token.progress());
        let length = progress + token.count();
        let that = Buffer { options: Some(token.options()), address, length, progress };
        let (this, that) = ((instance(options), this), (instance(token.options()), that));
        let (from, to) = match copy.direction {
            CopyDirection::Read => (that, this),
            CopyDirection::Write => (this, that),
        };
        let moved = self.move_elements(from, to, element, token.count());
        self.is_over |= moved.is_err();
        moved
    }
}
