//! The instances that observations name, compared with those whose state has changed.

use std::collections::BTreeSet;

use weft::chooser::Chooser;
use weft::limits::{Limits, Table};
use weft::machine::{Hooks, InstanceId, Observation};

use super::player::ProgramPlayer;

/// Hooks that collect which instances observations name.
#[derive(Debug, Default)]
pub struct Touched {
    is_checked: bool,
    instances: BTreeSet<InstanceId>,
    host: bool,
}

impl Touched {
    /// Returns `true` if the machine is observed.
    #[must_use]
    pub const fn is_checked(&self) -> bool {
        self.is_checked
    }
}

impl Hooks for Touched {
    fn hears_of_next_task(&self) -> bool {
        false
    }

    fn hears_of_next_call(&self) -> bool {
        false
    }

    fn observes(&self) -> bool {
        self.is_checked
    }

    fn observed(&mut self, observation: &Observation) {
        self.instances.extend(observation.instances());
        self.host |= observation.is_of_host();
    }
}

impl<L: Limits, C: Chooser> ProgramPlayer<L, C> {
    /// Creates a player that checks that observations name everything that changes in a turn. The
    /// instances in `wide` have 64 bits.
    ///
    /// # Panics
    ///
    /// If the machine's tables are too small for the world.
    #[must_use]
    pub fn checked(chooser: C, instances: u32, wide: u32) -> Self {
        let mut player = Self::wide(chooser, instances, wide);
        let made = player.world.instances.iter().copied().collect();
        *player.machine.hooks_mut() = Touched { is_checked: true, instances: made, host: true };
        player.machine.set_eager(true);
        player
    }

    /// Checks that observations of this turn name the instances whose lines have changed.
    pub(super) fn check_touched(&mut self, changed: &[String]) {
        let touched = self.machine.hooks();
        for line in changed {
            let name = line.split(' ').next().unwrap_or_default();
            let number = name.strip_prefix('i').and_then(|it| it.parse::<usize>().ok());
            let is_named = match number {
                Some(number) => touched.instances.contains(&self.world.instances[number]),
                None => touched.host,
            };
            assert!(is_named, "no observation names {line}\n{}", self.trace.join("\n"));
        }
        let runs = self.machine.current().is_some() || self.machine.count_of(Table::Frames) > 0;
        if !runs {
            let touched = self.machine.hooks_mut();
            touched.instances.clear();
            touched.host = false;
        }
    }
}
