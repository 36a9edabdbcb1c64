//! Reads the rows of each file into the model.

use crate::Span;
use crate::fields::Form;
use crate::model::{
    Blocks, Builtin, CanonicalOption, Code, CodeCase, Constant, Definition, Exception, Gate, Guard,
    PackedField, Packing, Placed, RemovedBuiltin, Sentinel, Spec, Trap, TrapLayer, TrapWords,
    ValueType,
};
use crate::names::Kind;
use crate::reader::{Reader, Row};

/// The data as read, with places that only the checks need.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) spec: Spec,
    /// For each definition, the places of its immediates.
    pub(crate) definition_immediates: Vec<Vec<Span>>,
    /// The places of each built-in.
    pub(crate) places: Vec<BuiltinPlaces>,
}

/// Places of a built-in's row that the model does not keep.
#[derive(Clone, Debug)]
pub(crate) struct BuiltinPlaces {
    pub(crate) since: Option<Span>,
    pub(crate) immediates: Vec<Span>,
    pub(crate) result: Option<Span>,
    pub(crate) blocks: Span,
    pub(crate) imports: Vec<Span>,
}

/// The sources that an exception can be about.
const SOURCES: [((), &str); 6] = [
    ((), "explainer"),
    ((), "canonical-abi"),
    ((), "binary"),
    ((), "validator"),
    ((), "reference"),
    ((), "suite"),
];

pub(crate) fn gates(draft: &mut Draft, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    for mut row in reader.some_rows(root, "gate", "[[gate]]") {
        let name = reader.name(&mut row, "name", Kind::Gate, Form::Kebab);
        let emoji = reader.text(&mut row, "emoji");
        let since = reader.text(&mut row, "since");
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        if let Some(since) = &since {
            reader.milestone(since);
        }
        let (Some(name), Some(emoji), Some(since), Some(summary)) = (name, emoji, since, summary)
        else {
            continue;
        };
        if (name.value == "base") != emoji.is_empty() {
            let message = "`base` must have no emoji, and every other gate must have one";
            reader.error("gate", emoji.span.clone(), message.into());
        }
        let (emoji, since) = (emoji.value, since.value);
        draft.spec.gates.push(Gate { name, emoji, since, summary });
    }
}

pub(crate) fn abi(draft: &mut Draft, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    definitions(draft, reader, root);
    let spec = &mut draft.spec;
    for mut row in reader.some_rows(root, "option", "[[option]]") {
        let name = reader.name(&mut row, "name", Kind::Option, Form::Option);
        let code = reader.byte(&mut row, "code");
        let immediates = values(reader.immediates(&mut row));
        let gate = gate(reader, &mut row);
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        if let (Some(name), Some(code), Some(gate), Some(summary)) = (name, code, gate, summary) {
            spec.options.push(CanonicalOption { name, code, immediates, gate, summary });
        }
    }
    for mut row in reader.some_rows(root, "constant", "[[constant]]") {
        let name = reader.name(&mut row, "name", Kind::Constant, Form::Screaming);
        let value = reader.number(&mut row, "value", u64::MAX);
        let reference = reader.reference(&mut row);
        let anchor = reader.anchor(&mut row, "canonical-abi");
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        if let (Some(name), Some(value), Some(reference), Some(anchor), Some(summary)) =
            (name, value, reference, anchor, summary)
        {
            let value = value.value;
            spec.constants.push(Constant { name, value, reference, summary, anchor });
        }
    }
    codes(spec, reader, root);
    packings(spec, reader, root);
}

fn definitions(draft: &mut Draft, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    for mut row in reader.some_rows(root, "definition", "[[definition]]") {
        let name = reader.name(&mut row, "name", Kind::Builtin, Form::Dotted);
        let opcode = reader.byte(&mut row, "opcode");
        let (places, immediates) = apart(reader.immediates(&mut row));
        let allowed = reader.named(&mut row, "allowed", &[Kind::Option]);
        let anchors = reader.anchors(&mut row);
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        if let (Some(name), Some(opcode), Some(summary)) = (name, opcode, summary) {
            let definition = Definition { name, opcode, immediates, allowed, summary, anchors };
            draft.spec.definitions.push(definition);
            draft.definition_immediates.push(places);
        }
    }
}

fn codes(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    for mut row in reader.some_rows(root, "code", "[[code]]") {
        let name = reader.name(&mut row, "name", Kind::Code, Form::Kebab);
        let reference = reader.class(&mut row);
        let anchor = reader.anchor(&mut row, "canonical-abi");
        let summary = reader.sentence(&mut row, "summary");
        let mut cases = Vec::new();
        for mut case in reader.some_rows(&mut row, "cases", "a case") {
            let name = reader.part_name(&mut case, "name");
            let value = reader.number(&mut case, "value", u64::from(u32::MAX));
            let summary = reader.sentence(&mut case, "summary");
            reader.finish(&case);
            let value = value.and_then(|value| u32::try_from(value.value).ok());
            if let (Some(name), Some(value), Some(summary)) = (name, value, summary) {
                cases.push(CodeCase { name, value, summary });
            }
        }
        reader.finish(&row);
        if let (Some(name), Some(reference), Some(anchor), Some(summary)) =
            (name, reference, anchor, summary)
        {
            spec.codes.push(Code { name, reference, summary, anchor, cases });
        }
    }
}

