//! Refuses types for which bindings cannot be generated, at their places, before the generator
//! runs.
//!
//! | limit | set by |
//! |---|---|
//! | those of [`InvalidType`]: sizes, lengths, elements of streams, parts, flags | the Component Model: no component with such a type can be loaded |
//! | [`MAX_TUPLE`], [`MAX_DEPTH`], [`MAX_STRUCTURAL_PARTS`] | Rust's compiler: more would take too much time |

use std::collections::{HashMap, HashSet};

use weft_core::abi::{InvalidType, Type as Made};
use weft_core::builtin::TypeIndex;
use weft_spec::{Diagnostic, Report};
use wit_parser::{
    Function, Handle, InterfaceId, Resolve, Span, Type, TypeDef, TypeDefKind, TypeId, WorldId,
    WorldItem,
};

use crate::wit::source::Wit;

/// The longest tuple, because a struct with the same number of fields is generated for it.
const MAX_TUPLE: usize = 1_000;

/// The longest tuple that is a tuple in Rust.
const MAX_RUST_TUPLE: usize = 12;

/// The deepest nesting of types, because Rust's compiler follows a type for at most 128 levels. A
/// list takes three of them, and the user's own types around it take more.
const MAX_DEPTH: u32 = 32;

/// The largest number of parts of a type that are not in a type with a name of its own, because
/// Rust's compiler follows all of them at each use of the type.
const MAX_STRUCTURAL_PARTS: u32 = 10_000;

/// Checks all types that `world` uses. The report lists every type that is refused.
pub(crate) fn check(wit: &Wit, world: WorldId) -> Result<(), Report> {
    let mut checker = Checker { wit, verdicts: HashMap::new(), report: wit.report() };
    // Types come after those that they consist of.
    for (id, definition) in &wit.resolve.types {
        let verdict = checker.judge(definition);
        checker.verdicts.insert(id, verdict);
    }
    checker.world(world);
    checker.report.sort();
    checker.report.into_result(())
}

/// A type for which bindings can be generated.
#[derive(Clone, Debug)]
struct Sound {
    made: Made,
    depth: u32,
    /// The number of parts that are in no type with a name.
    parts: u32,
}

/// A reason why a type is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    Invalid(InvalidType),
    /// A tuple of this number of parts.
    LongTuple(usize),
    TooDeep,
    TooManyParts,
}

/// The verdict on one type.
enum Verdict {
    Sound(Sound),
    /// The verdict on a type without a name: it is refused at each use.
    Refused(Problem),
    /// The verdict on a type with a name, with each of its refused parts: it is reported once. Also
    /// the verdict on a type that contains a type which is refused elsewhere.
    Told(Vec<Refusal>),
}

/// A problem, its place in WIT, and the item there.
struct Refusal {
    problem: Problem,
    span: Span,
    thing: String,
}

/// A part of a type: its place, its name in messages, and its type if it has one.
struct Part {
    span: Span,
    thing: String,
    ty: Option<Type>,
}

struct Checker<'w> {
    wit: &'w Wit,
    verdicts: HashMap<TypeId, Verdict>,
    report: Report,
}

