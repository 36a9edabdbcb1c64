//! Converts comments of WIT to comments of Rust.
//!
//! WIT's comments are Markdown, but not written for rustdoc. For rustdoc, an indented block would
//! be a doctest, `[x]` a link to an item, `<T>` an HTML tag, and a URL without brackets a warning.
//! All of these are rewritten, so that they appear as the author wrote them.

use std::ops::Range;

use proc_macro2::TokenStream;
use pulldown_cmark::{
    BrokenLink, CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd,
    TextMergeWithOffset,
};
use quote::quote;

/// Returns the documentation of an item: that of the WIT, and below it `place`, the origin of the
/// item.
pub(crate) fn attributes(docs: Option<&str>, place: Option<&str>) -> TokenStream {
    let said = docs.map(tame).filter(|text| !text.is_empty());
    let paragraphs: Vec<_> = said.as_deref().into_iter().chain(place).collect();
    let text = paragraphs.join("\n\n");
    let lines = text.lines().map(|line| {
        // Without the space, a line that starts with a slash would end the comment.
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

/// Returns the first sentence of a comment, without its full stop: the message of an error.
pub(crate) fn first_sentence(docs: &str) -> Option<String> {
    let lines = docs.lines().map(str::trim).skip_while(|line| line.is_empty());
    let paragraph: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    let end = paragraph.find(". ").unwrap_or(paragraph.len());
    let sentence = paragraph.get(..end)?.trim_end_matches(['.', ':']).trim();
    (!sentence.is_empty()).then(|| sentence.to_owned())
}

/// Returns `docs` as Markdown that rustdoc shows as the author wrote it.
fn tame(docs: &str) -> String {
    let visible: String = docs
        .lines()
        .map(|line| {
            let line: String = line.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
            line.trim_end().replace('\t', "    ") + "\n"
        })
        .collect();
    let docs = visible.trim_matches('\n');
    let mut tamed = docs.to_owned();
    // An edit of one construct can create another: `[a][b]` becomes `\[a][b]`.
    for _ in 0..PASSES {
        match edits(&tamed) {
            Some(edits) if edits.is_empty() && !is_open(&tamed) => return tamed,
            Some(edits) if edits.is_empty() => break,
            Some(edits) => tamed = apply(&tamed, edits),
            None => break,
        }
    }
    // The text is nested in a way that cannot be rewritten piece by piece, so it is shown verbatim.
    let longest = docs.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}text\n{docs}\n{fence}")
}

/// Returns `true` if text below `text` would be part of a code block, because a block is not
/// closed.
fn is_open(text: &str) -> bool {
    let below = format!("{text}\n\nbelow");
    let mut code = 0_usize;
    for event in Parser::new(&below) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code += 1,
            Event::End(TagEnd::CodeBlock) => code = code.saturating_sub(1),
            Event::Text(said) if code > 0 && said.ends_with("below") => return true,
            _ => {}
        }
    }
    false
}

/// The largest number of passes over a text; after them the text is shown verbatim.
const PASSES: usize = 5;

/// A piece of the text, and its replacement.
type Edit = (Range<usize>, String);

fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::new();
    let mut at = 0;
    for (range, replacement) in edits {
        // If two edits overlap, the first is enough, because there is another pass.
        if let (true, Some(kept)) = (range.start >= at, text.get(at..range.start)) {
            out.push_str(kept);
            out.push_str(&replacement);
            at = range.end;
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Returns the changes that `text` needs; nothing if they cannot be made piece by piece.
fn edits(text: &str) -> Option<Vec<Edit>> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut unresolved: Vec<Range<usize>> = Vec::new();
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_SMART_PUNCTUATION;
    let mut see = |link: BrokenLink<'_>| -> Option<(CowStr<'_>, CowStr<'_>)> {
        unresolved.push(link.span);
        None
    };
    let parser = Parser::new_with_broken_link_callback(text, options, Some(&mut see));
    let mut inside = 0_usize;
    for (event, range) in TextMergeWithOffset::new(parser.into_offset_iter()) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                inside += 1;
                match kind {
                    CodeBlockKind::Indented => edits.push(fence(text, range)?),
                    CodeBlockKind::Fenced(language) => edits.extend(label(text, range, &language)),
                }
            }
            Event::Start(
                Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. },
            ) => {
                inside += 1;
                let known = matches!(link_type, LinkType::Autolink | LinkType::Email)
                    || dest_url.contains("://")
                    || dest_url.starts_with('#');
                if !known {
                    unresolved_start(text, &range, &mut edits);
                }
            }
            Event::End(TagEnd::CodeBlock | TagEnd::Link | TagEnd::Image) => {
                inside = inside.saturating_sub(1);
            }
            Event::Html(_) | Event::InlineHtml(_) => {
                let piece = text.get(range.clone()).unwrap_or_default();
                edits.extend(
                    piece
                        .match_indices('<')
                        .map(|(at, _)| (range.start + at..range.start + at + 1, "\\<".to_owned())),
                );
            }
            Event::Text(_) if inside == 0 => edits.extend(addresses(text, range)),
            _ => {}
        }
    }
    for range in unresolved {
        unresolved_start(text, &range, &mut edits);
    }
    Some(edits)
}

/// Escapes the bracket that opens a link to nowhere.
fn unresolved_start(text: &str, range: &Range<usize>, edits: &mut Vec<Edit>) {
    if let Some(at) = text.get(range.clone()).and_then(|piece| piece.find('[')) {
        let at = range.start + at;
        edits.push((at..at + 1, "\\[".to_owned()));
    }
}

/// Turns an indented block into a fenced one.
fn fence(text: &str, range: Range<usize>) -> Option<Edit> {
    let start = text.get(..range.start)?.rfind('\n').map_or(0, |at| at + 1);
    let lead = text.get(start..range.start)?;
    let block = text.get(start..range.end)?.trim_end();
    let first = block.lines().next()?;
    let indent = first.len() - first.trim_start().len();
    let outer = " ".repeat(indent.checked_sub(4)?);
    if !lead.trim().is_empty() || block.contains("```") {
        return None;
    }
    let lines: Vec<_> = block
        .lines()
        .map(|line| format!("{outer}{}", line.get(indent..).unwrap_or(line.trim_start())))
        .map(|line| line.trim_end().to_owned())
        .collect();
    let fenced = format!("{outer}```text\n{}\n{outer}```", lines.join("\n"));
    Some((start..start + block.len(), fenced))
}

/// Sets a language on a fenced block that rustdoc would otherwise compile.
fn label(text: &str, range: Range<usize>, language: &str) -> Option<Edit> {
    let compiled = |word: &str| {
        matches!(word, "rust" | "ignore" | "should_panic" | "no_run" | "compile_fail")
            || ["edition", "ignore-", "test_harness", "standalone", "E0", "custom", "class"]
                .iter()
                .any(|start| word.starts_with(start))
    };
    let mut words = language.split([',', ' ', '{', '}', '.']).filter(|word| !word.is_empty());
    if !language.trim().is_empty() && !words.any(compiled) {
        return None;
    }
    let opening = text.get(range.clone())?.lines().next()?;
    let ticks = opening.trim_end_matches(|c| c != '`' && c != '~');
    let end = range.start + opening.len();
    Some((range.start + ticks.len()..end, "text".to_owned()))
}

