//! The written form of options: a tree of values with places, from TOML or from a macro's tokens.

use std::ops::Range;

use weft_spec::{Diagnostic, Report, Span};

use crate::wit::closest::{did_you_mean, listed};
use crate::{FunctionRule, OptionPlace, Options, Ownership, Places, StoreMode, TypeRule};

/// The names of the options of bindings.
pub const OPTION_NAMES: [&str; 18] = [
    "wit",
    "inline",
    "world",
    "interfaces",
    "exported-interfaces",
    "features",
    "all-features",
    "functions",
    "with",
    "errors",
    "derives",
    "types",
    "ownership",
    "crate-path",
    "visibility",
    "views",
    "linker",
    "inner-attributes",
];

const FUNCTION_NAMES: [&str; 5] = ["pattern", "store", "traps", "traced", "default"];
const TYPE_NAMES: [&str; 5] = ["pattern", "derives", "without-derives", "name", "ownership"];

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value.
    pub value: SettingValue,
    /// Its place in the text that it was read from.
    pub range: Range<usize>,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// A text.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// Several values.
    List(Vec<Setting>),
    /// Values with names.
    Table(Vec<NamedSetting>),
    /// A kind of value that no option has, in words, such as `a number`.
    Other(&'static str),
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSetting {
    /// The name.
    pub name: String,
    /// The place of the name.
    pub range: Range<usize>,
    /// The value.
    pub setting: Setting,
}

impl SettingValue {
    fn words(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Flag(_) => "`true` or `false`",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(words) => words,
        }
    }
}

impl Options {
    /// Creates options from settings with the names of `codegen.toml`, of which `names` are
    /// allowed.
    ///
    /// The settings are in `text`, which messages call `path`, and which is source number `source`
    /// of `report`. Problems go into `report`: unknown names, repeated names, and values of another
    /// type.
    pub fn from_settings(
        settings: &[NamedSetting],
        names: &[&str],
        places: Places,
        source: usize,
        report: &mut Report,
    ) -> Self {
        let mut reader = Reader { places, source, report };
        let mut options = Self::default();
        reader.known(settings, names, "option");
        for NamedSetting { name, setting, .. } in settings {
            reader.option(&mut options, name, setting);
        }
        options.places = reader.places;
        options
    }
}

struct Reader<'r> {
    places: Places,
    source: usize,
    report: &'r mut Report,
}

