//! Packages and components that are encoded as WebAssembly.

use weft_spec::{Diagnostic, Report};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Resolve, Span, UnresolvedPackageGroup};

use crate::wit::files::Texts;
use crate::wit::source::Main;

/// The packages and components that were decoded.
#[derive(Default)]
pub(crate) struct Encoded<'f> {
    component: Option<Component<'f>>,
}

/// A component, which is added to the packages that it shares with WIT text.
struct Component<'f> {
    path: &'f str,
    bytes: &'f [u8],
    decoded: DecodedWasm,
}

impl<'f> Encoded<'f> {
    /// Reads a package, which is added at once, or a component. Problems go into `report`.
    pub(crate) fn read(
        &mut self,
        resolve: &mut Resolve,
        path: &'f str,
        bytes: &'f [u8],
        is_main: bool,
        report: &mut Report,
    ) -> Option<Main> {
        let wanted = if is_main { "a component or WIT package" } else { "a WIT package" };
        let decoded = wat::parse_bytes(bytes).map_err(|error| error.to_string());
        let decoded = decoded.and_then(|binary| match binary.get(4..8) {
            Some([1, 0, 0, 0]) => Err("it is a core module".to_owned()),
            _ => decode(&binary).map_err(|error| format!("{error:#}")),
        });
        let read = decoded.and_then(|decoded| match decoded {
            DecodedWasm::Component(..) if !is_main => Err("it is a component".to_owned()),
            DecodedWasm::Component(..) => match &self.component {
                Some(other) if other.bytes != bytes => Err(format!(
                    "`{}` is already one, and bindings are made for one component",
                    other.path
                )),
                _ => {
                    self.component = Some(Component { path, bytes, decoded });
                    Ok(None)
                }
            },
            DecodedWasm::WitPackage(found, id) => {
                let remap = resolve.merge(found).map_err(|error| format!("{error:#}"))?;
                let package = remap.packages.get(id.index()).copied();
                package.map(|it| Some(Main::Package(it))).ok_or("the package is missing".to_owned())
            }
        });
        read.unwrap_or_else(|error| {
            let message = format!("`{path}` is not {wanted}: {error}");
            report.push(Diagnostic::error("wit-encoded", message));
            None
        })
    }

    /// Refuses text that conflicts with an encoded package: the same package, or one with a nested
    /// name that the parser reads as the same.
    pub(crate) fn refuse_texts(
        &self,
        resolve: &Resolve,
        groups: &[UnresolvedPackageGroup],
        texts: &Texts,
        report: &mut Report,
    ) {
        let component = self.component.iter().map(|component| component.decoded.resolve());
        let packages = component.chain([resolve]).flat_map(|resolve| resolve.packages.iter());
        for problem in packages.filter_map(|(_, it)| texts.nested.refuse_encoded(&it.name)) {
            report.push(problem);
        }
        let packages = groups.iter().flat_map(|group| group.nested.iter().chain([&group.main]));
        for name in packages.map(|package| &package.name) {
            if resolve.package_names.contains_key(name) {
                let message =
                    format!("`{name}` exists as text and in WebAssembly: keep one of them");
                report.push(Diagnostic::error("wit-duplicate-package", message));
            }
        }
    }

    /// Adds the component, and returns its world. Problems go into `report`.
    pub(crate) fn add(self, resolve: &mut Resolve, report: &mut Report) -> Option<Main> {
        let Component { path, decoded, .. } = self.component?;
        let DecodedWasm::Component(found, id) = decoded else { return None };
        let merged = resolve.merge(found).map_err(|error| format!("{error:#}"));
        let world = merged.and_then(|remap| {
            remap.map_world(id, Span::default()).map_err(|error| error.to_string())
        });
        world
            .map(Main::World)
            .map_err(|error| {
                let message = format!("the component `{path}` does not fit the WIT: {error}");
                report.push(Diagnostic::error("wit-encoded", message));
            })
            .ok()
    }
}
