//! `definitions.py`: the executable reference.

use std::collections::BTreeSet;

use weft_spec::model::{Builtin, CoreType, Layout, ValueType};
use weft_spec::{Report, Spec};

use super::checkout::Text;
use super::described;
use super::difference::{Fact, Findings};
use super::python::{self, Outline, Site};

/// The contents of the reference.
#[derive(Debug)]
pub(super) struct Reference {
    text: Text,
    outline: Outline,
}

/// The functions that define the layouts of value types.
const ALIGNMENT: &str = "alignment";
const SIZE: &str = "elem_size";
const FLAT: &str = "flatten_type";
const SPECIAL: &str = "despecialize";

/// Limits without a name in the reference: the constant, and the site whose condition ends with the
/// first number beyond it.
const BOUNDS: [(&str, &str); 1] =
    [("MAX_BACKPRESSURE", "canon_backpressure_inc: inst.backpressure == ")];

impl Reference {
    /// Reads the reference.
    pub(super) fn read(text: &Text) -> Result<Self, Report> {
        Ok(Self { text: text.clone(), outline: Outline::read(text)? })
    }

    /// Compares the data with the reference.
    pub(super) fn compare(&self, spec: &Spec, findings: &mut Findings<'_>) -> Result<(), Report> {
        let sites = spec.traps.iter().flat_map(|trap| &trap.sites).count();
        self.text.expect("trap sites", self.outline.sites.len(), sites)?;
        self.text.expect("functions", self.built_ins().count(), spec.builtins.len())?;
        self.text.expect("constants", self.outline.assignments.len(), spec.constants.len())?;
        self.text.expect("layouts of types", self.outline.arms.len(), spec.value_types.len())?;
        self.compare_constants(spec, findings);
        self.compare_codes(spec, findings);
        for ty in &spec.value_types {
            self.compare_layout(ty, findings);
        }
        self.compare_classes(spec, findings);
        self.compare_functions(spec, findings);
        self.compare_sites(spec, findings);
        Ok(())
    }

    fn compare_constants(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for constant in spec.constants.iter().filter(|constant| !constant.reference.is_empty()) {
            let found = self.outline.assignments.iter().find(|a| a.name == constant.reference);
            findings.compare(Fact {
                subject: &constant.name,
                what: "value",
                described: Some(format!("{:#x}", constant.value)),
                found: found.and_then(|found| found.value).map(|value| format!("{value:#x}")),
                place: found.map(|found| self.text.place(found.line)),
                edit: format!("constant `{}` in spec/abi.toml", *constant.name),
                described_at: Some(&constant.name.span),
            });
        }
        for (name, site) in BOUNDS {
            let constant = spec.constants.iter().find(|constant| *constant.name == name);
            let found = self.outline.sites.iter().find_map(|found| {
                let beyond = python::evaluate(found.text().strip_prefix(site)?)?;
                Some((beyond.checked_sub(1)?, found.line))
            });
            findings.compare(Fact {
                subject: name,
                what: "value",
                described: constant.map(|constant| format!("{:#x}", constant.value)),
                found: found.map(|(value, _)| format!("{value:#x}")),
                place: found.map(|(_, line)| self.text.place(line)),
                edit: format!("constant `{name}` in spec/abi.toml"),
                described_at: constant.map(|constant| &constant.name.span),
            });
        }
        for assignment in &self.outline.assignments {
            let Some(value) = assignment.value else { continue };
            let is_case =
                assignment.name.rsplit_once('.').is_some_and(|(class, _)| self.is_enum(class));
            let known = spec.constants.iter().any(|constant| constant.reference == assignment.name);
            if !is_case && !known {
                findings.compare(Fact {
                    subject: &assignment.name,
                    what: "constant",
                    described: None,
                    found: Some(format!("{value:#x}")),
                    place: Some(self.text.place(assignment.line)),
                    edit: format!("constant `{}` in spec/abi.toml", assignment.name),
                    described_at: None,
                });
            }
        }
    }

