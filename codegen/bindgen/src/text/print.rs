//! The layout of the file, and the lints that are disabled in it.

use std::fmt::Write as _;

use proc_macro2::TokenStream;
use syn::Attribute;

use crate::text::layout::lay_out;

/// Returns the text of a file. Lints that are meant for people are disabled in it: with attributes
/// of the file, or, for a file that is included, of each item.
pub(crate) fn print(tokens: TokenStream, inner_attributes: bool) -> syn::Result<String> {
    let text = if inner_attributes {
        let lints: syn::File = syn::parse_quote!(#![allow(
            clippy::all, clippy::pedantic, clippy::nursery, dead_code, deprecated, missing_docs,
            private_interfaces, unreachable_pub, unused_imports, unused_qualifications, unused_variables
        )]);
        prettyplease::unparse(&lints) + &lay_out(tokens, &mut |_| ())?
    } else {
        let lints: Attribute = syn::parse_quote!(#[allow(
            clippy::all, clippy::pedantic, clippy::nursery, dead_code, deprecated, missing_docs,
            private_interfaces, unreachable_pub, unused_imports, unused_qualifications, unused_variables
        )]);
        lay_out(tokens, &mut |item| {
            if let Some(attributes) = attributes(item) {
                attributes.push(lints.clone());
            }
        })?
    };
    Ok(spaced(&commented(&broken(&joined(&text)))))
}

/// The comment for users who write an async function with `&mut self`, which the compiler shows.
const NO_SELF: &str =
    "// No `self`: an `.await` can't keep it borrowed; `access.with_host` lends it.";

/// Returns a text with a comment in the signature of each async host function.
fn commented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let start = line.trim_start();
        let spaces = " ".repeat(line.len() - start.len());
        if line.contains(": impl ") && line.contains("HostAccess<Self>") {
            match start.split_once("(access") {
                Some((head, rest)) => {
                    let (parameters, result) = rest.split_once(") ->").unwrap_or((rest, ""));
                    let _ = writeln!(out, "{spaces}{head}(");
                    let _ = writeln!(out, "{spaces}    {NO_SELF}");
                    let _ = writeln!(out, "{spaces}    access{parameters},");
                    let _ = writeln!(out, "{spaces}) ->{result}");
                    continue;
                }
                None => {
                    let _ = writeln!(out, "{spaces}{NO_SELF}");
                }
            }
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The longest line, in characters.
const LONGEST_LINE: usize = 100;

/// Returns a text in which each statement that calls a method of `interface` is on one line if it
/// fits, or on three if it ends with an `async` block.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(first) = lines.next() {
        let indent = first.len() - first.trim_start().len();
        let Some(end) = end_of(first.trim_start()) else {
            out.push_str(first);
            out.push('\n');
            continue;
        };
        let mut statement = vec![first];
        while !statement.last().is_some_and(|line| line.ends_with(end)) {
            let Some(line) = lines.next() else { break };
            statement.push(line);
        }
        let joined = if end == [']'] { filled(&statement) } else { one_line(&statement, indent) };
        match joined {
            Some(line) => out.push_str(&line),
            None => out.push_str(&statement.join("\n")),
        }
        out.push('\n');
    }
    out
}

/// Returns the characters that end a statement, signature or attribute which starts with this line;
/// `None` if its layout stays the same.
fn end_of(start: &str) -> Option<&'static [char]> {
    let is_statement = start == "interface"
        || start.starts_with("let mut interface")
        || (start.starts_with("let ") && start.ends_with("= exports"));
    let is_signature = ["fn ", "pub fn ", "pub async fn "].iter().any(|it| start.starts_with(it))
        && start.ends_with('(');
    if is_statement {
        Some(&[';'])
    } else if is_signature {
        Some(&[';', '{'])
    } else if start == "#![allow(" || start == "#[allow(" {
        Some(&[']'])
    } else {
        None
    }
}

