//! The folders that a guest has.

use std::string::String;
use std::vec::Vec;

use super::descriptor::Descriptor;
use super::directory::Directory;
use super::place::Place;

/// The files that a guest has.
#[derive(Debug, Default)]
pub(crate) struct Filesystem {
    pub(super) preopens: Vec<(Directory, String)>,
    pub(super) place: Place,
}

impl Filesystem {
    /// Returns the folders, with the guest's names for them.
    pub(crate) fn preopened(&self) -> impl Iterator<Item = (Descriptor, String)> {
        self.preopens.iter().map(|(directory, name)| {
            (Descriptor::from(directory.clone().at(self.place)), name.clone())
        })
    }
}
