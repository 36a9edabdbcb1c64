//! Compares the description in `spec/` with the sources of the spec of record.
//!
//! | module | compares with |
//! |---|---|
//! | `explainer` | `Explainer.md`: headings, signature tables, the grammar of the text format |
//! | `canonical_abi` | `CanonicalABI.md`: what "validation specifies" for each definition |
//! | `binary` | `Binary.md`: the grammar of the binary format |
//! | `validator` | the validator: components that are right, and components with one thing wrong |
//! | `reference` | `definitions.py`: constants, codes, layouts and every place that traps |
//! | `suite` | the official suite: the messages of the traps it expects |
//!
//! Each reads its source into facts, then compares them with the description in both directions.
//! `difference` is what that gives, `report` shows it. `described` is the description's side
//! of the facts; `checkout`, `markdown`, `func_type` and `python` read the sources' files.

use std::path::Path;

use weft_spec::{Report, Spec};

mod binary;
mod canonical_abi;
mod checkout;
mod described;
mod difference;
mod explainer;
mod func_type;
mod markdown;
mod python;
mod reference;
mod report;
mod suite;
#[cfg(test)]
mod tests;
mod validator;

pub use difference::{Comparison, Difference, Place, Source};

use difference::Findings;

/// Compares the description with a checkout of the component-model repository, and with the
/// validator.
///
/// `texts` are those of the description, as [`weft_spec::load_with_sources`] gives them, and
/// `component_model` is the root of the checkout or its `design/mvp`. Fails if a file cannot be
/// read, or has changed so much that its facts are not recognised.
///
/// ```
/// let (spec, texts) = weft_spec::load_with_sources(std::path::Path::new(weft_spec::DATA))?;
/// let checkout = codegen::pinned::component_model()?;
/// let comparison = codegen::diff_spec::diff_spec(&spec, &texts, &checkout)?;
/// assert!(comparison.is_clean(), "{}", comparison.render(false));
/// # Ok::<(), weft_spec::Report>(())
/// ```
pub fn diff_spec(
    spec: &Spec,
    texts: &Report,
    component_model: &Path,
) -> Result<Comparison, Report> {
    let sources = Sources::read(component_model)?;
    let mut comparison = sources.compare(spec, texts)?;
    comparison.add(validator::compare(spec, texts));
    comparison.excuse(&spec.exceptions);
    Ok(comparison)
}

/// What was read; what could not be goes to the problems.
fn keep<T>(problems: &mut Report, read: Result<T, Report>) -> Option<T> {
    read.map_err(|report| problems.append(report)).ok()
}

/// What the files of a checkout say.
#[derive(Debug)]
struct Sources {
    explainer: explainer::Explainer,
    canonical_abi: canonical_abi::CanonicalAbi,
    binary: binary::Binary,
    reference: reference::Reference,
    suite: suite::Suite,
}

impl Sources {
    /// Reads the checkout at `path`, and reports all that is wrong with it at once.
    fn read(path: &Path) -> Result<Self, Report> {
        let checkout = checkout::Checkout::open(path)?;
        let mut problems = Report::new();
        let explainer = keep(&mut problems, explainer::Explainer::read(&checkout.explainer));
        let canonical_abi =
            keep(&mut problems, canonical_abi::CanonicalAbi::read(&checkout.canonical_abi));
        let binary = keep(&mut problems, binary::Binary::read(&checkout.binary));
        let reference = keep(&mut problems, reference::Reference::read(&checkout.definitions));
        let suite = keep(&mut problems, suite::Suite::read(&checkout.suite));
        match (explainer, canonical_abi, binary, reference, suite) {
            (Some(explainer), Some(canonical_abi), Some(binary), Some(reference), Some(suite)) => {
                Ok(Self { explainer, canonical_abi, binary, reference, suite })
            }
            _ => Err(problems),
        }
    }

    /// Compares the description with all of them.
    fn compare(&self, spec: &Spec, texts: &Report) -> Result<Comparison, Report> {
        let mut problems = Report::new();
        let mut comparison = Comparison::default();
        let mut compare = |source, compare: &dyn Fn(&mut Findings<'_>) -> Result<(), Report>| {
            let mut findings = Findings::new(source, texts);
            match compare(&mut findings) {
                Ok(()) => comparison.add(findings),
                Err(report) => problems.append(report),
            }
        };
        compare(Source::Explainer, &|findings| self.explainer.compare(spec, findings));
        compare(Source::CanonicalAbi, &|findings| self.canonical_abi.compare(spec, findings));
        compare(Source::Binary, &|findings| self.binary.compare(spec, findings));
        compare(Source::Reference, &|findings| self.reference.compare(spec, findings));
        compare(Source::Suite, &|findings| self.suite.compare(spec, findings));
        problems.into_result(comparison)
    }
}
