//! The parts of a linked call, which the callee's flag records.

/// A part of a linked call, which the callee's flag records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallPart {
    /// The callee runs, or values are moved.
    Function,
    /// The `realloc` of the callee runs.
    CalleeRealloc,
    /// The `realloc` of the caller runs.
    CallerRealloc,
    /// The `post-return` of the callee runs.
    PostReturn,
}

impl CallPart {
    const ALL: [Self; 4] =
        [Self::Function, Self::CalleeRealloc, Self::CallerRealloc, Self::PostReturn];

    /// Returns the value of the callee's flag for this part of a call, by the link at a position
    /// among those of the callee.
    pub(super) fn flag(self, link: usize) -> i32 {
        let part = Self::ALL.iter().position(|it| *it == self).unwrap_or_default();
        // There are fewer links than items.
        i32::try_from((link + 1) * Self::ALL.len() + part).unwrap_or(i32::MAX)
    }

    /// Returns the position of the link among those of the callee, and the part of its call, from a
    /// flag. Returns `None` if the flag is 0, or if it ended the linking of the instance.
    pub(crate) fn of_flag(flag: i32) -> Option<(usize, Self)> {
        let flag = usize::try_from(flag).ok()?;
        let part = *Self::ALL.get(flag % Self::ALL.len())?;
        Some(((flag / Self::ALL.len()).checked_sub(1)?, part))
    }
}