/// Puts brackets around the URLs in plain text.
fn addresses(text: &str, range: Range<usize>) -> Vec<Edit> {
    let Some(plain) = text.get(range.clone()) else { return Vec::new() };
    let mut edits = Vec::new();
    let mut from = 0;
    while let Some(found) = plain.get(from..).and_then(|rest| rest.find("http")) {
        let start = from + found;
        let rest = plain.get(start..).unwrap_or_default();
        if !["https://", "http://"].iter().any(|scheme| rest.starts_with(scheme)) {
            from = start + 1;
            continue;
        }
        let length = rest.find(|c: char| c.is_whitespace() || "<>\"`".contains(c));
        let address = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        let address = address.trim_end_matches(|c| ".,;:!?)]'*_".contains(c));
        from = start + address.len().max(1);
        if !address.ends_with('/') || address.len() > "https://".len() {
            let place = range.start + start..range.start + start + address.len();
            edits.push((place, format!("<{address}>")));
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_unchanged() {
        for text in [
            "One `two` *three*.\n\n- a list\n  of `x`",
            "See [the page](https://example.org/a_b) or [Unix Time].\n\n[Unix Time]: https://u.org",
            "```c\nint x;\n```",
            "`{ -1 seconds }` and <https://example.org>",
        ] {
            assert_eq!(tame(text), text);
        }
    }

    #[test]
    fn an_indented_block_is_not_a_doctest() {
        assert_eq!(
            tame("Such as\n\n    let x = 1;\n      y\n\nand so on"),
            "Such as\n\n```text\nlet x = 1;\n  y\n```\n\nand so on"
        );
        assert_eq!(tame("    all of it"), "```text\nall of it\n```");
        assert_eq!(tame("- a\n\n      code\n"), "- a\n\n  ```text\n  code\n  ```");
        assert_eq!(tame("-     code"), "```text\n-     code\n```");
    }

    #[test]
    fn a_block_without_a_language_or_in_rust_is_text() {
        assert_eq!(tame("```\nx\n```"), "```text\nx\n```");
        assert_eq!(tame("~~~ rust,no_run\nx\n~~~"), "~~~text\nx\n~~~");
        assert_eq!(tame("```wit\nx\n```"), "```wit\nx\n```");
    }

    #[test]
    fn unresolved_links_and_tags_are_escaped() {
        assert_eq!(tame("an [x], [y][z] and [w](w)"), "an \\[x], \\[y]\\[z] and \\[w](w)");
        assert_eq!(tame("a list<T> of <b>"), "a list\\<T> of \\<b>");
        assert_eq!(tame("<div>\nx\n</div>"), "\\<div>\nx\n\\</div>");
    }

    #[test]
    fn a_url_becomes_a_link() {
        assert_eq!(
            tame("see https://example.org/a_b_c.html, or (http://x.org)."),
            "see <https://example.org/a_b_c.html>, or (<http://x.org>)."
        );
    }

    #[test]
    fn converted_comments_need_no_further_edits() {
        for text in
            ["[", "]", "[[a]]", "![a]", "[a](<", "```", "`", "<!--", "http://", "\\", "\r", "/"]
        {
            let tamed = tame(text);
            assert_eq!(edits(&tamed), Some(Vec::new()), "{text:?} became {tamed:?}");
        }
    }

    #[test]
    fn an_unclosed_block_does_not_include_the_text_below() {
        assert_eq!(tame("```c\nx"), "````text\n```c\nx\n````");
        assert_eq!(tame("- ```c\n  x"), "- ```c\n  x");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn random_comments_are_converted_for_rustdoc(text in "[ \n`~<>\\[\\]()!*_/:.#&\\\\a-]{0,40}") {
            let tamed = tame(&text);
            prop_assert_eq!(edits(&tamed), Some(Vec::new()), "{:?} became {:?}", text, tamed);
            prop_assert!(!is_open(&tamed), "{:?} became {:?}", text, tamed);
        }
    }

    /// Checks the time for long comments; at quadratic cost, each of these would take half a
    /// minute.
    #[test]
    fn a_long_comment_takes_linear_time() {
        for text in ["`".repeat(100_000), "http://x ".repeat(40_000), "http".repeat(40_000)] {
            assert!(tame(&text).len() >= text.trim().len());
        }
    }

    #[test]
    fn the_message_of_an_error_is_the_first_sentence() {
        let first = |text| first_sentence(text).unwrap_or_default();
        assert_eq!(
            first("Permission denied, similar to `EACCES`. More."),
            "Permission denied, similar to `EACCES`"
        );
        assert_eq!(first("\n Two\n lines.\n\n More"), "Two lines");
        assert_eq!(first_sentence(" \n"), None);
    }
}
