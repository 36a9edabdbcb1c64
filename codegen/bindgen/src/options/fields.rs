//! The options of bindings.

use std::path::PathBuf;

use crate::options::places::Places;

/// The options of bindings: what is read, and what is made of it.
///
/// The defaults give typed bindings that need nothing but WIT:
///
/// ```no_run
/// use weft_bindgen::{FunctionRule, Options, StoreMode, bind};
///
/// let options = Options {
///     wit: vec!["wit".into()],
///     functions: vec![FunctionRule {
///         pattern: "log".into(),
///         store: Some(StoreMode::Async),
///         ..FunctionRule::default()
///     }],
///     ..Options::default()
/// };
/// let bindings = bind(&options)?;
/// println!("{}", bindings.text);
/// # Ok::<(), weft_spec::Report>(())
/// ```
///
/// # Names and patterns
///
/// Options name functions and types of WIT:
///
/// | name | means |
/// |---|---|
/// | `*` | everything (in patterns only) |
/// | `wasi:io` | a package, and everything in its interfaces (in patterns only) |
/// | `wasi:io/streams` | an interface, and everything in it |
/// | `wasi:io/streams/input-stream` | a type or function of an interface; of a resource, its methods as well |
/// | `wasi:io/streams/[method]input-stream.read` | a method, static function (`[static]…`) or constructor (`[constructor]…`) |
/// | `log`, `[method]file.read` | a function or type of the world itself, or of an interface that is defined in the world by that name |
/// | `functions/log` | a function or type of such an interface |
///
/// A package's version may be left out, as in `wasi:io/streams`, and then each version is meant;
/// or be there, as in `wasi:io/streams@0.2.3/input-stream`. A name that means nothing in the
/// world is an error that says what is close to it.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The places of WIT: files, folders with a package's files and its dependencies under `deps`,
    /// and WebAssembly (`.wasm`, `.wat`): an encoded package, or a component, whose world is meant
    /// then. `-` is standard input. Every place can use the packages of every other.
    pub wit: Vec<PathBuf>,
    /// WIT text. It can use the packages of the places in `wit`; its world is the one that is
    /// meant if no other is named.
    pub inline: Option<String>,
    /// The world: `wasi:cli/command@0.3.2`, `wasi:cli/command` or `command`. Without one, the
    /// component's, or the only world of the packages that were given.
    pub world: Option<String>,
    /// Interfaces that the host implements, if there is no world: `wasi:io/streams@0.2.3`,
    /// `wasi:io/streams`, or `streams`. They are the imports of a world that is made for them.
    pub interfaces: Vec<String>,
    /// Interfaces that guests implement, if there is no world: the exports of the world that is
    /// made for them and for `interfaces`.
    pub exported_interfaces: Vec<String>,
    /// The `@unstable` features to include. One that no package has is an error.
    pub features: Vec<String>,
    /// Includes all `@unstable` features.
    pub all_features: bool,

    /// Rules for the functions of the host, in order. A later rule wins.
    pub functions: Vec<FunctionRule>,
    /// The Rust paths that are used in place of generated items: of a module for an interface, of
    /// a type for a type or resource. The first of each pair is a name of WIT, the second a path.
    pub with: Vec<(String, String)>,
    /// The Rust types of errors that host functions return in place of a WIT error type. The first
    /// of each pair is the name of the WIT type, the second a path.
    pub errors: Vec<(String, String)>,
    /// More derives for all types: paths, such as `serde::Serialize`. A type
    /// that cannot derive it, such as `Hash` with a float in it, is excepted with a [`TypeRule`].
    pub derives: Vec<String>,
    /// Rules for types, in order: a later one replaces what an earlier one says, and adds derives
    /// to its derives.
    pub types: Vec<TypeRule>,
    /// The owner of the parts of parameters of exported functions.
    pub ownership: Ownership,

    /// The path of the crate `weft` in the bindings.
    pub crate_path: String,
    /// The visibility of the generated items, such as `pub` or `pub(crate)`.
    pub visibility: String,
    /// Lets a host be a view, a value that borrows several fields of the store's data: each interface
    /// whose functions all take `&mut self` gets an `add_views_to_linker`, and its traits are
    /// implemented for references to what implements them. So is the world, if all are such.
    pub views: bool,
    /// Generates what adds hosts to a linker and what calls exports. Without it there are types and
    /// traits only, for which `weft` needs `alloc` and not `component`. Then rules for functions have
    /// no effect: each takes `&mut self` and returns the WIT type.
    pub linker: bool,
    /// Puts the attributes for the whole file at its start (`#![allow(…)]`). Without it each item
    /// has them, so that the text can be used by `include!`.
    pub inner_attributes: bool,

    /// The command that made the bindings, as their first line names it.
    pub generated_by: String,
    /// The source that the first line names; without it, the names of the places
    /// in `wit`, without the folders that they lie in, so that it is the same on every machine.
    pub generated_from: Option<String>,
    /// The text that these options were read from, and where each of them is in it, so that a
    /// mistake is reported at its place. Empty for options that are not from a text.
    pub places: Places,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wit: Vec::new(),
            inline: None,
            world: None,
            interfaces: Vec::new(),
            exported_interfaces: Vec::new(),
            features: Vec::new(),
            all_features: false,
            functions: Vec::new(),
            with: Vec::new(),
            errors: Vec::new(),
            derives: Vec::new(),
            types: Vec::new(),
            ownership: Ownership::default(),
            crate_path: "::weft".to_owned(),
            visibility: "pub".to_owned(),
            views: false,
            linker: true,
            inner_attributes: true,
            generated_by: "codegen bind".to_owned(),
            generated_from: None,
            places: Places::default(),
        }
    }
}

