//! Decoding: from the bytes of a component to its definitions.
//!
//! `wasmparser` validates a section. Then each item of the section is converted into an item of the
//! definition, with the types that the validator has resolved.
//!
//! | file | |
//! |---|---|
//! | `sections` | items of every section but canonical definitions |
//! | `canonical` | canonical definitions, with their options |
//! | `value_types` | types of values and functions; slots of resource types |
//! | `extern_types` | types of imports and exports, and the slots that they fill |
//! | `core_names` | names in core modules |
//! | `core_types` | types of core functions, and of the imports and exports of core modules |
//! | `tail_calls` | finding tail calls in core functions |
//! | `error` | [`InvalidComponent`] |

mod canonical;
mod core_names;
mod core_types;
pub(crate) mod error;
mod extern_types;
mod sections;
mod tail_calls;
#[cfg(test)]
mod tests;
mod value_types;

use alloc::sync::Arc;
use alloc::vec::Vec;

use wasmparser::{
    Encoding, ExternalKind, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    ImportSectionReader, Parser, Payload, ValidPayload, Validator, ValidatorResources,
    WasmFeatures,
};

use super::extern_type::ModuleType;
use super::features::Features;
use super::items::{CoreModule, Decoded, Definition};
use core_names::CoreNamesReader;
use core_types::module_type;

pub use error::InvalidComponent;
use error::{MAX_NESTING, NOT_IMPLEMENTED};
use sections::Scope;
use tail_calls::has_tail_calls;
use value_types::Resolved;

/// Returns all features that a component or a core module in it may use. The engine has to support
/// those of a core module, too, which
/// [`missing_capabilities`](crate::component::missing::missing_capabilities) checks.
pub(crate) fn features() -> WasmFeatures {
    NOT_IMPLEMENTED.into_iter().fold(WasmFeatures::all(), |all, (flag, _)| all.difference(flag))
}

/// Checks that `bytes` are a component that Weft can load.
///
/// ```
/// use weft::component::{InvalidComponent, validate};
///
/// let empty = b"\0asm\x0d\0\x01\0";
/// assert_eq!(validate(empty), Ok(()));
///
/// let module = b"\0asm\x01\0\0\0";
/// assert!(matches!(validate(module), Err(InvalidComponent::Invalid { .. })));
/// ```
///
/// # Errors
///
/// [`InvalidComponent`]
pub fn validate(bytes: &[u8]) -> Result<(), InvalidComponent> {
    decode(bytes, Features::default(), Bodies::Validated).map(|_| ())
}

/// The treatment of the bodies of core functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    /// They are validated.
    Validated,
    /// They are left to the engine. Everything else is validated.
    LeftToEngine,
}

/// Validates the core module in `bytes`. Returns its type and its other properties.
pub(crate) fn decode_module(
    bytes: &[u8],
    bodies: Bodies,
) -> Result<(Arc<ModuleType>, CoreModule), InvalidComponent> {
    read_module(bytes, bodies).map_err(|error| error.explained(bytes, features()))
}

fn read_module(
    bytes: &[u8],
    bodies: Bodies,
) -> Result<(Arc<ModuleType>, CoreModule), InvalidComponent> {
    let mut module = CoreModule::new(0..bytes.len());
    let mut imports = None;
    let mut validator = Validator::new_with_features(features());
    let mut functions = FunctionsValidator::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        let valid = validator.payload(&payload)?;
        module.section(&payload);
        imports = import_section(&payload).or(imports);
        match valid {
            ValidPayload::Func(function, body) => functions.function(function, &body, bodies)?,
            ValidPayload::End(types) => {
                let at = Resolved { types: types.as_ref(), offset: 0 };
                let ty = module_type(at, imports)?;
                return Ok((ty, module));
            }
            _ => {}
        }
    }
    Err(unexpected_end(bytes))
}

/// Validates the component in `bytes`, and returns its definitions.
pub(crate) fn decode(
    bytes: &[u8],
    optional: Features,
    bodies: Bodies,
) -> Result<Decoded, InvalidComponent> {
    let features = optional.of(features());
    read(bytes, features, bodies).map_err(|error| {
        // A core module is refused whatever its features are.
        if Parser::is_component(bytes) { error.explained(bytes, features) } else { error }
    })
}

fn read(bytes: &[u8], features: WasmFeatures, bodies: Bodies) -> Result<Decoded, InvalidComponent> {
    let mut decoder = Decoder {
        validator: Validator::new_with_features(features),
        scopes: Vec::new(),
        modules: Vec::new(),
        module_types: Vec::new(),
        is_in_module: false,
        core_names: CoreNamesReader::default(),
        imports: None,
        bodies,
        functions: FunctionsValidator::default(),
    };
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        if let Some(root) = decoder.payload(&payload?)? {
            return Ok(Decoded {
                root: Arc::new(root),
                modules: decoder.modules,
                module_types: decoder.module_types,
            });
        }
    }
    Err(unexpected_end(bytes))
}

fn unexpected_end(bytes: &[u8]) -> InvalidComponent {
    InvalidComponent::invalid("unexpected end", u64::try_from(bytes.len()).unwrap_or(u64::MAX))
}

/// The number of a component's section of value definitions, which `wasmparser` does not know.
const VALUE_SECTION: u8 = 12;

