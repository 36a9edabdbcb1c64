//! The `@unstable` features that WIT has.

use std::collections::BTreeSet;

use weft_spec::{Diagnostic, Report};
use wit_parser::{Function, Resolve, Stability, UnresolvedPackageGroup, WorldItem};

use crate::wit::closest::{did_you_mean, listed};
use crate::{OptionPlace, Options};

/// The names of the features on which items depend.
#[derive(Debug)]
pub(crate) struct Features(BTreeSet<String>);

impl Features {
    /// Collects the features of resolved packages and of other packages.
    pub(crate) fn of(resolve: &Resolve, groups: &[UnresolvedPackageGroup]) -> Self {
        let mut features = Self(BTreeSet::new());
        let packages = groups.iter().flat_map(|group| group.nested.iter().chain([&group.main]));
        let packages: Vec<_> = packages.map(|it| (&it.worlds, &it.interfaces, &it.types)).collect();
        let resolved = (&resolve.worlds, &resolve.interfaces, &resolve.types);
        for (worlds, interfaces, types) in packages.into_iter().chain([resolved]) {
            for (_, world) in worlds {
                features.note(&world.stability);
                for include in &world.includes {
                    features.note(&include.stability);
                }
                for item in world.imports.values().chain(world.exports.values()) {
                    match item {
                        WorldItem::Interface { stability, .. }
                        | WorldItem::Function(Function { stability, .. }) => {
                            features.note(stability);
                        }
                        WorldItem::Type { .. } => {}
                    }
                }
            }
            for (_, interface) in interfaces {
                features.note(&interface.stability);
                for function in interface.functions.values() {
                    features.note(&function.stability);
                }
            }
            for (_, ty) in types {
                features.note(&ty.stability);
            }
        }
        features
    }

    fn note(&mut self, stability: &Stability) {
        if let Stability::Unstable { feature, .. } = stability {
            self.0.insert(feature.clone());
        }
    }

    /// Returns the names as words; none if there are no features.
    pub(crate) fn listed(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| listed(self.0.iter().map(String::as_str)))
    }

    /// Returns a hint for a missing item: it may belong to a feature that is not included.
    pub(crate) fn left_out(&self, options: &Options) -> Option<String> {
        let included = |name: &&String| options.all_features || options.features.contains(name);
        let names: Vec<_> = self.0.iter().filter(|name| !included(name)).collect();
        let listed = listed(names.iter().map(|name| name.as_str()));
        (!names.is_empty()).then(|| format!("items of these features are not included: {listed}"))
    }

    /// Refuses features on which no item depends.
    pub(crate) fn refuse_unknown(&self, options: &Options, report: &mut Report) {
        let places = options.places.source(report);
        for (number, name) in options.features.iter().enumerate() {
            if self.0.contains(name) {
                continue;
            }
            let message = format!("no package has an unstable feature `{name}`");
            let known: Vec<_> = self.0.iter().map(String::as_str).collect();
            let problem = Diagnostic::error("wit-unknown-feature", message);
            let problem = did_you_mean(problem, name, &known);
            let there = self.listed().map_or_else(
                || "no item that was read is unstable".to_owned(),
                |names| format!("the known features are {names}"),
            );
            let problem = problem.help(there);
            report.push(places.at(problem, &OptionPlace::Element("features", number)));
        }
    }
}
