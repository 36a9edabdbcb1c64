//! The flags of `codegen bind`, and the options that they mean.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use weft_bindgen::{FunctionRule, Options, Ownership, StoreMode, TypeRule};

/// The heading of the flags for functions and types.
const RUST: &str = "Rust for functions and types";

/// The arguments of `bind`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
#[command(after_help = PATTERNS)]
pub struct Bind {
    /// A WIT file, a folder of a package with its `deps`, a component or package as `.wasm` or
    /// `.wat`, or `-` for standard input. May be repeated: each can use packages of the others.
    #[arg(long, value_name = "PATH", required_unless_present = "inline")]
    pub wit: Vec<PathBuf>,
    /// WIT text, which can use the packages of `--wit`.
    #[arg(long, value_name = "TEXT")]
    pub inline: Option<String>,
    /// The world, such as `wasi:cli/command` or `command`; not needed if there is only one.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["interfaces", "exported_interfaces"])]
    pub world: Option<String>,
    /// An interface that the host implements, instead of a world; may be repeated.
    #[arg(long = "interface", value_name = "NAME")]
    pub interfaces: Vec<String>,
    /// An interface that guests implement, instead of a world; may be repeated.
    #[arg(long = "exported-interface", value_name = "NAME")]
    pub exported_interfaces: Vec<String>,
    /// The unstable features of the WIT (`@unstable(feature = …)`) to include, separated by commas.
    #[arg(long, alias = "feature", value_name = "NAMES", value_delimiter = ',')]
    pub features: Vec<String>,
    /// Include every unstable feature of the WIT.
    #[arg(long)]
    pub all_features: bool,
    /// The Rust file to write; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,

    #[command(flatten)]
    functions: Functions,
    /// Use this module or type of yours instead of the generated one for an interface, type or
    /// resource.
    #[arg(long, value_name = "NAME=PATH", value_parser = pair, help_heading = RUST)]
    pub with: Vec<(String, String)>,
    /// Let functions return this error type of yours instead of a WIT error type.
    #[arg(long = "error", value_name = "NAME=TYPE", value_parser = pair, help_heading = RUST)]
    pub errors: Vec<(String, String)>,
    #[command(flatten)]
    types: Types,

    /// The path of the crate `weft`.
    #[arg(long = "crate", value_name = "PATH", default_value = "::weft", help_heading = RUST)]
    pub crate_path: String,
    /// The visibility of generated items.
    #[arg(long, value_name = "VISIBILITY", default_value = "pub", help_heading = RUST)]
    pub visibility: String,
    /// Let the host be a view that borrows several fields of the store's data.
    #[arg(long, help_heading = RUST)]
    pub views: bool,
    /// Generate only types and traits, which need `weft` without its feature `component`.
    #[arg(long, help_heading = RUST)]
    pub types_only: bool,
    /// Omit `#![…]` at the start, so that `include!` accepts the file.
    #[arg(long, help_heading = RUST)]
    pub no_inner_attributes: bool,
}

/// The end of the help text.
const PATTERNS: &str = "\
A PATTERN is `*` for everything, a package (`wasi:io`), an interface (`wasi:io/streams`), a type,
function or resource of it (`wasi:io/streams/input-stream`), a method
(`wasi:io/streams/[method]input-stream.read`), or a function or type of the world itself (`log`). A package's version may be left out. Of two flags
that speak of the same function or type, the later one counts.

The same can be said in a file `codegen.toml` at a project's root; then `codegen` alone writes all
bindings of the project that are not up to date, and `codegen check` says which these are.";

impl Bind {
    /// Returns the options that these arguments mean.
    pub fn options(&self) -> Options {
        Options {
            wit: self.wit.clone(),
            inline: self.inline.clone(),
            world: self.world.clone(),
            interfaces: self.interfaces.clone(),
            exported_interfaces: self.exported_interfaces.clone(),
            features: self.features.clone(),
            all_features: self.all_features,
            functions: self.functions.0.clone(),
            with: self.with.clone(),
            errors: self.errors.clone(),
            derives: self.types.derives.clone(),
            types: self.types.rules.clone(),
            ownership: self.types.ownership,
            crate_path: self.crate_path.clone(),
            visibility: self.visibility.clone(),
            views: self.views,
            linker: !self.types_only,
            inner_attributes: !self.no_inner_attributes,
            ..Options::default()
        }
    }
}

/// Splits `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("expected two names with `=` between them".to_owned()),
    }
}

/// A flag that creates a rule: its name, its help, and the rule.
type Flag<T> = (&'static str, &'static str, fn(String) -> T);

/// The rules of functions, in the order of their flags.
#[derive(Clone, Debug, Default)]
struct Functions(Vec<FunctionRule>);

