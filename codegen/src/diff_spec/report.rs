//! Formats a comparison for a person who acts on it.

use std::fmt::Write;

use super::counterpart::Counterpart;
use super::difference::{Comparison, Difference, Place, Source};
use super::without;

/// The escape sequences of a terminal, or empty texts.
struct Style {
    bold: &'static str,
    red: &'static str,
    green: &'static str,
    dim: &'static str,
    plain: &'static str,
}

const COLORED: Style =
    Style { bold: "\x1b[1m", red: "\x1b[31m", green: "\x1b[32m", dim: "\x1b[2m", plain: "\x1b[0m" };
const UNCOLORED: Style = Style { bold: "", red: "", green: "", dim: "", plain: "" };

impl Comparison {
    /// Formats the comparison as text, source by source; with `color`, for a terminal.
    pub fn render(&self, color: bool) -> String {
        let style = if color { COLORED } else { UNCOLORED };
        let mut out = String::new();
        for (source, _) in Source::ALL {
            let mut differences =
                self.unexcused().filter(|difference| difference.source == source).peekable();
            if differences.peek().is_some() {
                let _ = writeln!(out, "{}{}{}\n", style.bold, source.title(), style.plain);
            }
            for difference in differences {
                render_difference(&mut out, difference, &style);
            }
        }
        for name in &self.unused_exceptions {
            let _ = writeln!(
                out,
                "{}exception `{name}` explains no difference{}\n      do: remove it from \
                 spec/exceptions.toml, or bring its `says` and `stands` up to date\n",
                style.red, style.plain
            );
        }
        self.render_counts(&mut out, &style);
        out
    }

    fn render_counts(&self, out: &mut String, style: &Style) {
        let mut facts = 0;
        for (source, checked) in &self.facts_checked {
            facts += checked;
            let of = || self.differences.iter().filter(|d| d.source == *source);
            let excused = of().filter(|difference| difference.excused_by.is_some()).count();
            let open = of().count() - excused;
            let color = if open == 0 { style.green } else { style.red };
            let _ = writeln!(
                out,
                "{:<18} {checked:>6} facts  {color}{open:>4} to act on{}  {}{excused} explained{}",
                source.title(),
                style.plain,
                style.dim,
                style.plain,
            );
        }
        let verdict = match (self.unexcused().count(), self.unused_exceptions.len()) {
            (0, 0) => format!("{}no differences{}", style.green, style.plain),
            (open, unused) => {
                format!("{}{open} to act on, {unused} unused exceptions{}", style.red, style.plain)
            }
        };
        let _ = writeln!(out, "{facts} facts compared: {verdict}");
    }
}

fn render_difference(out: &mut String, difference: &Difference, style: &Style) {
    let silent = || format!("{}(nothing){}", style.dim, style.plain);
    let at = |place: &Option<Place>| match place {
        Some(Place { file, line: 0 }) => format!("  {}{file}{}", style.dim, style.plain),
        Some(Place { file, line }) => format!("  {}{file}:{line}{}", style.dim, style.plain),
        None => String::new(),
    };
    let side = |text: &Option<String>| text.clone().map_or_else(silent, |text| shown(&text));
    let change = difference.change.map_or(String::new(), |change| format!(" {}", change.words()));
    let (subject, what) = (&difference.subject, &difference.what);
    let _ = writeln!(out, "  {}{subject}{}: {what}{change}", style.bold, style.plain);
    let described_at = at(&difference.described_at);
    let _ = writeln!(out, "    described: {}{described_at}", side(&difference.described));
    let _ = writeln!(out, "        found: {}{}", side(&difference.found), at(&difference.place));
    if difference.change.is_some() {
        render_places(out, difference, style);
        let _ = writeln!(out, "           do: {}\n", difference.act);
        return;
    }
    let _ = writeln!(out, "           do: {};", difference.act);
    let _ = writeln!(out, "               or, if the data is right, add to spec/exceptions.toml:");
    // A JSON string is a TOML string; invisible characters are escaped in both.
    let quoted =
        |text: &str| serde_json::Value::from(text).to_string().replace('\u{fe0f}', "\\uFE0F");
    for (key, value) in [
        ("name", String::new()),
        ("source", difference.source.name().to_owned()),
        ("subject", difference.subject.clone()),
        ("says", difference.says()),
        ("stands", difference.described.clone().unwrap_or_default()),
        ("reason", String::new()),
    ] {
        if key == "stands" && difference.described.is_none() {
            continue;
        }
        if key == "name" {
            let _ = writeln!(out, "                 [[exception]]");
        }
        let _ = writeln!(out, "                 {key:<7} = {}", quoted(&value));
    }
    out.push('\n');
}

/// Lists the places in Weft to read. A script has none.
fn render_places(out: &mut String, difference: &Difference, style: &Style) {
    let mut word = "read";
    for Counterpart { item, place: Place { file, line } } in &difference.read {
        let item = if item.is_empty() { String::new() } else { format!("{item}  ") };
        let line = if *line == 0 { String::new() } else { format!(":{line}") };
        let _ = writeln!(out, "{word:>13}: {item}{}{file}{line}{}", style.dim, style.plain);
        word = "and";
    }
    if difference.read.is_empty() && difference.source == Source::Reference {
        let reason = without::reason(&difference.subject);
        let reason = reason.unwrap_or("nothing in Weft is named after it");
        let _ = writeln!(out, "{word:>13}: {}({reason}){}", style.dim, style.plain);
    }
}

/// Makes invisible text visible.
fn shown(text: &str) -> String {
    if text.is_empty() { "\"\"".to_owned() } else { text.replace('\u{fe0f}', "\\u{fe0f}") }
}
