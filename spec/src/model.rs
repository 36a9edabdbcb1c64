//! The data as Rust values. Every item keeps the place it was read from.

use crate::Span;
use crate::signature::Signature;

/// A value and the place in the data that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its place.
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
    /// The words that complete trap messages.
    pub trap_words: Vec<TrapWords>,
    /// The rules that trap when broken.
    pub traps: Vec<Trap>,
    /// Checks that several built-ins share.
    pub guards: Vec<Guard>,
    /// Places where the text of the spec contradicts itself.
    pub exceptions: Vec<Exception>,
}

impl Spec {
    /// Returns the built-in called `name`, such as `stream.read`.
    pub fn builtin(&self, name: &str) -> Option<&Builtin> {
        self.builtins.iter().find(|builtin| *builtin.name == name)
    }

    /// Returns the trap with the rule id `id`.
    pub fn trap(&self, id: &str) -> Option<&Trap> {
        self.traps.iter().find(|trap| *trap.id == id)
    }

    /// Returns the gate called `name`.
    pub fn gate(&self, name: &str) -> Option<&Gate> {
        self.gates.iter().find(|gate| *gate.name == name)
    }

    /// Returns the guard called `name`.
    pub fn guard(&self, name: &str) -> Option<&Guard> {
        self.guards.iter().find(|guard| *guard.name == name)
    }

    /// Returns every trap that `builtin` can raise: those of its guards, then its own, each once.
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

    /// Returns the milestone in which `builtin` shipped: its own, or that of its gate.
    pub fn since<'a>(&'a self, builtin: &'a Builtin) -> &'a str {
        match &builtin.since {
            Some(since) => since,
            None => self.gate(&builtin.gate).map_or("", |gate| &gate.since),
        }
    }

    /// Returns the families of built-ins, in order, each once.
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
    /// The emoji in the text; empty if the feature is not gated.
    pub emoji: String,
    /// The milestone in which it shipped, such as `wasi-0.3`, or `unreleased`.
    pub since: String,
    /// A summary in a few words.
    pub summary: String,
}

/// An option of a `canon` definition.
#[derive(Clone, Debug)]
pub struct CanonicalOption {
    /// Its name, such as `memory` or `string-encoding=utf8`.
    pub name: Placed<String>,
    /// Its code in the binary format.
    pub code: Placed<u8>,
    /// The immediates after the code.
    pub immediates: Vec<Immediate>,
    /// The feature that gates it.
    pub gate: Placed<String>,
    /// A summary in a few words.
    pub summary: String,
}

/// `canon lift` or `canon lower`.
#[derive(Clone, Debug)]
pub struct Definition {
    /// `lift` or `lower`.
    pub name: Placed<String>,
    /// Its opcode in the binary format.
    pub opcode: Placed<u8>,
    /// The immediates after the opcode.
    pub immediates: Vec<Immediate>,
    /// The options it takes.
    pub allowed: Vec<Placed<String>>,
    /// A summary in a sentence.
    pub summary: String,
    /// The headings of the spec that describe it.
    pub anchors: Anchors,
}

/// Headings of the spec that describe an item, as anchors.
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
    /// The milestone in which it shipped, if that is not its gate's.
    pub since: Option<String>,
    /// The immediates after the opcode.
    pub immediates: Vec<Immediate>,
    /// The options it takes.
    pub allowed: Vec<Placed<String>>,
    /// The options it must have.
    pub required: Vec<RequiredOption>,
    /// Its core signature, in symbolic form.
    pub signature: Placed<Signature>,
    /// The meaning of its result, if that is more than a number.
    pub result: Option<ResultMeaning>,
    /// Its approximate signature in WIT, as in the spec.
    pub wit: String,
    /// The kind of its blocking: whether it may block the calling thread.
    pub blocks: Blocks,
    /// The checks it shares with others, in order.
    pub guards: Vec<Placed<String>>,
    /// The other traps it can raise, by rule id, in order.
    pub traps: Vec<Placed<String>>,
    /// The functions of the reference that implement it, its own first.
    pub reference: Vec<String>,
    /// The field names under which core modules import it, as patterns; see [`ImportName`].
    pub imports: Vec<ImportName>,
    /// A summary in a sentence or two.
    pub summary: String,
    /// The headings of the spec that describe it.
    pub anchors: Anchors,
}

impl Builtin {
    /// Returns the part of the name after the family, such as `wait`.
    pub fn operation(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(_, operation)| operation)
    }
}

/// The meaning of a built-in's result, if that is more than a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultMeaning {
    /// Always 0.
    Zero,
    /// A [`Packing`], by name.
    Packing(String),
    /// A [`Code`], by name.
    Code(String),
}

/// The name under which a core module imports a built-in, when a component is made from the module.
///
/// Patterns contain `{type}` (the index of the stream or future type in its function), `{slot}`,
/// `{encoding}`, `{resource}` and `{function}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportName {
    /// The pattern of the field name, such as `[stream-new-{type}]{function}`.
    pub pattern: String,
    /// Set if the name means the `async` form.
    pub is_async: bool,
}

