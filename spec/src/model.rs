//! What the data says, as Rust values. Every item keeps the place it was read from.

use crate::Span;
use crate::signature::Signature;

/// A value and the place in the data that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> std::ops::Deref for Placed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Everything under `spec/`, loaded and checked.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// The features that gate parts of the spec.
    pub gates: Vec<Gate>,
    /// The options of `canon` definitions (`canonopt`), in the order of their codes.
    pub options: Vec<CanonicalOption>,
    /// The two definitions that adapt an existing function: `lift` and `lower`.
    pub definitions: Vec<Definition>,
    /// The canonical built-ins, family by family.
    pub builtins: Vec<Builtin>,
    /// Built-ins that earlier revisions had.
    pub removed: Vec<RemovedBuiltin>,
    /// Numbers of the canonical ABI.
    pub constants: Vec<Constant>,
    /// Enumerations that cross the boundary between host and guest as integers.
    pub codes: Vec<Code>,
    /// Several values in one core integer.
    pub packings: Vec<Packing>,
    /// The value types.
    pub value_types: Vec<ValueType>,
    /// Words that trap messages are completed with.
    pub trap_words: Vec<TrapWords>,
    /// The rules whose breach is a trap.
    pub traps: Vec<Trap>,
    /// Checks that several built-ins share.
    pub guards: Vec<Guard>,
    /// Places where the text of the spec contradicts itself.
    pub exceptions: Vec<Exception>,
}

impl Spec {
    /// The built-in called `name`, such as `stream.read`.
    pub fn builtin(&self, name: &str) -> Option<&Builtin> {
        self.builtins.iter().find(|builtin| *builtin.name == name)
    }

    /// The trap with the rule id `id`.
    pub fn trap(&self, id: &str) -> Option<&Trap> {
        self.traps.iter().find(|trap| *trap.id == id)
    }

    /// The gate called `name`.
    pub fn gate(&self, name: &str) -> Option<&Gate> {
        self.gates.iter().find(|gate| *gate.name == name)
    }

    /// The guard called `name`.
    pub fn guard(&self, name: &str) -> Option<&Guard> {
        self.guards.iter().find(|guard| *guard.name == name)
    }

    /// Every trap that `builtin` can raise: those of its guards, then its own, each once.
    pub fn traps_of<'a>(&'a self, builtin: &'a Builtin) -> Vec<&'a Trap> {
        let of_guards = builtin.guards.iter().filter_map(|name| self.guard(&name.value));
        let mut traps: Vec<&Trap> = Vec::new();
        for id in of_guards.flat_map(|guard| &guard.traps).chain(&builtin.traps) {
            if let Some(trap) =
                self.trap(&id.value).filter(|trap| traps.iter().all(|t| t.id != trap.id))
            {
                traps.push(trap);
            }
        }
        traps
    }

    /// Since which milestone `builtin` exists: its own, or that of its gate.
    pub fn since<'a>(&'a self, builtin: &'a Builtin) -> &'a str {
        match &builtin.since {
            Some(since) => since,
            None => self.gate(&builtin.gate).map_or("", |gate| &gate.since),
        }
    }

    /// The families of built-ins, in order, each once.
    pub fn families(&self) -> Vec<&str> {
        let mut families: Vec<&str> = Vec::new();
        for builtin in &self.builtins {
            if families.last() != Some(&builtin.family.as_str()) {
                families.push(&builtin.family);
            }
        }
        families
    }
}

/// A feature that the spec marks with an emoji.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Its name, such as `async`.
    pub name: Placed<String>,
    /// The emoji in the text; empty for what is not gated.
    pub emoji: String,
    /// The milestone it shipped with, such as `wasi-0.3`, or `unreleased`.
    pub since: String,
    /// What it is, in a few words.
    pub summary: String,
}

/// An option of a `canon` definition.
#[derive(Clone, Debug)]
pub struct CanonicalOption {
    /// Its name, such as `memory` or `string-encoding=utf8`.
    pub name: Placed<String>,
    /// Its code in the binary format.
    pub code: Placed<u8>,
    /// What follows the code.
    pub immediates: Vec<Immediate>,
    /// The feature that gates it.
    pub gate: Placed<String>,
    /// What it is, in a few words.
    pub summary: String,
}