    fn is_enum(&self, class: &str) -> bool {
        self.outline.classes.get(class).is_some_and(|(base, _)| base.ends_with("Enum"))
    }

    /// Returns the enumerations whose numbers cross the boundary.
    fn int_enums(&self) -> impl Iterator<Item = (&str, usize)> {
        self.outline
            .classes
            .iter()
            .filter(|(_, (base, _))| base == "IntEnum")
            .map(|(name, (_, line))| (name.as_str(), *line))
    }

    fn compare_codes(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for code in &spec.codes {
            let members = self.outline.members(&code.reference);
            let class = self.int_enums().find(|(name, _)| *name == code.reference);
            for case in &code.cases {
                let name = case.name.replace('-', "_").to_uppercase();
                let found = members.iter().find(|(member, ..)| *member == name);
                findings.compare(Fact {
                    subject: &code.name,
                    what: &format!("case `{}`", *case.name),
                    described: Some(case.value.to_string()),
                    found: found.map(|(_, value, _)| value.to_string()),
                    place: found
                        .map(|(.., line)| *line)
                        .or(class.map(|(_, line)| line))
                        .map(|line| self.text.place(line)),
                    edit: format!("case `{}` of `{}` in spec/abi.toml", *case.name, *code.name),
                    described_at: Some(&case.name.span),
                });
            }
            for (member, value, line) in members {
                let name = member.replace('_', "-").to_lowercase();
                if code.cases.iter().all(|case| *case.name != name) {
                    findings.compare(Fact {
                        subject: &code.name,
                        what: &format!("case `{name}`"),
                        described: None,
                        found: Some(value.to_string()),
                        place: Some(self.text.place(line)),
                        edit: format!("case `{name}` of `{}` in spec/abi.toml", *code.name),
                        described_at: Some(&code.name.span),
                    });
                }
            }
        }
        for (class, line) in self.int_enums() {
            if spec.codes.iter().all(|code| code.reference != class) {
                findings.compare(Fact {
                    subject: class,
                    what: "code",
                    described: None,
                    found: Some(format!("{} cases", self.outline.members(class).len())),
                    place: Some(self.text.place(line)),
                    edit: format!("a code for `{class}` in spec/abi.toml"),
                    described_at: None,
                });
            }
        }
    }

    /// Returns the result of `function` for `class`.
    fn arm(&self, function: &str, class: &str) -> Option<(String, usize)> {
        let (_, arm) = self
            .outline
            .arms
            .iter()
            .find(|(name, arm)| name == function && arm.classes.iter().any(|c| c == class))?;
        Some((arm.result.clone(), arm.line))
    }

    fn compare_layout(&self, ty: &ValueType, findings: &mut Findings<'_>) {
        for (function, described) in described_layout(ty) {
            let found = self.arm(function, &ty.reference);
            findings.compare(Fact {
                subject: &ty.name,
                what: function,
                described: Some(described),
                place: found.as_ref().map(|(_, line)| self.text.place(*line)),
                found: found.map(|(result, _)| match function {
                    // The data has only the kind of the type that it turns into.
                    SPECIAL => result.split('(').next().unwrap_or_default().to_owned(),
                    _ => result,
                }),
                edit: format!("the `layout` of `{}` in spec/types.toml", *ty.name),
                described_at: Some(&ty.name.span),
            });
        }
    }

    fn compare_classes(&self, spec: &Spec, findings: &mut Findings<'_>) {
        let mut seen = BTreeSet::new();
        for (function, arm) in &self.outline.arms {
            if ![ALIGNMENT, SIZE, FLAT, SPECIAL].contains(&function.as_str()) {
                continue;
            }
            for class in arm.classes.iter().filter(|class| class.ends_with("Type")) {
                let known = spec.value_types.iter().any(|ty| ty.reference == *class);
                if !known && seen.insert(class.as_str()) {
                    findings.compare(Fact {
                        subject: class,
                        what: "value type",
                        described: None,
                        found: Some(arm.result.clone()),
                        place: Some(self.text.place(arm.line)),
                        edit: format!("a row for `{class}` in spec/types.toml"),
                        described_at: None,
                    });
                }
            }
        }
    }