impl Checker<'_> {
    /// Judges a type after all of its parts.
    fn judge(&self, definition: &TypeDef) -> Verdict {
        let mut refused = Vec::new();
        let mut is_sound = true;
        for part in parts(definition) {
            match part.ty.map(|ty| self.of(ty)) {
                None | Some(Ok(_)) => {}
                Some(Err(problem)) => {
                    is_sound = false;
                    let Part { span, thing, .. } = part;
                    refused.extend(problem.map(|problem| Refusal { problem, span, thing }));
                }
            }
        }
        refused.dedup_by(|a, b| a.span == b.span && a.problem == b.problem);
        let sound = if is_sound { self.make(&definition.kind) } else { Err(None) };
        match (&definition.name, sound) {
            (_, Ok(sound)) => Verdict::Sound(sound),
            (Some(name), Err(problem)) => {
                let thing = format!("the type `{name}`");
                let span = definition.span;
                refused.extend(problem.map(|problem| Refusal { problem, span, thing }));
                Verdict::Told(refused)
            }
            (None, Err(Some(problem))) => Verdict::Refused(problem),
            // The first is enough, because they are at one place.
            (None, Err(None)) => match refused.into_iter().next() {
                Some(refusal) => Verdict::Refused(refusal.problem),
                None => Verdict::Told(Vec::new()),
            },
        }
    }

    /// Returns the facts about a type, or its problem if that is not reported elsewhere.
    fn of(&self, ty: Type) -> Result<Sound, Option<Problem>> {
        let made = match ty {
            Type::Bool => Made::Bool,
            Type::U8 => Made::U8,
            Type::U16 => Made::U16,
            Type::U32 => Made::U32,
            Type::U64 => Made::U64,
            Type::S8 => Made::S8,
            Type::S16 => Made::S16,
            Type::S32 => Made::S32,
            Type::S64 => Made::S64,
            Type::F32 => Made::F32,
            Type::F64 => Made::F64,
            Type::Char => Made::Char,
            Type::String => Made::String,
            Type::ErrorContext => Made::ErrorContext,
            Type::Id(id) => {
                return match self.verdicts.get(&id) {
                    Some(Verdict::Sound(sound)) => Ok(sound.clone()),
                    Some(Verdict::Refused(problem)) => Err(Some(problem.clone())),
                    Some(Verdict::Told(_)) | None => Err(None),
                };
            }
        };
        Ok(Sound { made, depth: 0, parts: 1 })
    }

    /// Judges a type whose parts are all sound.
    fn make(&self, kind: &TypeDefKind) -> Result<Sound, Option<Problem>> {
        let mut inside = Inside { depth: 0, parts: 1 };
        let mut part = |ty: Type| -> Result<Made, Option<Problem>> {
            let sound = self.of(ty)?;
            inside.depth = inside.depth.max(sound.depth);
            inside.parts = inside.parts.saturating_add(sound.parts);
            Ok(sound.made)
        };
        let none: TypeIndex = TypeIndex(0);
        let made = match kind {
            TypeDefKind::Type(ty) => return self.of(*ty),
            TypeDefKind::Resource | TypeDefKind::Handle(Handle::Own(_)) => Ok(Made::Own(none)),
            TypeDefKind::Handle(Handle::Borrow(_)) => Ok(Made::Borrow(none)),
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter();
                let fields = fields.map(|it| part(it.ty).map(|ty| (it.name.as_str(), ty)));
                Made::record(fields.collect::<Result<Vec<_>, _>>()?)
            }
            TypeDefKind::Tuple(tuple) if tuple.types.len() > MAX_TUPLE => {
                return Err(Some(Problem::LongTuple(tuple.types.len())));
            }
            TypeDefKind::Tuple(tuple) => {
                let parts = tuple.types.iter().map(|ty| part(*ty));
                Made::tuple(parts.collect::<Result<Vec<_>, _>>()?)
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter();
                let cases = cases
                    .map(|it| it.ty.map(&mut part).transpose().map(|ty| (it.name.as_str(), ty)));
                Made::variant(cases.collect::<Result<Vec<_>, _>>()?)
            }
            TypeDefKind::Enum(it) => Made::enumeration(it.cases.iter().map(|it| it.name.as_str())),
            TypeDefKind::Flags(it) => Made::flags(it.flags.iter().map(|it| it.name.as_str())),
            TypeDefKind::Option(ty) => Made::option(part(*ty)?),
            TypeDefKind::Result(result) => {
                let ok = result.ok.map(&mut part).transpose()?;
                Made::result(ok, result.err.map(&mut part).transpose()?)
            }
            TypeDefKind::List(ty) => Made::list(part(*ty)?),
            TypeDefKind::FixedLengthList(ty, length) => {
                Made::fixed_length_list(part(*ty)?, *length)
            }
            TypeDefKind::Map(key, value) => Made::map(part(*key)?, part(*value)?),
            TypeDefKind::Stream(ty) => Made::stream(ty.map(part).transpose()?, none),
            TypeDefKind::Future(ty) => Made::future(ty.map(part).transpose()?, none),
            TypeDefKind::Unknown => return Err(None),
        };
        let made = made.map_err(|invalid| Some(Problem::Invalid(invalid)))?;
        inside.around(kind, made).map_err(Some)
    }

    fn world(&mut self, id: WorldId) {
        let resolve: &Resolve = &self.wit.resolve;
        let Some(world) = resolve.worlds.get(id) else { return };
        let mut seen = HashSet::new();
        for item in world.imports.values().chain(world.exports.values()) {
            match item {
                WorldItem::Interface { id, .. } => {
                    if seen.insert(*id) {
                        self.interface(*id);
                    }
                }
                WorldItem::Function(function) => self.function(function),
                WorldItem::Type { id, .. } => self.named(*id),
            }
        }
    }

    fn interface(&mut self, id: InterfaceId) {
        let resolve: &Resolve = &self.wit.resolve;
        let Some(interface) = resolve.interfaces.get(id) else { return };
        for id in interface.types.values() {
            self.named(*id);
        }
        for function in interface.functions.values() {
            self.function(function);
        }
    }

    /// Reports the problems of a type with a name.
    fn named(&mut self, id: TypeId) {
        if let Some(Verdict::Told(refusals)) = self.verdicts.get_mut(&id) {
            for refusal in std::mem::take(refusals) {
                self.tell(refusal);
            }
        }
    }

    fn function(&mut self, function: &Function) {
        let name = &function.name;
        let parameters = function
            .params
            .iter()
            .map(|it| (it.ty, it.span, format!("the parameter `{}` of `{name}`", it.name)));
        let result =
            function.result.map(|ty| (ty, function.span, format!("the result of `{name}`")));
        for (ty, span, thing) in parameters.chain(result) {
            if let Err(Some(problem)) = self.of(ty) {
                self.tell(Refusal { problem, span, thing });
            }
        }
    }

    fn tell(&mut self, Refusal { problem, span, thing }: Refusal) {
        let (limit, help) = problem.words();
        let problem = Diagnostic::error("bind-limit", format!("{thing} is refused: {limit}"));
        let problem = problem.help(help);
        self.report.push(match self.wit.place(span) {
            Some(place) => problem.at(place, ""),
            None => problem,
        });
    }
}

