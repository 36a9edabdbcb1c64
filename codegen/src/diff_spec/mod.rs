//! Compares the data in `spec/` with the sources of the spec of record.
//!
//! | module | compares with |
//! |---|---|
//! | `explainer` | `Explainer.md`: headings, signature tables, the grammar of the text format |
//! | `canonical_abi` | `CanonicalABI.md`: the rules of validation for each definition |
//! | `binary` | `Binary.md`: the grammar of the binary format |
//! | `validator` | the validator: valid components, and components with one mistake |
//! | `reference` | `definitions.py`: constants, codes, layouts and every place that traps |
//! | `suite` | the official suite: the messages of the expected traps |
//! | `moved` | both: functions and scripts that are not as they were, by their digests |
//!
//! Each module reads facts from its source, then compares them with the data in both directions.
//! `difference` collects the result, and `report` shows it. `described` has the data's side of the
//! facts; `checkout`, `markdown`, `func_type` and `python` read the sources' files. For `moved`,
//! `syntax` reads Python, `functions` digests what each function does, `digests` has those of the
//! revision that Weft follows, and `counterpart` finds the places in Weft that do the same; `without`
//! has the functions without one.

use std::path::Path;

use weft_spec::{Report, Spec};

mod binary;
mod canonical_abi;
mod checkout;
mod counterpart;
mod described;
mod difference;
mod digests;
mod explainer;
mod func_type;
mod functions;
mod markdown;
mod moved;
mod python;
mod reference;
mod report;
mod suite;
mod syntax;
#[cfg(test)]
mod tests;
mod validator;
mod without;

pub use counterpart::Counterpart;
pub use difference::{Change, Comparison, Difference, Place, Source};
pub(crate) use digests::{FILE as DIGESTS, text as digests_of};

use difference::Findings;

/// Compares the data with a checkout of the component-model repository, and with the validator.
///
/// `texts` are the texts of the data, as returned by [`weft_spec::load_with_sources`], and
/// `component_model` is the root of the checkout or its `design/mvp`. `workspace` is the root of
/// Weft's workspace: its `spec/digests.toml` has the digests with which functions and scripts are
/// compared, and its sources have the functions to read.
///
/// # Errors
///
/// A [`Report`] if a file cannot be read, or has changed so much that its facts are not recognized.
///
/// ```
/// let (spec, texts) = weft_spec::load_with_sources(std::path::Path::new(weft_spec::DATA))?;
/// let checkout = codegen::pinned::component_model()?;
/// let workspace = std::path::Path::new(weft_spec::DATA).parent().expect("`spec` is in it");
/// let comparison = codegen::diff_spec::diff_spec(&spec, &texts, &checkout, workspace)?;
/// assert!(comparison.is_clean(), "{}", comparison.render(false));
/// # Ok::<(), weft_spec::Report>(())
/// ```
pub fn diff_spec(
    spec: &Spec,
    texts: &Report,
    component_model: &Path,
    workspace: &Path,
) -> Result<Comparison, Report> {
    let sources = Sources::read(component_model)?;
    let mut comparison = sources.compare(spec, texts)?;
    let digests = digests::Digests::read(workspace)?;
    let counterparts = counterpart::Counterparts::read(workspace, spec, texts)?;
    sources.revision.compare(&digests, &counterparts, texts, &mut comparison);
    comparison.add(validator::compare(spec, texts));
    comparison.excuse(&spec.exceptions);
    Ok(comparison)
}

/// Returns the value that was read, or adds the problems of reading to `problems`.
fn keep<T>(problems: &mut Report, read: Result<T, Report>) -> Option<T> {
    read.map_err(|report| problems.append(report)).ok()
}

/// The contents of the files of a checkout.
#[derive(Debug)]
struct Sources {
    explainer: explainer::Explainer,
    canonical_abi: canonical_abi::CanonicalAbi,
    binary: binary::Binary,
    reference: reference::Reference,
    suite: suite::Suite,
    revision: digests::Revision,
}

impl Sources {
    /// Reads the checkout at `path`, and reports all problems with it at once.
    fn read(path: &Path) -> Result<Self, Report> {
        let checkout = checkout::Checkout::open(path)?;
        let mut problems = Report::new();
        let explainer = keep(&mut problems, explainer::Explainer::read(&checkout.explainer));
        let canonical_abi =
            keep(&mut problems, canonical_abi::CanonicalAbi::read(&checkout.canonical_abi));
        let binary = keep(&mut problems, binary::Binary::read(&checkout.binary));
        let reference = keep(&mut problems, reference::Reference::read(&checkout.definitions));
        let suite = keep(&mut problems, suite::Suite::read(&checkout.suite));
        let revision = keep(&mut problems, digests::Revision::read(&checkout));
        let texts = explainer.zip(canonical_abi).zip(binary);
        match (texts, reference, suite, revision) {
            (
                Some(((explainer, canonical_abi), binary)),
                Some(reference),
                Some(suite),
                Some(revision),
            ) => Ok(Self { explainer, canonical_abi, binary, reference, suite, revision }),
            _ => Err(problems),
        }
    }

    /// Compares the data with all of them.
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