/// `canon lift` or `canon lower`.
#[derive(Clone, Debug)]
pub struct Definition {
    /// `lift` or `lower`.
    pub name: Placed<String>,
    /// Its opcode in the binary format.
    pub opcode: Placed<u8>,
    /// What follows the opcode.
    pub immediates: Vec<Immediate>,
    /// The options it takes.
    pub allowed: Vec<Placed<String>>,
    /// What it is, in a sentence.
    pub summary: String,
    /// Headings to read: `explainer` and `canonical-abi`, as link anchors.
    pub anchors: Anchors,
}

/// Where the text describes something, as anchors of its headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchors {
    /// In `Explainer.md`.
    pub explainer: String,
    /// In `CanonicalABI.md`.
    pub canonical_abi: String,
}

/// A canonical built-in.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// Its name in the text format, such as `waitable-set.wait`.
    pub name: Placed<String>,
    /// The family it belongs to: the name of its file, such as `waitable`.
    pub family: String,
    /// Its opcode in the binary format.
    pub opcode: Placed<u8>,
    /// The feature that gates it.
    pub gate: Placed<String>,
    /// The milestone it shipped with, where that is not its gate's.
    pub since: Option<String>,
    /// What follows the opcode.
    pub immediates: Vec<Immediate>,
    /// The options it takes.
    pub allowed: Vec<Placed<String>>,
    /// The options it must have.
    pub required: Vec<RequiredOption>,
    /// Its core signature, in symbolic form.
    pub signature: Placed<Signature>,
    /// What its result is, where that is more than a number.
    pub result: Option<ResultMeaning>,
    /// Its approximate signature in WIT, as the text gives it.
    pub wit: String,
    /// Whether it may block the thread that calls it.
    pub blocks: Blocks,
    /// The checks it shares with others, in order.
    pub guards: Vec<Placed<String>>,
    /// The other traps it can raise, by rule id, in order.
    pub traps: Vec<Placed<String>>,
    /// The functions of the reference that implement it, its own first.
    pub reference: Vec<String>,
    /// The field names it is imported under by core modules, as patterns; see [`ImportName`].
    pub imports: Vec<ImportName>,
    /// What it does, in a sentence or two.
    pub summary: String,
    /// Where the text describes it.
    pub anchors: Anchors,
}

impl Builtin {
    /// The part of the name after the family, such as `wait`.
    pub fn operation(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(_, operation)| operation)
    }
}

/// What the result of a built-in is, where that is more than a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultMeaning {
    /// Always 0.
    Zero,
    /// A [`Packing`], by name.
    Packing(String),
    /// A [`Code`], by name.
    Code(String),
}

/// The name that a core module imports a built-in under, when a component is made from it.
///
/// Patterns contain `{type}` (the index of the stream or future type in its function), `{slot}`,
/// `{encoding}`, `{resource}` and `{function}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportName {
    /// The pattern of the field name, such as `[stream-new-{type}]{function}`.
    pub pattern: String,
    /// Whether the name says that the `async` form is meant.
    pub is_async: bool,
}

/// A built-in that an earlier revision of the spec had.
#[derive(Clone, Debug)]
pub struct RemovedBuiltin {
    /// Its name then.
    pub name: Placed<String>,
    /// Its opcode then.
    pub opcode: Placed<u8>,
    /// The built-ins to use now.
    pub replaced_by: Vec<Placed<String>>,
    /// The release of wasm-tools in which it is last seen, as far as Weft looked.
    pub last_seen: String,
    /// What a person should know.
    pub note: String,
}

/// Something that follows an opcode or an option's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Immediate {
    /// A byte that must have this value.
    Byte(u8),
    /// A value with a name.
    Named {
        /// The name that the grammar gives it.
        name: String,
        /// What it is.
        kind: ImmediateKind,
    },
}

/// The kinds of immediates of `canon` definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImmediateKind {
    /// `typeidx`: a component-level type.
    TypeIndex,
    /// `funcidx`: a component-level function.
    FunctionIndex,
    /// `core:typeidx`.
    CoreTypeIndex,
    /// `core:funcidx`.
    CoreFunctionIndex,
    /// `core:memoryidx`.
    CoreMemoryIndex,
    /// `core:tableidx`.
    CoreTableIndex,
    /// `core:valtype`.
    CoreValueType,
    /// `u32`.
    U32,
    /// `resultlist`: an optional value type.
    ResultList,
    /// `opts`: a vector of options.
    Options,
    /// `async?`: a byte, 0 or 1.
    Async,
    /// `sh?`: a byte, 0 or 1.
    Shared,
}

