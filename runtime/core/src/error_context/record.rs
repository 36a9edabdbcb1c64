//! What is kept of an error context, besides its debug message.

use crate::error::Error;
use crate::host::attributes::{Attribute, Attributes};
use crate::limits::{HostLimits, Storage, Table, Text};
use crate::machine::ErrorContextId;

use super::{ErrorSeverity, StackFrame};

/// What the host knows of an error context.
pub(crate) struct ErrorRecord<L: HostLimits> {
    pub(crate) severity: ErrorSeverity,
    pub(crate) code: Option<i64>,
    /// What it came from, which it holds.
    pub(crate) source: Option<ErrorContextId>,
    /// How many error contexts hold it as their source, and tasks as what they failed with.
    pub(crate) source_of: u32,
    frames: L::StackFrames<Frame<L>>,
    pub(crate) metadata: Attributes<L, L::ErrorMetadata<Attribute<L>>>,
}

/// A stack frame, kept.
pub(crate) struct Frame<L: HostLimits> {
    function: L::Text,
    file: Option<L::Text>,
    line: Option<u32>,
    column: Option<u32>,
}

impl<L: HostLimits> Default for ErrorRecord<L> {
    fn default() -> Self {
        Self {
            severity: ErrorSeverity::default(),
            code: None,
            source: None,
            source_of: 0,
            frames: Default::default(),
            metadata: Attributes::new(Table::ErrorMetadata),
        }
    }
}

impl<L: HostLimits> ErrorRecord<L> {
    /// How many bytes a stack frame takes.
    pub(crate) const FRAME_BYTES: usize = size_of::<Frame<L>>();

    /// Whether it says nothing.
    pub(crate) fn is_blank(&self) -> bool {
        let Self { severity, code, source, source_of, frames, metadata } = self;
        *severity == ErrorSeverity::default()
            && code.is_none()
            && source.is_none()
            && *source_of == 0
            && frames.is_empty()
            && metadata.len() == 0
    }

    pub(crate) fn num_frames(&self) -> usize {
        self.frames.len()
    }

    /// Adds a stack frame behind those that are there.
    pub(crate) fn add_frame(&mut self, frame: StackFrame<'_>) -> Result<(), Error> {
        let StackFrame { function, file, line, column } = frame;
        let copy_of = |text: &str| L::Text::copy_of(text).ok_or(Error::value_too_long(text.len()));
        let file = file.map(copy_of).transpose()?;
        let frame = Frame { function: copy_of(function)?, file, line, column };
        self.frames.push(frame).map_err(|_| Error::Full(Table::StackFrames))
    }

    /// The stack frames, in the order in which they were added.
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