fn packings(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    for mut row in reader.some_rows(root, "packing", "[[packing]]") {
        let name = reader.name(&mut row, "name", Kind::Packing, Form::Kebab);
        let width = small(reader.number(&mut row, "width", 64));
        let anchor = reader.anchor(&mut row, "canonical-abi");
        let summary = reader.sentence(&mut row, "summary");
        let trap = referred(reader, &mut row, "trap", &[Kind::Trap]);
        let sentinel = sentinel(reader, &mut row);
        let mut fields = Vec::new();
        let before = reader.problems();
        for mut field in reader.some_rows(&mut row, "fields", "a field") {
            let name = reader.part_name(&mut field, "name");
            let low = small(reader.number(&mut field, "low", 64));
            let high = small(reader.number(&mut field, "high", 64));
            let code = referred(reader, &mut field, "code", &[Kind::Code]);
            let summary = reader.optional_text(&mut field, "summary");
            let summary = summary.map_or_else(String::new, |summary| summary.value);
            reader.finish(&field);
            if let (Some(name), Some(low), Some(high)) = (name, low, high) {
                fields.push(PackedField { name, low, high, code, summary });
            }
        }
        let whole = reader.problems() == before;
        reader.finish(&row);
        // If a field is wrong, a gap between fields is no problem of its own.
        if let (Some(name), Some(width), Some(anchor), Some(summary), true) =
            (name, width, anchor, summary, whole)
        {
            spec.packings.push(Packing { name, width, fields, sentinel, trap, summary, anchor });
        }
    }
}

fn sentinel(reader: &mut Reader<'_>, row: &mut Row<'_>) -> Option<Sentinel> {
    let mut table = reader.optional_table(row, "sentinel")?;
    let name = reader.part_name(&mut table, "name");
    let constant = reader.text(&mut table, "constant");
    let otherwise = reader.part_name(&mut table, "otherwise");
    reader.finish(&table);
    if let Some(constant) = &constant {
        reader.names.refer(&[Kind::Constant], constant.clone());
    }
    let (name, otherwise) = (name?.value, otherwise?.value);
    Some(Sentinel { name, constant: constant?.value, otherwise })
}

pub(crate) fn types(draft: &mut Draft, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    for mut row in reader.some_rows(root, "type", "[[type]]") {
        let name = reader.name(&mut row, "name", Kind::Type, Form::Kebab);
        let opcode = reader.byte(&mut row, "opcode");
        let gate = gate(reader, &mut row);
        let reference = reader.class(&mut row);
        let layout = reader.layout(&mut row);
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        if let (
            Some(name),
            Some(opcode),
            Some(gate),
            Some(reference),
            Some(layout),
            Some(summary),
        ) = (name, opcode, gate, reference, layout, summary)
        {
            let ty = ValueType { name, opcode, gate, reference, layout, summary };
            draft.spec.value_types.push(ty);
        }
    }
}

pub(crate) fn traps(draft: &mut Draft, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    let spec = &mut draft.spec;
    for mut row in reader.rows(root, "words", "[[words]]") {
        let name = reader.name(&mut row, "name", Kind::Words, Form::Kebab);
        let words = values(reader.some_texts(&mut row, "words"));
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        if let (Some(name), Some(summary)) = (name, summary) {
            spec.trap_words.push(TrapWords { name, words, summary });
        }
    }
    for mut row in reader.some_rows(root, "trap", "[[trap]]") {
        let id = reader.name(&mut row, "id", Kind::Trap, Form::Kebab);
        let message = reader.filled(&mut row, "message");
        let layer = reader.text(&mut row, "layer");
        let layer = layer.and_then(|layer| reader.one_of(&layer, "`layer`", &TrapLayer::ALL));
        let sites = reader.sites(&mut row);
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        if let Some(message) = &message {
            let parameters = reader.parameters(message);
            for words in parameters.into_iter().filter(|parameter| parameter.value != "index") {
                reader.names.refer(&[Kind::Words], words);
            }
        }
        if let (Some(id), Some(message), Some(layer), Some(summary)) = (id, message, layer, summary)
        {
            spec.traps.push(Trap { id, message, layer, sites, summary });
        }
    }
    for mut row in reader.some_rows(root, "guard", "[[guard]]") {
        let name = reader.name(&mut row, "name", Kind::Guard, Form::Kebab);
        let traps = reader.some_texts(&mut row, "traps");
        let leading = reader.flag(&mut row, "leading");
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        for trap in &traps {
            reader.names.refer(&[Kind::Trap], trap.clone());
        }
        if let (Some(name), Some(summary)) = (name, summary) {
            spec.guards.push(Guard { name, traps, leading, summary });
        }
    }
}