impl Reader<'_> {
    fn problem(&mut self, code: &'static str, message: String, range: &Range<usize>) {
        let span = Span { source: self.source, range: range.clone() };
        self.report.push(Diagnostic::error(code, message).at(span, ""));
    }

    fn wrong(&mut self, wanted: &str, setting: &Setting) {
        let found = setting.value.words();
        let message = format!("expected {wanted}, found {found}");
        self.problem("setting-type", message, &setting.range);
    }

    /// Refuses names that are not among `names`, and repeated names.
    fn known(&mut self, settings: &[NamedSetting], names: &[&str], noun: &str) {
        for (number, NamedSetting { name, range, .. }) in settings.iter().enumerate() {
            let span = Span { source: self.source, range: range.clone() };
            let before = settings.get(..number).unwrap_or_default();
            if let Some(first) = before.iter().find(|other| other.name == *name) {
                let first = Span { source: self.source, range: first.range.clone() };
                let problem = Diagnostic::error("setting-twice", format!("`{name}` occurs twice"));
                self.report.push(problem.at(span, "").and_at(first, "first here"));
            } else if !names.contains(&name.as_str()) {
                let message = format!("there is no {noun} `{name}`");
                let problem = Diagnostic::error("unknown-key", message).at(span, "");
                let problem = did_you_mean(problem, name, names);
                let there = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                self.report.push(problem.help(format!("the known ones are {}", there.join(", "))));
            }
        }
    }

    fn option(&mut self, options: &mut Options, name: &str, setting: &Setting) {
        let at = |reader: &mut Self, name: &'static str| {
            reader.places.insert(OptionPlace::Value(name), setting.range.clone());
        };
        match name {
            "wit" => {
                let paths = self.texts("wit", setting);
                options.wit = paths.into_iter().map(Into::into).collect();
            }
            "inline" => options.inline = self.text(setting),
            "world" => {
                at(self, "world");
                options.world = self.text(setting);
            }
            "interfaces" => options.interfaces = self.texts("interfaces", setting),
            "exported-interfaces" => {
                options.exported_interfaces = self.texts("exported-interfaces", setting);
            }
            "features" => options.features = self.texts("features", setting),
            "all-features" => self.flag(setting, &mut options.all_features),
            "functions" => {
                let rules = self.tables(setting);
                let rules = rules.into_iter().enumerate();
                options.functions = rules.map(|(it, table)| self.function(it, table)).collect();
            }
            "types" => {
                let rules = self.tables(setting).into_iter().enumerate();
                options.types = rules.map(|(number, table)| self.type_(number, table)).collect();
            }
            "with" => options.with = self.pairs("with", setting),
            "errors" => options.errors = self.pairs("errors", setting),
            "derives" => options.derives = self.texts("derives", setting),
            "ownership" => options.ownership = self.ownership(setting).unwrap_or_default(),
            "crate-path" => {
                at(self, "crate-path");
                self.text_into(setting, &mut options.crate_path);
            }
            "visibility" => {
                at(self, "visibility");
                self.text_into(setting, &mut options.visibility);
            }
            "views" => self.flag(setting, &mut options.views),
            "linker" => self.flag(setting, &mut options.linker),
            "inner-attributes" => self.flag(setting, &mut options.inner_attributes),
            // Was refused above.
            _ => {}
        }
    }

    fn function(&mut self, number: usize, table: &[NamedSetting]) -> FunctionRule {
        let mut rule = FunctionRule::default();
        self.known(table, &FUNCTION_NAMES, "setting of functions");
        self.has_pattern(table);
        for NamedSetting { name, setting, .. } in table {
            match name.as_str() {
                "pattern" => {
                    let place = OptionPlace::Field("functions", number, "pattern");
                    self.places.insert(place, setting.range.clone());
                    self.text_into(setting, &mut rule.pattern);
                }
                "store" => {
                    let modes = [
                        ("none", StoreMode::None),
                        ("caller", StoreMode::Caller),
                        ("async", StoreMode::Async),
                    ];
                    rule.store = self.one_of(setting, &modes);
                }
                "traps" => rule.traps = self.some_flag(setting),
                "traced" => rule.traced = self.some_flag(setting),
                "default" => rule.default = self.some_flag(setting),
                _ => {}
            }
        }
        rule
    }

    fn type_(&mut self, number: usize, table: &[NamedSetting]) -> TypeRule {
        let mut rule = TypeRule::default();
        self.known(table, &TYPE_NAMES, "setting of types");
        self.has_pattern(table);
        for NamedSetting { name, setting, .. } in table {
            let Some(name) = TYPE_NAMES.into_iter().find(|it| it == name) else { continue };
            self.places.insert(OptionPlace::Field("types", number, name), setting.range.clone());
            match name {
                "pattern" => self.text_into(setting, &mut rule.pattern),
                "derives" => rule.derives = self.list(setting),
                "without-derives" => rule.without_derives = self.list(setting),
                "name" => rule.name = self.text(setting),
                _ => rule.ownership = self.ownership(setting),
            }
        }
        rule
    }

    /// Refuses a rule without a pattern, at its first name.
    fn has_pattern(&mut self, table: &[NamedSetting]) {
        let first = table.first().filter(|_| table.iter().all(|it| it.name != "pattern"));
        if let Some(first) = first {
            let message =
                "expected a `pattern`: the functions or types to which the rule applies".to_owned();
            self.problem("setting-missing", message, &first.range);
        }
    }

    fn ownership(&mut self, setting: &Setting) -> Option<Ownership> {
        let all = [
            ("owning", Ownership::Owning),
            ("borrowing", Ownership::Borrowing),
            ("borrowing-duplicates", Ownership::BorrowingDuplicates),
        ];
        self.one_of(setting, &all)
    }

    fn one_of<T: Copy>(&mut self, setting: &Setting, all: &[(&str, T)]) -> Option<T> {
        let text = self.text(setting)?;
        let found = all.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let names = listed(all.iter().map(|(name, _)| *name));
            let message = format!("expected one of {names}, found `{text}`");
            self.problem("setting-value", message, &setting.range);
        }
        found
    }

    fn text(&mut self, setting: &Setting) -> Option<String> {
        match &setting.value {
            SettingValue::Text(text) => Some(text.clone()),
            _ => {
                self.wrong("a text", setting);
                None
            }
        }
    }

    fn text_into(&mut self, setting: &Setting, text: &mut String) {
        if let Some(found) = self.text(setting) {
            *text = found;
        }
    }

    fn some_flag(&mut self, setting: &Setting) -> Option<bool> {
        match setting.value {
            SettingValue::Flag(flag) => Some(flag),
            _ => {
                self.wrong("`true` or `false`", setting);
                None
            }
        }
    }

    fn flag(&mut self, setting: &Setting, flag: &mut bool) {
        if let Some(found) = self.some_flag(setting) {
            *flag = found;
        }
    }

    /// Reads the texts of a list, or a single text.
    fn list(&mut self, setting: &Setting) -> Vec<String> {
        self.elements(setting).into_iter().filter_map(|element| self.text(element)).collect()
    }

    fn elements<'s>(&mut self, setting: &'s Setting) -> Vec<&'s Setting> {
        match &setting.value {
            SettingValue::Text(_) => vec![setting],
            SettingValue::List(elements) => elements.iter().collect(),
            _ => {
                self.wrong("a list of texts", setting);
                Vec::new()
            }
        }
    }

    /// Reads texts as [`Self::list`] does, for an option whose elements have places.
    fn texts(&mut self, option: &'static str, setting: &Setting) -> Vec<String> {
        for (number, element) in self.elements(setting).into_iter().enumerate() {
            self.places.insert(OptionPlace::Element(option, number), element.range.clone());
        }
        match setting.value {
            // Was already refused.
            SettingValue::Text(_) | SettingValue::List(_) => self.list(setting),
            _ => Vec::new(),
        }
    }

    fn tables<'s>(&mut self, setting: &'s Setting) -> Vec<&'s [NamedSetting]> {
        let SettingValue::List(elements) = &setting.value else {
            self.wrong("a list of tables", setting);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for element in elements {
            match &element.value {
                SettingValue::Table(table) => tables.push(table.as_slice()),
                _ => self.wrong("a table", element),
            }
        }
        tables
    }

    fn pairs(&mut self, option: &'static str, setting: &Setting) -> Vec<(String, String)> {
        let SettingValue::Table(table) = &setting.value else {
            self.wrong("a table of names of WIT with paths of Rust", setting);
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for NamedSetting { name, range, setting } in table {
            let Some(path) = self.text(setting) else { continue };
            let field = |name| OptionPlace::Field(option, pairs.len(), name);
            let (named, path_place) = (field("name"), field("rust"));
            self.places.insert(named, range.clone());
            self.places.insert(path_place, setting.range.clone());
            pairs.push((name.clone(), path));
        }
        pairs
    }
}
