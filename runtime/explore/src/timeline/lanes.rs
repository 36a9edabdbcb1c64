//! Lanes: each instance has a group of them, and each thread has one as long as it exists.

use std::collections::HashMap;

use weft::machine::InstanceId;

/// A lane.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// The number of its group.
    pub(super) group: usize,
    /// The name of the function of the first thread in it.
    pub(super) label: String,
}

/// The lanes of a scene. Group 0 is the host's, and lane 0 is its first one.
#[derive(Debug)]
pub(super) struct Lanes {
    pub(super) groups: Vec<String>,
    pub(super) all: Vec<Lane>,
    group_of: HashMap<InstanceId, usize>,
    /// The lanes of a group that are free, with their function.
    free: HashMap<(usize, String), Vec<usize>>,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self {
            groups: vec!["the host".to_owned()],
            all: vec![Lane { group: 0, label: "the host".to_owned() }],
            group_of: HashMap::new(),
            free: HashMap::new(),
        }
    }

    /// Returns the number of an instance's group.
    pub(super) fn group(&mut self, instance: InstanceId, name: impl FnOnce() -> String) -> usize {
        *self.group_of.entry(instance).or_insert_with(|| {
            self.groups.push(name());
            self.groups.len() - 1
        })
    }

    /// Takes a lane of a group for something of this name: one that had the same name and is free, or
    /// a new one.
    pub(super) fn take(&mut self, group: usize, label: &str) -> usize {
        if let Some(lane) = self.free.get_mut(&(group, label.to_owned())).and_then(Vec::pop) {
            return lane;
        }
        self.all.push(Lane { group, label: label.to_owned() });
        self.all.len() - 1
    }

    /// Frees a lane.
    pub(super) fn free(&mut self, lane: usize) {
        let Some(Lane { group, label }) = self.all.get(lane).cloned() else { return };
        self.free.entry((group, label)).or_default().push(lane);
    }
}
