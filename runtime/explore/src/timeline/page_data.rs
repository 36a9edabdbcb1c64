//! The data of a page, as JSON inside of HTML.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::merged::Merged;
use super::scene::{ArrowKind, Scene, SpanKind};
use super::waits::WaitGraph;

/// Texts, each of which is written once.
#[derive(Default)]
struct Texts {
    texts: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Texts {
    /// Returns the number of a text.
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.numbers.insert(text.to_owned(), self.texts.len());
        self.texts.push(text.to_owned());
        self.texts.len() - 1
    }
}

/// Returns the data as JSON that may stand in a `script` element: no character of it ends one.
pub(super) fn page_data(merged: &Merged<'_>, scene: &Scene, waits: &WaitGraph) -> String {
    let mut texts = Texts::default();
    let lanes: Vec<Value> =
        scene.lanes.iter().map(|it| json!([it.group, texts.number(&it.label)])).collect();
    let spans: Vec<Value> = scene
        .spans
        .iter()
        .map(|it| {
            let (who, state) = (texts.number(&it.who), texts.number(&it.state));
            json!([it.lane, it.from, it.to, span_kind(it.kind), who, state])
        })
        .collect();
    let points: Vec<Value> = scene
        .points
        .iter()
        .zip(&merged.events)
        .map(|(point, it)| {
            let time = it.time.map(|time| time.as_secs_f64() * 1e6);
            json!([it.event.turn, point.lane, texts.number(&point.text), time])
        })
        .collect();
    let arrows: Vec<Value> = scene
        .arrows
        .iter()
        .map(|it| {
            let kind = arrow_kind(it.kind);
            json!([kind, it.from.0, it.from.1, it.to.0, it.to.1, texts.number(&it.text)])
        })
        .collect();
    let choices: Vec<Value> = scene
        .choices
        .iter()
        .map(|it| json!([it.at, texts.number(&it.choice), it.count, it.chosen]))
        .collect();
    let data = json!({
        "first": merged.dropped(),
        "groups": scene.groups.iter().map(|it| &it.name).collect::<Vec<_>>(),
        "hosts": scene.groups.iter().map(|it| it.host).collect::<Vec<_>>(),
        "lanes": lanes,
        "spans": spans,
        "points": points,
        "arrows": arrows,
        "choices": choices,
        "waits": waits.as_json(),
        "texts": texts.texts,
    });
    in_script(&data.to_string())
}

/// Escapes JSON for a `script` element.
fn in_script(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string does not fail.
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            character => text.push(character),
        }
    }
    text
}

const fn span_kind(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Runs => 0,
        SpanKind::InCall => 1,
        SpanKind::Waits => 2,
        SpanKind::IsReady => 3,
        SpanKind::IsSuspended => 4,
        SpanKind::Enters => 5,
        SpanKind::HostFunction => 6,
        SpanKind::Host => 7,
    }
}

const fn arrow_kind(kind: ArrowKind) -> u8 {
    match kind {
        ArrowKind::Call => 0,
        ArrowKind::Wake => 1,
        ArrowKind::Copy => 2,
    }
}
