//! The options of bindings.

use std::path::PathBuf;

use crate::options::places::Places;

/// The options of bindings: the input, and the form of the output.
///
/// The defaults make typed bindings from WIT alone:
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
/// | name | meaning |
/// |---|---|
/// | `*` | everything (in patterns only) |
/// | `wasi:io` | a package, and everything in its interfaces (in patterns only) |
/// | `wasi:io/streams` | an interface, and everything in it |
/// | `wasi:io/streams/input-stream` | a type or function of an interface; of a resource, its methods as well |
/// | `wasi:io/streams/[method]input-stream.read` | a method, static function (`[static]…`) or constructor (`[constructor]…`) |
/// | `log`, `[method]file.read` | a function or type of the world itself, or of an interface that is defined in the world by that name |
/// | `functions/log` | a function or type of such an interface |
///
/// A package's version can be omitted, as in `wasi:io/streams`, which stands for each version; or
/// written, as in `wasi:io/streams@0.2.3/input-stream`. A name that the world does not have is an
/// error that suggests a similar name.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The places of WIT: files; folders with a package's files, and its dependencies under `deps`;
    /// and WebAssembly (`.wasm`, `.wat`), which is an encoded package or a component. For a
    /// component, its world is used. `-` is standard input. Every place can use the packages of
    /// every other.
    pub wit: Vec<PathBuf>,
    /// WIT text. It can use the packages of the places in `wit`. Its world is used if no other is
    /// named.
    pub inline: Option<String>,
    /// The world: `wasi:cli/command@0.3.2`, `wasi:cli/command` or `command`. By default the world
    /// of the component, or the only world of the packages in `wit`.
    pub world: Option<String>,
    /// Interfaces that the host implements, instead of a world: `wasi:io/streams@0.2.3`,
    /// `wasi:io/streams`, or `streams`. They are the imports of a world that is made for them.
    pub interfaces: Vec<String>,
    /// Interfaces that guests implement, instead of a world: the exports of the world that is made
    /// for them and for `interfaces`.
    pub exported_interfaces: Vec<String>,
    /// The `@unstable` features to include. A feature that no package has is an error.
    pub features: Vec<String>,
    /// Includes all `@unstable` features.
    pub all_features: bool,

    /// Rules for host functions, in order. A later rule wins.
    pub functions: Vec<FunctionRule>,
    /// The Rust paths that replace generated items: the path of a module for an interface, or of a
    /// type for a type or resource. The first of each pair is a name of WIT, the second a path.
    pub with: Vec<(String, String)>,
    /// The Rust error types that host functions return instead of a WIT error type. The first of
    /// each pair is the name of the WIT type, the second a path.
    pub errors: Vec<(String, String)>,
    /// More derives for all types: paths, such as `serde::Serialize`. A type that cannot derive one
    /// of them, such as `Hash` with a float in the type, needs a [`TypeRule`] that excludes it.
    pub derives: Vec<String>,
    /// Rules for types, in order. A later rule replaces the settings of an earlier one, and adds
    /// derives to its derives.
    pub types: Vec<TypeRule>,
    /// The owner of the parts of parameters of exported functions.
    pub ownership: Ownership,

    /// The path of the crate `weft` in the bindings.
    pub crate_path: String,
    /// The visibility of the generated items, such as `pub` or `pub(crate)`.
    pub visibility: String,
    /// Allows a host to be a view, which is a value that borrows several fields of the store's
    /// data. Each interface whose functions all take `&mut self` gets an `add_views_to_linker`, and
    /// its traits are implemented for references to their implementations. If this is true of all
    /// interfaces, the world gets the same.
    pub views: bool,
    /// Generates the functions that add hosts to a linker, and those that call exports. Without it
    /// there are only types and traits, for which `weft` needs `alloc` but not `component`. Rules
    /// for functions then have no effect: each function takes `&mut self` and returns the WIT type.
    pub linker: bool,
    /// Puts the attributes for the whole file at its start (`#![allow(…)]`). Without it each item
    /// has them, so that `include!` accepts the text.
    pub inner_attributes: bool,

    /// The command that made the bindings, which their first line names.
    pub generated_by: String,
    /// The source that the first line names. By default it is the names of the places in `wit`
    /// without their folders, so that the line is the same on every machine.
    pub generated_from: Option<String>,
    /// The text that these options were read from, and the place of each option in it, with which
    /// mistakes are reported. Empty for options that are not from a text.
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

/// A rule for the functions that match a pattern. A field that is `None` changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionRule {
    /// The functions to which the rule applies: see the names and patterns of [`Options`].
    pub pattern: String,
    /// The access to the store that the functions get.
    pub store: Option<StoreMode>,
    /// Lets the function trap: it returns a `Result` whose error can end the guest's call.
    pub traps: Option<bool>,
    /// Records each call with its arguments and result, with the crate `tracing`.
    pub traced: Option<bool>,
    /// Adds a default body to the function, which traps with the function's name. A function with a
    /// default body can trap. A pattern that matches a resource also applies to its `drop`.
    pub default: Option<bool>,
}

/// The access to the store that a host function gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreMode {
    /// No access: `fn f(&mut self, …)`.
    None,
    /// The store during the call: `fn f(caller: &mut impl HostCaller<Self>, …)`. This is the
    /// default for a function with a stream or future in its type.
    Caller,
    /// A handle of the store; the function can wait: `async fn f(access: impl HostAccess<Self>,
    /// …)`. This is the default for a function that is `async` in WIT.
    Async,
}

/// A rule for the types that match a pattern. A field that is `None` or empty changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeRule {
    /// The types to which the rule applies: see the names and patterns of [`Options`].
    pub pattern: String,
    /// More derives.
    pub derives: Vec<String>,
    /// Derives to omit. Each is a path as in [`Options::derives`] or in another rule, or the last
    /// name of a path. It can also be a trait that is derived by default, such as `PartialEq`.
    pub without_derives: Vec<String>,
    /// The Rust name of the type. The pattern must match exactly one type.
    pub name: Option<String>,
    /// The owner of the parts in parameters of exported functions.
    pub ownership: Option<Ownership>,
}

/// The owner of the parts of types in parameters of exported functions. Arguments themselves are
/// always references: `&str`, `&[T]`, `&Record`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// The type: it consists of `String`, `Vec<T>`, and types that consist of such.
    #[default]
    Owning,
    /// The caller: a type that occurs only in parameters consists of `&str`, `&[T]`, and types that
    /// consist of such.
    Borrowing,
    /// The caller. A type that also occurs in results is generated twice: one borrows, for
    /// parameters, and one owns.
    BorrowingDuplicates,
}