/// A built-in that an earlier revision of the spec had.
#[derive(Clone, Debug)]
pub struct RemovedBuiltin {
    /// Its former name.
    pub name: Placed<String>,
    /// Its former opcode.
    pub opcode: Placed<u8>,
    /// The built-ins to use now.
    pub replaced_by: Vec<Placed<String>>,
    /// The last release of wasm-tools in which Weft found it.
    pub last_seen: String,
    /// A note for readers.
    pub note: String,
}

/// Something that follows an opcode or an option's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Immediate {
    /// A byte that must have this value.
    Byte(u8),
    /// A value with a name.
    Named {
        /// Its name in the grammar.
        name: String,
        /// Its kind.
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

    /// Returns the spelling in the grammar of the binary format.
    pub fn spelling(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, spelling)| spelling)
    }
}

/// An option that a built-in must have, and the condition for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredOption {
    /// The option.
    pub option: String,
    /// The condition.
    pub when: When,
    /// The place of the requirement in the data.
    pub span: Span,
}

/// The condition under which an option is required.
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

/// The kinds of blocking of a built-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// It never blocks.
    Never,
    /// It may block, unless it was defined with `async`.
    UnlessAsync,
    /// It may block.
    May,
    /// It does not block, but may run guest code to its end, such as `realloc`.
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
    /// Its name in the reference: a global, `Class.NAME`, or empty if the reference has none.
    pub reference: String,
    /// The quantity it limits, or its meaning.
    pub summary: String,
    /// The heading that has it, as an anchor of `CanonicalABI.md`.
    pub anchor: String,
}

/// An enumeration that crosses the boundary as an integer.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its name, such as `event-code`.
    pub name: Placed<String>,
    /// The class of the reference.
    pub reference: String,
    /// A summary in a sentence.
    pub summary: String,
    /// The heading that has it, as an anchor of `CanonicalABI.md`.
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
    /// Its meaning.
    pub summary: String,
}

/// Several values in one core integer.
#[derive(Clone, Debug)]
pub struct Packing {
    /// Its name, such as `callback-result`.
    pub name: Placed<String>,
    /// 32 or 64.
    pub width: u32,
    /// The parts, from the lowest bit up; together they fill the whole integer.
    pub fields: Vec<PackedField>,
    /// A value of the whole integer with a meaning of its own, by its constant's name.
    pub sentinel: Option<Sentinel>,
    /// The trap that an integer raises which no pack makes, if guests can pass one.
    pub trap: Option<String>,
    /// A summary in a sentence.
    pub summary: String,
    /// The heading that has it, as an anchor of `CanonicalABI.md`.
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
    /// The [`Code`] it holds; `None` if it is a number.
    pub code: Option<String>,
    /// The meaning of the number; empty for a code, which has its own.
    pub summary: String,
}

/// A value of a packed integer with a meaning of its own.
#[derive(Clone, Debug)]
pub struct Sentinel {
    /// Its name, such as `blocked`.
    pub name: String,
    /// The name of the [`Constant`].
    pub constant: String,
    /// The name for all other values, such as `ended`.
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
    /// Its layout in memory and as flat values.
    pub layout: Layout,
    /// A summary in a sentence.
    pub summary: String,
}

/// The layouts of value types.
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
    /// As another type, of which it is a specialization: `record`, `variant` or `list`.
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

    /// Returns the spelling in core WebAssembly.
    pub fn spelling(self) -> &'static str {
        Self::ALL.iter().find(|(ty, _)| *ty == self).map_or("", |(_, spelling)| spelling)
    }
}

/// A parameter of trap messages whose value is one of a few words.
#[derive(Clone, Debug)]
pub struct TrapWords {
    /// The parameter's name, as it stands in braces in messages.
    pub name: Placed<String>,
    /// The words.
    pub words: Vec<String>,
    /// A summary in a sentence.
    pub summary: String,
}

/// A rule that traps when it is broken.
#[derive(Clone, Debug)]
pub struct Trap {
    /// The rule's id.
    pub id: Placed<String>,
    /// The message that the official suite expects, with parameters in braces: `{index}` is a
    /// number, the others are [`TrapWords`].
    pub message: Placed<String>,
    /// The layer that raises it.
    pub layer: TrapLayer,
    /// The places of the reference that trap so, as `function: condition`.
    pub sites: Vec<Placed<String>>,
    /// The rule, in a sentence.
    pub summary: String,
}

/// The layers that raise traps.
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
    /// Set if the check comes before all others and needs no argument, so that the generated
    /// dispatch can make it.
    pub leading: bool,
    /// A summary of the check.
    pub summary: String,
}

/// A place where a source contradicts the data, with the reason for the data's choice.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Its name.
    pub name: Placed<String>,
    /// The source: `explainer`, `canonical-abi`, `binary`, `validator` or `reference`.
    pub source: Placed<String>,
    /// The subject: the name of a built-in, option, type or constant.
    pub subject: String,
    /// The text of the source, as the difference shows it.
    pub says: String,
    /// The text of the data, as the difference shows it; `None` if the data has nothing there.
    pub stands: Option<String>,
    /// The reason for the data's choice.
    pub reason: String,
}