    /// Returns the functions that implement built-ins.
    fn built_ins(&self) -> impl Iterator<Item = (&str, usize)> {
        self.outline
            .functions
            .iter()
            .filter(|(name, _)| {
                name.starts_with("canon_") && !matches!(name.as_str(), "canon_lift" | "canon_lower")
            })
            .map(|(name, line)| (name.as_str(), *line))
    }

    fn compare_functions(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for builtin in &spec.builtins {
            for name in &builtin.reference {
                let found = self.outline.functions.get(name);
                findings.compare(Fact {
                    subject: &builtin.name,
                    what: "function",
                    described: Some(name.clone()),
                    found: found.map(|_| name.clone()),
                    place: found.map(|line| self.text.place(*line)),
                    edit: format!("`{name}` from {}", described::edit(builtin, "reference")),
                    described_at: Some(&builtin.name.span),
                });
            }
            // Its own function comes first, and has its name.
            let own = format!("canon_{}", builtin.name.replace(['.', '-'], "_"));
            findings.compare(Fact {
                subject: &builtin.name,
                what: "own function",
                described: builtin.reference.first().cloned(),
                found: self.outline.functions.get(&own).map(|_| own.clone()),
                place: self.outline.functions.get(&own).map(|line| self.text.place(*line)),
                edit: described::edit(builtin, "reference"),
                described_at: Some(&builtin.name.span),
            });
        }
        for (name, line) in self.built_ins() {
            let known =
                spec.builtins.iter().any(|b| b.reference.first().is_some_and(|f| f == name));
            if !known {
                findings.compare(Fact {
                    subject: name,
                    what: "built-in",
                    described: None,
                    found: Some(name.to_owned()),
                    place: Some(self.text.place(line)),
                    edit: format!("a built-in with `{name}` as its `reference`"),
                    described_at: None,
                });
            }
        }
    }

    /// Returns true if a site in a function that several built-ins share concerns this built-in.
    ///
    /// Such a function takes the class as a parameter; a condition on another class never holds.
    fn applies(&self, site: &Site, builtin: &Builtin) -> bool {
        let Some(class) = only_about(&site.condition) else { return true };
        let own = builtin.reference.first().and_then(|own| self.outline.mentions.get(own));
        own.is_none_or(|classes| classes.is_empty() || classes.contains(class))
    }

    fn compare_sites(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for trap in &spec.traps {
            for claimed in &trap.sites {
                let found = self.outline.sites.iter().find(|site| is_about(claimed, site));
                findings.compare(Fact {
                    subject: &trap.id,
                    what: "site",
                    described: Some(claimed.value.clone()),
                    found: found.map(|_| claimed.value.clone()),
                    // If the site is missing, the function may still exist.
                    place: found.map(|site| self.text.place(site.line)).or_else(|| {
                        let function = claimed.split(": ").next()?;
                        self.outline.functions.get(function).map(|line| self.text.place(*line))
                    }),
                    edit: format!(
                        "site `{}` of trap `{}` in spec/traps.toml",
                        claimed.value, *trap.id
                    ),
                    described_at: Some(&claimed.span),
                });
            }
        }
        // The traps that claim each site.
        let claims: Vec<Vec<&str>> = self
            .outline
            .sites
            .iter()
            .map(|site| {
                let traps = spec.traps.iter();
                let traps = traps.filter(|trap| trap.sites.iter().any(|c| is_about(c, site)));
                traps.map(|trap| trap.id.as_str()).collect()
            })
            .collect();
        for (site, claims) in self.outline.sites.iter().zip(&claims) {
            findings.compare(Fact {
                subject: &site.function,
                what: "claimed site",
                described: (!claims.is_empty()).then(|| site.text()),
                found: Some(site.text()),
                place: Some(self.text.place(site.line)),
                edit: format!("site `{}` to a trap in spec/traps.toml", site.text()),
                described_at: None,
            });
        }
        for builtin in &spec.builtins {
            let traps = spec.traps_of(builtin);
            for (site, claims) in self.outline.sites.iter().zip(&claims) {
                if !builtin.reference.contains(&site.function) || !self.applies(site, builtin) {
                    continue;
                }
                let raised = traps.iter().any(|trap| claims.contains(&trap.id.as_str()));
                findings.compare(Fact {
                    subject: &builtin.name,
                    what: "trap",
                    described: raised.then(|| site.text()),
                    found: Some(site.text()),
                    place: Some(self.text.place(site.line)),
                    edit: format!(
                        "the trap of site `{}` to {}",
                        site.text(),
                        described::edit(builtin, "traps` or `guards")
                    ),
                    described_at: Some(&builtin.name.span),
                });
            }
        }
    }
}