impl ImmediateKind {
    /// All kinds with their spelling in the grammar of the binary format.
    pub const ALL: [(ImmediateKind, &'static str); 12] = [
        (Self::TypeIndex, "typeidx"),
        (Self::FunctionIndex, "funcidx"),
        (Self::CoreTypeIndex, "core:typeidx"),
        (Self::CoreFunctionIndex, "core:funcidx"),
        (Self::CoreMemoryIndex, "core:memoryidx"),
        (Self::CoreTableIndex, "core:tableidx"),
        (Self::CoreValueType, "core:valtype"),
        (Self::U32, "u32"),
        (Self::ResultList, "resultlist"),
        (Self::Options, "opts"),
        (Self::Async, "async?"),
        (Self::Shared, "sh?"),
    ];

    /// The spelling in the grammar of the binary format.
    pub fn spelling(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, spelling)| spelling)
    }
}

/// An option that a built-in must have, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredOption {
    /// The option.
    pub option: String,
    /// When it must be there.
    pub when: When,
    /// Where the data says so.
    pub span: Span,
}

/// When an option is required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// If the stream or future has an element type.
    Element,
    /// If lifting or lowering the type needs memory: it contains a string or a list, or has
    /// more flat values than fit.
    NeedsMemory,
    /// If the type contains a string or a list.
    ContainsPointer,
    /// Unless this gate is open.
    UnlessGate(String),
}

/// Whether a built-in may block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// It never does.
    Never,
    /// It may, unless it was defined with `async`.
    UnlessAsync,
    /// It may.
    May,
    /// It doesn't, but may run guest code to its end, such as `realloc`.
    CallsGuest,
}

impl Blocks {
    /// All cases with their spelling in the data.
    pub const ALL: [(Blocks, &'static str); 4] = [
        (Self::Never, "never"),
        (Self::UnlessAsync, "unless-async"),
        (Self::May, "may"),
        (Self::CallsGuest, "calls-guest"),
    ];
}

/// A number of the canonical ABI.
#[derive(Clone, Debug)]
pub struct Constant {
    /// Its name, as the reference spells it.
    pub name: Placed<String>,
    /// Its value.
    pub value: u64,
    /// Its name in the reference: a global, `Class.NAME`, or empty where the reference has none.
    pub reference: String,
    /// What it limits or means.
    pub summary: String,
    /// Where the text has it, as an anchor of `CanonicalABI.md`.
    pub anchor: String,
}

/// An enumeration that crosses the boundary as an integer.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its name, such as `event-code`.
    pub name: Placed<String>,
    /// The class of the reference.
    pub reference: String,
    /// What it tells.
    pub summary: String,
    /// Where the text has it, as an anchor of `CanonicalABI.md`.
    pub anchor: String,
    /// Its cases.
    pub cases: Vec<CodeCase>,
}

/// A case of a [`Code`].
#[derive(Clone, Debug)]
pub struct CodeCase {
    /// Its name, such as `task-cancelled`.
    pub name: Placed<String>,
    /// Its number.
    pub value: u32,
    /// What it means.
    pub summary: String,
}

/// Several values in one core integer.
#[derive(Clone, Debug)]
pub struct Packing {
    /// Its name, such as `callback-result`.
    pub name: Placed<String>,
    /// 32 or 64.
    pub width: u32,
    /// The parts, from the lowest bit up; together they are the whole integer.
    pub fields: Vec<PackedField>,
    /// A value of the whole integer that stands for something else, by its constant's name.
    pub sentinel: Option<Sentinel>,
    /// The trap raised by an integer that no pack makes, if guests can pass one.
    pub trap: Option<String>,
    /// What it tells.
    pub summary: String,
    /// Where the text has it, as an anchor of `CanonicalABI.md`.
    pub anchor: String,
}

/// A part of a [`Packing`].
#[derive(Clone, Debug)]
pub struct PackedField {
    /// Its name.
    pub name: Placed<String>,
    /// Its lowest bit.
    pub low: u32,
    /// The bit after its highest.
    pub high: u32,
    /// The [`Code`] it holds; a number otherwise.
    pub code: Option<String>,
    /// What the number means; empty for a code, which says so itself.
    pub summary: String,
}