/// A rule for the functions that fit a pattern. A field that is `None` changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionRule {
    /// The functions that this is about: see the names and patterns of [`Options`].
    pub pattern: String,
    /// The access to the store that the functions get.
    pub store: Option<StoreMode>,
    /// Lets the function trap: it returns a `Result` whose error can end the guest's call.
    pub traps: Option<bool>,
    /// Records each call with its arguments and result by the crate `tracing`.
    pub traced: Option<bool>,
    /// Gives the function a default body, which traps with the function's name. A function with
    /// one can trap. A pattern that a resource fits is about its `drop`, too.
    pub default: Option<bool>,
}

/// The access to the store that a host function gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreMode {
    /// Nothing: `fn f(&mut self, …)`.
    None,
    /// The store while it runs: `fn f(caller: &mut impl HostCaller<Self>, …)`. The default for a
    /// function with a stream or future in its type.
    Caller,
    /// A handle of the store, and it can wait: `async fn f(access: impl HostAccess<Self>, …)`. The
    /// default for a function that is `async` in WIT.
    Async,
}

/// A rule for the types that fit a pattern. A field that is `None` or empty changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeRule {
    /// The types that this is about: see the names and patterns of [`Options`].
    pub pattern: String,
    /// More derives.
    pub derives: Vec<String>,
    /// Derives that are left out: a path as [`Options::derives`] or another rule has it, or the last
    /// name of one; also a trait that is derived by default, such as `PartialEq`.
    pub without_derives: Vec<String>,
    /// The Rust name of the type. The pattern must fit one type.
    pub name: Option<String>,
    /// The owner of the parts in parameters of exported functions.
    pub ownership: Option<Ownership>,
}

/// The owner of the parts of types in parameters of exported functions. Arguments themselves are
/// references in any case: `&str`, `&[T]`, `&Record`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// The type: it consists of `String`, `Vec<T>`, and types that consist of such.
    #[default]
    Owning,
    /// The caller: a type that is in parameters only consists of `&str`, `&[T]`, and types that
    /// consist of such.
    Borrowing,
    /// The caller. A type that is in results as well is there twice: one borrows, for parameters, and
    /// one owns.
    BorrowingDuplicates,
}