/// Returns a list of lints with as many on each line as fit.
fn filled(attribute: &[&str]) -> Option<String> {
    let (first, rest) = attribute.split_first()?;
    let (last, lints) = rest.split_last()?;
    let mut out = format!("{first}\n   ");
    let mut length = 3;
    for lint in lints.iter().map(|lint| lint.trim()) {
        if length + 1 + lint.len() > LONGEST_LINE {
            out.push_str("\n   ");
            length = 3;
        }
        out.push(' ');
        out.push_str(lint);
        length += 1 + lint.len();
    }
    Some(format!("{}\n{last}", out.trim_end_matches(',')))
}

/// Returns the statement on one line or three, if it fits.
fn one_line(statement: &[&str], indent: usize) -> Option<String> {
    let mut line = " ".repeat(indent);
    for part in statement.iter().map(|part| part.trim()) {
        let after_comma = line.ends_with(',');
        if part.starts_with(')') && after_comma {
            line.pop();
        } else if after_comma || line.ends_with('{') || part.starts_with('}') {
            line.push(' ');
        }
        line.push_str(part);
    }
    let line = line.replace(", >(", ">(");
    // A comment is added to the signature of an async function.
    if line.len() <= LONGEST_LINE && !line.contains("HostAccess<Self>") {
        return Some(line);
    }
    let (head, body) = match line.split_once(" async move { ") {
        Some((head, body)) => (format!("{head} async move"), body.strip_suffix(" });")?),
        None => {
            // The parameters of the closure are between bars.
            let (before, closure) = line.split_once(", |")?;
            let (parameters, body) = closure.split_once("| ")?;
            (format!("{before}, |{parameters}|"), body.strip_suffix(");")?)
        }
    };
    let spaces = " ".repeat(indent);
    let lines = [format!("{head} {{"), format!("{spaces}    {body}"), format!("{spaces}}});")];
    lines.iter().all(|line| line.len() <= LONGEST_LINE).then(|| lines.join("\n"))
}

/// Returns a text in which supertraits have lines of their own if they do not fit on one line.
fn broken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let start = line.trim_start();
        let spaces = " ".repeat(line.len() - start.len());
        let is_trait = start.starts_with("pub trait ") || start.starts_with("trait ");
        match line.split_once(": ").filter(|_| is_trait && line.len() > LONGEST_LINE) {
            Some((head, bounds)) => {
                let (bounds, body) = bounds.rsplit_once(" {").unwrap_or((bounds, ""));
                let bounds = bounds.replace(" + ", &format!("\n{spaces}    + "));
                let _ = writeln!(out, "{head}:\n{spaces}    {bounds}\n{spaces}{{{body}");
            }
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// Returns a text with an empty line between items.
fn spaced(text: &str) -> String {
    const ITEMS: [&str; 11] = [
        "///",
        "#[",
        "pub ",
        "impl ",
        "impl<",
        "fn ",
        "async fn ",
        "mod ",
        "::",
        "const ",
        "type ",
    ];
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut before = "";
    let mut of_file = false;
    for line in text.lines() {
        let trimmed = line.trim_start();
        // An empty line follows the attributes of the file.
        let is_below_file = before == ")]" && core::mem::take(&mut of_file);
        of_file |= trimmed.starts_with("#![");
        let is_item = ITEMS.iter().any(|start| trimmed.starts_with(start));
        let has_docs = trimmed.starts_with("///") || trimmed.starts_with("#[");
        let is_end =
            before.ends_with('}') || (before.starts_with("const ") && trimmed.starts_with("fn "));
        let ends_use = before.contains("use ") && before.ends_with(';');
        let is_use = trimmed.starts_with("pub use ");
        let is_apart = is_end || (ends_use && !is_use) || (has_docs && before.ends_with(';'));
        if is_below_file || (is_item && is_apart) {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        before = trimmed;
    }
    out
}

fn attributes(item: &mut syn::Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        syn::Item::Const(item) => &mut item.attrs,
        syn::Item::Enum(item) => &mut item.attrs,
        syn::Item::Fn(item) => &mut item.attrs,
        syn::Item::Impl(item) => &mut item.attrs,
        syn::Item::Mod(item) => &mut item.attrs,
        syn::Item::Struct(item) => &mut item.attrs,
        syn::Item::Trait(item) => &mut item.attrs,
        syn::Item::Type(item) => &mut item.attrs,
        _ => return None,
    })
}