struct Decoder<'a> {
    validator: Validator,
    /// The components that are begun and have not ended, the outermost first.
    scopes: Vec<Scope>,
    modules: Vec<CoreModule>,
    module_types: Vec<Arc<ModuleType>>,
    /// `true` if the next payload belongs to the last of the modules.
    is_in_module: bool,
    /// The names in the current module.
    core_names: CoreNamesReader,
    /// The imports of the current module.
    imports: Option<ImportSectionReader<'a>>,
    bodies: Bodies,
    functions: FunctionsValidator,
}

impl<'a> Decoder<'a> {
    /// Handles a payload. Returns the definition of the outermost component when it has ended.
    fn payload(&mut self, payload: &Payload<'a>) -> Result<Option<Definition>, InvalidComponent> {
        if let Payload::UnknownSection { id: VALUE_SECTION, range, .. } = payload
            && !self.is_in_module
        {
            return Err(InvalidComponent::values(range.start));
        }
        match self.validator.payload(payload)? {
            ValidPayload::Func(function, body) => self.function(function, &body)?,
            ValidPayload::End(types) if self.is_in_module => {
                let at = Resolved { types: types.as_ref(), offset: 0 };
                self.module_types.push(module_type(at, self.imports.take())?);
            }
            _ => {}
        }
        match payload {
            Payload::Version { encoding, range, .. } => self.version(*encoding, range.start)?,
            Payload::ModuleSection { unchecked_range, .. } => {
                let bytes = usize::try_from(unchecked_range.start)
                    .and_then(|start| Ok(start..usize::try_from(unchecked_range.end)?))
                    .map_err(|_| {
                        InvalidComponent::invalid(
                            "a core module is too large",
                            unchecked_range.start,
                        )
                    })?;
                let number = self.modules.len();
                self.modules.push(CoreModule::new(bytes));
                self.is_in_module = true;
                self.scope()?.core_module(number);
            }
            Payload::End(_) if self.is_in_module => {
                self.is_in_module = false;
                let names = core::mem::take(&mut self.core_names).finish();
                self.scope()?.core_names(names);
            }
            Payload::End(_) => return Ok(self.end()),
            _ if self.is_in_module => {
                self.core_names.payload(payload);
                self.imports = import_section(payload).or(self.imports.take());
                if let Some(module) = self.modules.last_mut() {
                    module.section(payload);
                }
            }
            _ => {
                if let (Some(scope), Some(types)) =
                    (self.scopes.last_mut(), self.validator.types(0))
                {
                    scope.section(payload, types)?;
                }
            }
        }
        Ok(None)
    }

    fn scope(&mut self) -> Result<&mut Scope, InvalidComponent> {
        self.scopes.last_mut().ok_or_else(|| InvalidComponent::invalid("not in a component", 0))
    }

    /// Begins a component, or a module in one.
    fn version(&mut self, encoding: Encoding, offset: u64) -> Result<(), InvalidComponent> {
        match encoding {
            Encoding::Module if self.is_in_module => Ok(()),
            Encoding::Module => {
                Err(InvalidComponent::invalid("this is a core module, not a component", offset))
            }
            Encoding::Component if self.scopes.len() >= MAX_NESTING => {
                Err(InvalidComponent::TooDeep { offset })
            }
            Encoding::Component => {
                self.scopes.push(Scope::default());
                Ok(())
            }
        }
    }

    /// Finishes a component.
    fn end(&mut self) -> Option<Definition> {
        let ended = self.scopes.pop().map(Scope::finish)?;
        match self.scopes.last_mut() {
            Some(outer) => {
                outer.component(Arc::new(ended));
                None
            }
            None => Some(ended),
        }
    }

    /// Validates a core function, and searches it for tail calls.
    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), InvalidComponent> {
        self.functions.function(function, body, self.bodies)?;
        if let Some(module) = self.modules.last_mut()
            && !module.has_tail_calls
        {
            module.has_tail_calls = has_tail_calls(body)?;
        }
        Ok(())
    }
}

fn import_section<'a>(payload: &Payload<'a>) -> Option<ImportSectionReader<'a>> {
    match payload {
        Payload::ImportSection(section) => Some(section.clone()),
        _ => None,
    }
}

impl CoreModule {
    /// Handles the next section.
    fn section(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::StartSection { .. } => self.has_start = true,
            Payload::ExportSection(section) => {
                let exports = section.clone().into_iter().map_while(Result::ok);
                let memories = exports.filter(|export| export.kind == ExternalKind::Memory);
                let mut memories: Vec<_> = memories.map(|it| (it.name.into(), it.index)).collect();
                memories.sort_unstable();
                self.memories = memories.into();
            }
            _ => {}
        }
    }
}

/// A validator of core functions, one after the other.
#[derive(Default)]
struct FunctionsValidator {
    /// Memory that is reused for the next function.
    allocations: FuncValidatorAllocations,
}

impl FunctionsValidator {
    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        bodies: Bodies,
    ) -> Result<(), InvalidComponent> {
        if bodies == Bodies::Validated {
            let mut validator = function.into_validator(core::mem::take(&mut self.allocations));
            validator.validate(body)?;
            self.allocations = validator.into_allocations();
        }
        Ok(())
    }
}