/// The parts of a type.
struct Inside {
    depth: u32,
    parts: u32,
}

impl Inside {
    /// Returns the facts about a type of `kind` around these parts, if it is within the limits.
    fn around(self, kind: &TypeDefKind, made: Made) -> Result<Sound, Problem> {
        let depth = self.depth.saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        if self.parts > MAX_STRUCTURAL_PARTS {
            return Err(Problem::TooManyParts);
        }
        let has_a_name = match kind {
            TypeDefKind::Record(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Resource => true,
            TypeDefKind::Tuple(tuple) => tuple.types.len() > MAX_RUST_TUPLE,
            _ => false,
        };
        let parts = if has_a_name { 1 } else { self.parts };
        Ok(Sound { made, depth, parts })
    }
}

/// Returns the parts of a type that have places of their own; for other types, their contents at
/// the type's place.
fn parts(definition: &TypeDef) -> Vec<Part> {
    let name = definition.name.as_deref().unwrap_or_default();
    let here = |ty: &Type| Part {
        span: definition.span,
        thing: format!("the type `{name}`"),
        ty: Some(*ty),
    };
    match &definition.kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|it| Part {
                span: it.span,
                thing: format!("the field `{}` of `{name}`", it.name),
                ty: Some(it.ty),
            });
            fields.collect()
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|it| Part {
                span: it.span,
                thing: format!("the case `{}` of `{name}`", it.name),
                ty: it.ty,
            });
            cases.collect()
        }
        TypeDefKind::Tuple(tuple) => tuple.types.iter().map(here).collect(),
        TypeDefKind::Result(it) => it.ok.iter().chain(&it.err).map(here).collect(),
        TypeDefKind::Map(key, value) => [key, value].map(here).into(),
        TypeDefKind::Option(ty)
        | TypeDefKind::List(ty)
        | TypeDefKind::FixedLengthList(ty, _)
        | TypeDefKind::Type(ty)
        | TypeDefKind::Stream(Some(ty))
        | TypeDefKind::Future(Some(ty)) => vec![here(ty)],
        TypeDefKind::Stream(None)
        | TypeDefKind::Future(None)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Flags(_)
        | TypeDefKind::Handle(_)
        | TypeDefKind::Resource
        | TypeDefKind::Unknown => Vec::new(),
    }
}

impl Problem {
    /// Returns the limit, and the advice for another type.
    fn words(&self) -> (String, &'static str) {
        match self {
            Self::Invalid(invalid) => (invalid.to_string(), instead(invalid)),
            Self::LongTuple(length) => (
                format!("a tuple has at most {MAX_TUPLE} parts, but this one has {length}"),
                "use a `record`, which may have more fields, or a `list` if the parts have one type",
            ),
            Self::TooDeep => (
                format!(
                    "types are nested at most {MAX_DEPTH} levels deep, the limit of Rust's compiler"
                ),
                "put the inner values in a `list`, and refer to each by its number",
            ),
            Self::TooManyParts => (
                format!(
                    "a type has at most {MAX_STRUCTURAL_PARTS} parts that are in no `record`, \
                     `variant` or long tuple, the limit of Rust's compiler"
                ),
                "use a `record` for some of the parts: it counts as one part",
            ),
        }
    }
}

/// Returns the advice for a type that does not exist.
fn instead(invalid: &InvalidType) -> &'static str {
    match invalid {
        InvalidType::NoLength => "use a `list` without a length, which may be empty",
        InvalidType::TooLarge(_) => {
            "use a `list` without a length: its elements are stored elsewhere"
        }
        InvalidType::TooManyFlags(_) => "use several `flags`, or a `list` of an `enum`",
        InvalidType::CharStream => "use `stream<u8>` for text in UTF-8, or `stream<string>`",
        InvalidType::BorrowInEnd => {
            "a borrow ends with its call, but a stream or future does not: send the resource itself"
        }
        InvalidType::KeyType(_) => "use a `list` of tuples of a key and a value",
        InvalidType::TooDeep => "put the inner values in a `list`, and refer to each by its number",
        InvalidType::TooManyParts => "use a `list` instead of parts of the same type",
        _ => "the Component Model has no such type",
    }
}