/// A value of a packed integer that stands for something else.
#[derive(Clone, Debug)]
pub struct Sentinel {
    /// Its name, such as `blocked`.
    pub name: String,
    /// The name of the [`Constant`].
    pub constant: String,
    /// What to call every other value, such as `ended`.
    pub otherwise: String,
}

/// A value type.
#[derive(Clone, Debug)]
pub struct ValueType {
    /// Its keyword, such as `u32` or `list`.
    pub name: Placed<String>,
    /// Its opcode in the binary format.
    pub opcode: Placed<u8>,
    /// The feature that gates it.
    pub gate: Placed<String>,
    /// Its class in the reference.
    pub reference: String,
    /// How it is laid out in memory and flattened.
    pub layout: Layout,
    /// What it is.
    pub summary: String,
}

/// How values of a type are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Always the same.
    Fixed {
        /// In bytes.
        size: u32,
        /// In bytes.
        alignment: u32,
        /// The core type it is flattened to.
        flat: CoreType,
    },
    /// A pointer and a length.
    PointerAndLength,
    /// `length` elements, one after the other.
    Elements,
    /// Fields, one after the other, each aligned.
    Fields,
    /// A discriminant and the payload of one case.
    Cases,
    /// A bit for each label, in the smallest of 1, 2 or 4 bytes.
    Bits,
    /// As another type, which it is a specialization of: `record`, `variant` or `list`.
    As(String),
}

/// The number types of core WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoreType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
}

impl CoreType {
    /// All types with their spelling.
    pub const ALL: [(CoreType, &'static str); 4] =
        [(Self::I32, "i32"), (Self::I64, "i64"), (Self::F32, "f32"), (Self::F64, "f64")];

    /// The spelling in core WebAssembly.
    pub fn spelling(self) -> &'static str {
        Self::ALL.iter().find(|(ty, _)| *ty == self).map_or("", |(_, spelling)| spelling)
    }
}

/// A parameter of trap messages that is one of a few words.
#[derive(Clone, Debug)]
pub struct TrapWords {
    /// The parameter's name, as it stands in braces in messages.
    pub name: Placed<String>,
    /// The words.
    pub words: Vec<String>,
    /// What it tells.
    pub summary: String,
}

/// A rule whose breach is a trap.
#[derive(Clone, Debug)]
pub struct Trap {
    /// The rule's id.
    pub id: Placed<String>,
    /// The message that the official suite expects, with parameters in braces: `{index}` is a
    /// number, the others are [`TrapWords`].
    pub message: Placed<String>,
    /// Who raises it.
    pub layer: TrapLayer,
    /// The places of the reference that trap so, as `function: condition`.
    pub sites: Vec<Placed<String>>,
    /// The rule, in a sentence.
    pub summary: String,
}

/// Who raises a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrapLayer {
    /// The machine: tasks, threads, waitables, streams, handles.
    Machine,
    /// Lifting and lowering.
    Abi,
    /// The layer that drives an engine.
    Embedding,
}

impl TrapLayer {
    /// All layers with their spelling in the data.
    pub const ALL: [(TrapLayer, &'static str); 3] =
        [(Self::Machine, "machine"), (Self::Abi, "abi"), (Self::Embedding, "embedding")];
}

/// A check that several built-ins share.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Its name.
    pub name: Placed<String>,
    /// The traps it raises, by rule id.
    pub traps: Vec<Placed<String>>,
    /// Whether it comes before anything else and needs no argument, so that the generated
    /// dispatch can make it.
    pub leading: bool,
    /// What it checks.
    pub summary: String,
}

/// A place where a source contradicts the description, and why the description stands.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Its name.
    pub name: Placed<String>,
    /// The source: `explainer`, `canonical-abi`, `binary`, `validator` or `reference`.
    pub source: Placed<String>,
    /// What it is about: the name of a built-in, option, type or constant.
    pub subject: String,
    /// What the source says, as the difference shows it.
    pub says: String,
    /// What the description says in its place, as the difference shows it; `None` if it is silent.
    pub stands: Option<String>,
    /// Why the description is not changed.
    pub reason: String,
}