/// Returns the class in a condition of the form `isinstance(x, Class) and …`, which is about this
/// class only.
fn only_about(condition: &str) -> Option<&str> {
    let (_, rest) = condition.strip_prefix("isinstance(")?.split_once(", ")?;
    rest.split_once(") and ").map(|(class, _)| class)
}

/// Returns true if a claim is about this site; `*` stands for any function.
fn is_about(claim: &str, site: &Site) -> bool {
    let function = claim.strip_suffix(site.condition.as_str());
    let function = function.and_then(|function| function.strip_suffix(": "));
    function.is_some_and(|function| function == "*" || function == site.function)
}

/// Returns the results of the reference's functions for a type, by its layout in the data.
fn described_layout(ty: &ValueType) -> Vec<(&'static str, String)> {
    let all = |alignment: String, size: String, flat: String| {
        vec![(ALIGNMENT, alignment), (SIZE, size), (FLAT, flat)]
    };
    let by = |what: &str, arguments: &str| {
        all(
            format!("alignment_{what}({arguments}, ptr_type)"),
            format!("elem_size_{what}({arguments}, ptr_type)"),
            format!("flatten_{what}({arguments}, opts)"),
        )
    };
    let address = "opts.memory.ptr_type()";
    match &ty.layout {
        Layout::Fixed { size, alignment, flat } => {
            let flat = CoreType::spelling(*flat);
            all(alignment.to_string(), size.to_string(), format!("['{flat}']"))
        }
        // The reference has one class for both kinds of lists, which differ in their length.
        Layout::PointerAndLength | Layout::Elements if ty.reference == "ListType" => {
            by("list", "t, l")
        }
        Layout::PointerAndLength => all(
            "ptr_size(ptr_type)".to_owned(),
            "2 * ptr_size(ptr_type)".to_owned(),
            format!("[{address}, {address}]"),
        ),
        Layout::Elements => by("list", "t, l"),
        Layout::Fields => by("record", "fields"),
        Layout::Cases => by("variant", "cases"),
        Layout::Bits => all(
            "alignment_flags(labels)".to_owned(),
            "elem_size_flags(labels)".to_owned(),
            "['i32']".to_owned(),
        ),
        Layout::As(other) => {
            let mut class = other.clone();
            class.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
            vec![(SPECIAL, format!("{class}Type"))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_about_one_function_or_about_any() {
        let site = Site { function: "A.f".into(), condition: "a: b".into(), line: 1 };
        assert!(is_about("A.f: a: b", &site) && is_about("*: a: b", &site));
        assert!(
            !is_about("f: a: b", &site) && !is_about("A.f: b", &site) && !is_about("a: b", &site)
        );
    }

    #[test]
    fn conditions_on_one_class_are_recognized() {
        assert_eq!(
            only_about("isinstance(end, WritableFutureEnd) and end.x"),
            Some("WritableFutureEnd")
        );
        assert_eq!(only_about("not isinstance(end, EndT)"), None);
        assert_eq!(only_about("isinstance(end, EndT)"), None);
    }
}
