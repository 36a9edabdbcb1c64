//! The description of one error context.

use crate::error::{Error, ExtensionError};
use crate::host::attributes::{Attribute, Attributes};
use crate::host::limits::{ExtensionLimits, Text};
use crate::limits::{Storage, Table};
use crate::machine::ErrorContextId;

use super::{ErrorSeverity, StackFrame};

/// The host's description of one error context.
pub(crate) struct ErrorRecord<L: ExtensionLimits> {
    pub(crate) severity: ErrorSeverity,
    pub(crate) code: Option<i64>,
    /// The error context that it was caused by. This one holds it.
    pub(crate) source: Option<ErrorContextId>,
    /// The number of error contexts that hold this one as their source.
    pub(crate) source_of: u32,
    /// The number of tasks that hold this one because they failed with it.
    pub(crate) failure_of: u32,
    frames: L::StackFrames<Frame<L>>,
    pub(crate) metadata: Attributes<L, L::ErrorMetadata<Attribute<L>>>,
}

/// The kinds of things in the host that hold an error context.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holder {
    /// An error context that has it as its source.
    ErrorContext,
    /// A task that failed with it.
    FailedTask,
}

/// A stack frame with its own texts.
pub(crate) struct Frame<L: ExtensionLimits> {
    function: L::Text,
    file: Option<L::Text>,
    line: Option<u32>,
    column: Option<u32>,
}

impl<L: ExtensionLimits> Default for ErrorRecord<L> {
    fn default() -> Self {
        Self {
            severity: ErrorSeverity::default(),
            code: None,
            source: None,
            source_of: 0,
            failure_of: 0,
            frames: L::StackFrames::EMPTY,
            metadata: Attributes::new(Table::ErrorMetadata),
        }
    }
}

impl<L: ExtensionLimits> ErrorRecord<L> {
    /// Returns `true` if it describes nothing.
    pub(crate) fn is_blank(&self) -> bool {
        let Self { severity, code, source, source_of: _, failure_of: _, frames, metadata } = self;
        *severity == ErrorSeverity::default()
            && code.is_none()
            && source.is_none()
            && !self.is_held()
            && frames.is_empty()
            && metadata.len() == 0
    }

    /// Returns `true` if an error context or a task holds it.
    pub(crate) const fn is_held(&self) -> bool {
        self.source_of > 0 || self.failure_of > 0
    }

    /// Returns the number of its holders of one kind.
    pub(crate) const fn holders(&mut self, kind: Holder) -> &mut u32 {
        match kind {
            Holder::ErrorContext => &mut self.source_of,
            Holder::FailedTask => &mut self.failure_of,
        }
    }

    pub(crate) fn num_frames(&self) -> usize {
        self.frames.len()
    }

    /// Adds a stack frame after those that are there.
    pub(crate) fn add_frame(&mut self, frame: StackFrame<'_>) -> Result<(), Error> {
        let StackFrame { function, file, line, column } = frame;
        let copy_of =
            |text: &str| L::Text::copy_of(text).ok_or(ExtensionError::value_too_long(text.len()));
        let file = file.map(copy_of).transpose()?;
        let frame = Frame { function: copy_of(function)?, file, line, column };
        self.frames.push(frame).map_err(|_| Error::Full(Table::StackFrames))
    }

    /// Returns the stack frames, in the order in which they were added.
    pub(crate) fn frames(&self) -> impl Iterator<Item = StackFrame<'_>> {
        (0..self.frames.len()).filter_map(|it| {
            let Frame { function, file, line, column } = self.frames.get(it)?;
            Some(StackFrame {
                function: function.as_text(),
                file: file.as_ref().map(Text::as_text),
                line: *line,
                column: *column,
            })
        })
    }
}
