//! Guards and the traps they raise.

use super::Check;

impl Check<'_> {
    /// Checks that a leading guard raises one trap, without parameters: the guard gets no argument.
    pub(super) fn guards(&mut self) {
        for guard in self.spec.guards.iter().filter(|guard| guard.leading) {
            if let [_, second, ..] = guard.traps.as_slice() {
                let message =
                    format!("the leading guard `{}` raises more than one trap", *guard.name);
                let second = (&second.span, "a second trap");
                self.disagree("guard", message, (&guard.name.span, "leads"), second);
            }
            for trap in guard.traps.iter().filter_map(|trap| self.spec.trap(trap)) {
                if trap.message.contains('{') {
                    let message =
                        format!("the trap of the leading guard `{}` has a parameter", *guard.name);
                    let trap = (&trap.message.span, "a leading guard has no value for it");
                    self.disagree("guard", message, (&guard.name.span, "leads"), trap);
                }
            }
        }
    }
}
