//! Guards and the traps they raise.

use super::Check;

impl Check<'_> {
    /// A leading guard needs no argument, so its trap cannot have one.
    pub(super) fn guards(&mut self) {
        for guard in self.spec.guards.iter().filter(|guard| guard.leading) {
            if let [_, second, ..] = guard.traps.as_slice() {
                let message = format!("`{}` leads, and raises more than one trap", *guard.name);
                let second = (&second.span, "a second one");
                self.disagree("guard", message, (&guard.name.span, "leads"), second);
            }
            for trap in guard.traps.iter().filter_map(|trap| self.spec.trap(trap)) {
                if trap.message.contains('{') {
                    let message =
                        format!("`{}` leads, and its trap tells of an argument", *guard.name);
                    let trap = (&trap.message.span, "this message has a parameter");
                    self.disagree("guard", message, (&guard.name.span, "leads"), trap);
                }
            }
        }
    }
}