const FUNCTION_FLAGS: [Flag<FunctionRule>; 9] =
    [
        (
            "async",
            "Let these functions wait: they are async and receive a handle of the store",
            |pattern| FunctionRule {
                pattern,
                store: Some(StoreMode::Async),
                ..FunctionRule::default()
            },
        ),
        ("caller", "Pass the store to these functions", |pattern| FunctionRule {
            pattern,
            store: Some(StoreMode::Caller),
            ..FunctionRule::default()
        }),
        ("plain", "Pass `&mut self` to these functions, and no store", |pattern| FunctionRule {
            pattern,
            store: Some(StoreMode::None),
            ..FunctionRule::default()
        }),
        ("traps", "Let these functions trap: they return a `Result`", |pattern| FunctionRule {
            pattern,
            traps: Some(true),
            ..FunctionRule::default()
        }),
        ("no-traps", "Do not let these functions trap", |pattern| FunctionRule {
            pattern,
            traps: Some(false),
            ..FunctionRule::default()
        }),
        ("traced", "Record the calls of these functions with the crate `tracing`", |pattern| {
            FunctionRule { pattern, traced: Some(true), ..FunctionRule::default() }
        }),
        ("no-traced", "Do not record the calls of these functions", |pattern| FunctionRule {
            pattern,
            traced: Some(false),
            ..FunctionRule::default()
        }),
        ("default", "Add a default body that traps with the function's name", |pattern| {
            FunctionRule { pattern, default: Some(true), ..FunctionRule::default() }
        }),
        ("no-default", "Add no default body", |pattern| FunctionRule {
            pattern,
            default: Some(false),
            ..FunctionRule::default()
        }),
    ];

impl Args for Functions {
    fn augment_args(command: Command) -> Command {
        FUNCTION_FLAGS
            .iter()
            .fold(command, |command, (name, help, _)| command.arg(repeated(name, "PATTERN", help)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Functions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut rules = Vec::new();
        for (name, _, rule) in FUNCTION_FLAGS {
            rules.extend(given(matches, name).map(|(place, pattern)| (place, rule(pattern))));
        }
        rules.sort_by_key(|(place, _)| *place);
        Ok(Self(rules.into_iter().map(|(_, rule)| rule).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The rules for types, in the order of the flags.
#[derive(Clone, Debug, Default)]
struct Types {
    derives: Vec<String>,
    rules: Vec<TypeRule>,
    ownership: Ownership,
}

const TYPE_FLAGS: [(&str, &str, &str); 4] = [
    ("derive", "[PATTERN=]PATH", "Let these types, or all, derive this as well"),
    ("no-derive", "[PATTERN=]PATH", "Do not let these types, or all, derive this"),
    ("type-name", "NAME=IDENTIFIER", "Give a type another name in Rust"),
    (
        "ownership",
        "[PATTERN=]OWNERSHIP",
        "The owner of the parts of these types, or all, in parameters of exported functions: `owning` \
         (the type; the default), `borrowing` (the caller), or `borrowing-duplicates` (the caller; \
         types that results also have exist twice)",
    ),
];

/// The owner of parameters, as a flag names it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum OwnershipFlag {
    Owning,
    Borrowing,
    BorrowingDuplicates,
}

impl From<OwnershipFlag> for Ownership {
    fn from(flag: OwnershipFlag) -> Self {
        match flag {
            OwnershipFlag::Owning => Self::Owning,
            OwnershipFlag::Borrowing => Self::Borrowing,
            OwnershipFlag::BorrowingDuplicates => Self::BorrowingDuplicates,
        }
    }
}

impl Args for Types {
    fn augment_args(command: Command) -> Command {
        TYPE_FLAGS
            .iter()
            .fold(command, |command, (name, value, help)| command.arg(repeated(name, value, help)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Types {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut types = Self::default();
        let mut rules = Vec::new();
        for (name, ..) in TYPE_FLAGS {
            for (place, text) in given(matches, name) {
                let (pattern, value) = match text.split_once('=') {
                    Some((pattern, value)) => (Some(pattern.to_owned()), value.to_owned()),
                    None => (None, text),
                };
                let mut rule = TypeRule {
                    pattern: pattern.clone().unwrap_or("*".into()),
                    ..TypeRule::default()
                };
                match (name, &pattern) {
                    ("derive", None) => {
                        types.derives.push(value);
                        continue;
                    }
                    ("derive", Some(_)) => rule.derives.push(value),
                    ("no-derive", _) => rule.without_derives.push(value),
                    ("ownership", _) => {
                        let ownership = ownership(&value)?;
                        if pattern.is_none() {
                            types.ownership = ownership;
                            continue;
                        }
                        rule.ownership = Some(ownership);
                    }
                    (_, Some(_)) => rule.name = Some(value),
                    (_, None) => {
                        let message = "`--type-name` needs a type of WIT and its Rust name, as in `a:b/c/d=Name`\n";
                        return Err(clap::Error::raw(
                            clap::error::ErrorKind::InvalidValue,
                            message,
                        ));
                    }
                }
                rules.push((place, rule));
            }
        }
        rules.sort_by_key(|(place, _)| *place);
        types.rules = rules.into_iter().map(|(_, rule)| rule).collect();
        Ok(types)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn ownership(text: &str) -> Result<Ownership, clap::Error> {
    OwnershipFlag::from_str(text, false).map(Into::into).map_err(|_| {
        let message = format!(
            "`--ownership` must be `owning`, `borrowing` or `borrowing-duplicates`, not `{text}`\n"
        );
        clap::Error::raw(clap::error::ErrorKind::InvalidValue, message)
    })
}

fn repeated(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .action(ArgAction::Append)
        .help(help)
        .help_heading(RUST)
}

/// Returns the values of a flag, each with its place on the command line.
fn given<'m>(matches: &'m ArgMatches, name: &str) -> impl Iterator<Item = (usize, String)> + 'm {
    let values = matches.get_many::<String>(name).into_iter().flatten().cloned();
    matches.indices_of(name).into_iter().flatten().zip(values)
}