pub(crate) fn builtins(
    draft: &mut Draft,
    reader: &mut Reader<'_>,
    root: &mut Row<'_>,
    family: &str,
) {
    for mut row in reader.some_rows(root, "builtin", "[[builtin]]") {
        let name = reader.name(&mut row, "name", Kind::Builtin, Form::Dotted);
        let opcode = reader.byte(&mut row, "opcode");
        let gate = gate(reader, &mut row);
        let since = reader.optional_text(&mut row, "since");
        let immediates = reader.immediates(&mut row);
        let signature = reader.signature(&mut row);
        let result = reader.result(&mut row);
        let wit = reader.filled(&mut row, "wit");
        let allowed = reader.named(&mut row, "allowed", &[Kind::Option]);
        let required = reader.required_options(&mut row);
        let blocks = reader.text(&mut row, "blocks");
        let guards = reader.named(&mut row, "guards", &[Kind::Guard]);
        let traps = reader.named(&mut row, "traps", &[Kind::Trap]);
        let reference = reader.references(&mut row);
        let imports = reader.imports(&mut row);
        let anchors = reader.anchors(&mut row);
        let summary = reader.sentence(&mut row, "summary");
        reader.finish(&row);
        if let Some(since) = &since {
            reader.milestone(since);
        }
        let blocks = blocks.and_then(|text| {
            let value = reader.one_of(&text, "`blocks`", &Blocks::ALL)?;
            Some(Placed { value, span: text.span })
        });
        let (Some(name), Some(opcode), Some(gate), Some(signature)) =
            (name, opcode, gate, signature)
        else {
            continue;
        };
        let (Some(wit), Some(blocks), Some(summary)) = (wit, blocks, summary) else { continue };
        let (immediate_places, immediates) = apart(immediates);
        let (import_places, imports) = apart(imports);
        draft.places.push(BuiltinPlaces {
            since: since.as_ref().map(|since| since.span.clone()),
            immediates: immediate_places,
            result: result.as_ref().map(|result| result.span.clone()),
            blocks: blocks.span,
            imports: import_places,
        });
        draft.spec.builtins.push(Builtin {
            name,
            family: family.to_owned(),
            opcode,
            gate,
            since: since.map(|since| since.value),
            immediates,
            allowed,
            required,
            signature,
            result: result.map(|result| result.value),
            wit: wit.value,
            blocks: blocks.value,
            guards,
            traps,
            reference,
            imports,
            summary,
            anchors,
        });
    }
}

pub(crate) fn removed(draft: &mut Draft, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    for mut row in reader.rows(root, "removed", "[[removed]]") {
        let name = reader.name(&mut row, "name", Kind::Removed, Form::Any);
        let opcode = reader.byte(&mut row, "opcode");
        let replaced_by = reader.named(&mut row, "replaced-by", &[Kind::Builtin]);
        let last_seen = reader.filled(&mut row, "last-seen");
        let note = reader.sentence(&mut row, "note");
        reader.finish(&row);
        if let (Some(name), Some(opcode), Some(last_seen), Some(note)) =
            (name, opcode, last_seen, note)
        {
            let last_seen = last_seen.value;
            let removed = RemovedBuiltin { name, opcode, replaced_by, last_seen, note };
            draft.spec.removed.push(removed);
        }
    }
}

pub(crate) fn exceptions(draft: &mut Draft, reader: &mut Reader<'_>, root: &mut Row<'_>) {
    for mut row in reader.rows(root, "exception", "[[exception]]") {
        let name = reader.name(&mut row, "name", Kind::Exception, Form::Any);
        let source = reader.text(&mut row, "source");
        let subject = reader.filled(&mut row, "subject");
        let says = reader.text(&mut row, "says");
        let stands = reader.optional_text(&mut row, "stands").map(|stands| stands.value);
        let reason = reader.filled(&mut row, "reason");
        reader.finish(&row);
        if let Some(source) = &source {
            reader.one_of(source, "`source`", &SOURCES);
        }
        if let (Some(name), Some(source), Some(subject), Some(says), Some(reason)) =
            (name, source, subject, says, reason)
        {
            let (subject, says, reason) = (subject.value, says.value, reason.value);
            draft.spec.exceptions.push(Exception { name, source, subject, says, stands, reason });
        }
    }
}

/// Reads the feature that a row belongs to.
fn gate(reader: &mut Reader<'_>, row: &mut Row<'_>) -> Option<Placed<String>> {
    let gate = reader.text(row, "gate")?;
    reader.names.refer(&[Kind::Gate], gate.clone());
    Some(gate)
}

/// Reads the name of another row, if the row has one.
fn referred(
    reader: &mut Reader<'_>,
    row: &mut Row<'_>,
    key: &'static str,
    among: &'static [Kind],
) -> Option<String> {
    let name = reader.optional_text(row, key)?;
    reader.names.refer(among, name.clone());
    Some(name.value)
}

fn small(number: Option<Placed<u64>>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number.value).ok())
}

fn values<T>(placed: Vec<Placed<T>>) -> Vec<T> {
    placed.into_iter().map(|placed| placed.value).collect()
}

/// Splits values with places into a list of places and a list of values.
fn apart<T>(placed: Vec<Placed<T>>) -> (Vec<Span>, Vec<T>) {
    placed.into_iter().map(|placed| (placed.span, placed.value)).unzip()
}
