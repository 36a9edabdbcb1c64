//! A scenario for each rule of the machine that traps when broken, and for each place in the
//! reference that traps.

mod calls;
mod ends;
mod every_built_in;
mod forward;
mod handles;
mod table_full;
mod tasks;
mod threads;
mod waitables;

use std::collections::BTreeSet;

use weft_core::host::limits::ExtensionLimits;
use weft_core::trap::{Layer, Rule, Trap};

use crate::guests::GuestMachine;

/// A way in which a guest breaks a rule.
pub(crate) struct Row<L: ExtensionLimits> {
    /// The trap.
    trap: Trap,
    /// The place of the reference that traps so, as named in `spec/traps.toml`; empty if the
    /// reference has an assertion instead, or has no counterpart.
    site: &'static str,
    /// The actions in an empty store, up to the trap.
    scenario: fn(&mut GuestMachine<L>) -> Trap,
}

impl<L: ExtensionLimits> Row<L> {
    const fn new(
        trap: Trap,
        site: &'static str,
        scenario: fn(&mut GuestMachine<L>) -> Trap,
    ) -> Self {
        Self { trap, site, scenario }
    }
}

fn table<L: ExtensionLimits>() -> Vec<Row<L>> {
    let mut table = calls::rows();
    table.extend(tasks::rows());
    table.extend(handles::rows());
    table.extend(table_full::rows());
    table.extend(waitables::rows());
    table.extend(ends::rows());
    table.extend(forward::rows());
    table.extend(threads::rows());
    table
}

/// Places without a counterpart in the machine, with the reason.
const EXCEPTIONS: [(Rule, &str, &str); 1] = [(
    Rule::UnsupportedCallbackCode,
    "canon_lift: trap()",
    "not even the reference gets there: `unpack_callback_result` has trapped before",
)];

/// Rules that the machine raises although they belong to another layer.
const MORE_RULES: [Rule; 2] = [Rule::CannotEnterComponentInstance, Rule::StartFunctionUnknown];

fn every_scenario_ends_in_its_trap_and_leaves_nothing_behind<L: ExtensionLimits>() {
    for Row { trap, site, scenario } in table::<L>() {
        let mut world = GuestMachine::new();
        assert_eq!(scenario(&mut world), trap, "{site}");
        world.clean_up();
    }
}

on_each_storage!(every_scenario_ends_in_its_trap_and_leaves_nothing_behind);

#[test]
fn every_rule_of_the_machine_has_a_scenario() {
    let raised: BTreeSet<Rule> =
        table::<crate::guests::Bounded>().iter().map(|row| row.trap.rule()).collect();
    let of_the_machine = Rule::ALL.into_iter().filter(|rule| rule.layer() == Layer::Machine);
    let expected: BTreeSet<Rule> = of_the_machine.chain(MORE_RULES).collect();
    assert_eq!(raised, expected);
    assert_eq!(raised.len(), 45);
}

/// Returns the ids of `spec/traps.toml` with their layers and places.
fn spec() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let text = include_str!("../../../../spec/traps.toml");
    let traps = text.split("[[trap]]").skip(1);
    let value = |line: &'static str| line.split('"').nth(1).unwrap_or_default();
    let trap = |trap: &'static str| {
        let trap = trap.split("\n[[").next().unwrap_or_default();
        let (before, sites) = trap.split_once("sites   = [").unwrap_or_default();
        let of = |key: &str| before.lines().find(|line| line.starts_with(key)).map(value);
        // A condition may have brackets of its own, so this looks for the end of the list.
        let (sites, _) = sites.split_once("]\nsummary").unwrap_or_default();
        let sites = sites.split('"').skip(1).step_by(2).collect();
        (of("id ").unwrap_or_default(), of("layer ").unwrap_or_default(), sites)
    };
    traps.map(trap).collect()
}

#[test]
fn every_trap_site_has_a_scenario_or_a_reason() {
    let of_the_table: BTreeSet<(&str, &str)> = table::<crate::guests::Bounded>()
        .iter()
        .filter(|row| !row.site.is_empty())
        .map(|row| (row.trap.rule().id(), row.site))
        .collect();
    let more: Vec<&str> = MORE_RULES.map(Rule::id).into();
    let mut of_the_spec = BTreeSet::new();
    for (id, layer, sites) in spec() {
        if layer == "machine" {
            of_the_spec.extend(sites.into_iter().map(|site| (id, site)));
        }
    }
    for (rule, site, _) in EXCEPTIONS {
        assert!(of_the_spec.remove(&(rule.id(), site)), "{site} is no exception any more");
    }
    let of_the_machine =
        of_the_table.iter().copied().filter(|(id, _)| !more.contains(id)).collect();
    assert_eq!(of_the_spec, of_the_machine);
    assert!(of_the_spec.len() > 70, "{}", of_the_spec.len());
}
