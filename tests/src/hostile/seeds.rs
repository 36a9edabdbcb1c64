//! Components that serve as seeds of hostile ones.

use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective, WastExecute};

/// Returns the components in the text of a `.wast` file, in order, in their binary format. Includes
/// those that are refused, if they have a binary format.
#[must_use]
pub fn components(text: &str) -> Vec<Vec<u8>> {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let Ok(buffer) = ParseBuffer::new_with_lexer(lexer) else { return Vec::new() };
    let Ok(wast) = parser::parse::<Wast<'_>>(&buffer) else { return Vec::new() };
    wast.directives.into_iter().filter_map(component).collect()
}

fn component(directive: WastDirective<'_>) -> Option<Vec<u8>> {
    let mut wat = match directive {
        WastDirective::Module(wat) | WastDirective::ModuleDefinition(wat) => wat,
        WastDirective::AssertMalformed { module, .. }
        | WastDirective::AssertInvalid { module, .. } => module,
        WastDirective::AssertUnlinkable { module, .. } => QuoteWat::Wat(module),
        WastDirective::AssertTrap { exec: WastExecute::Wat(wat), .. } => QuoteWat::Wat(wat),
        _ => return None,
    };
    wat.encode().ok()
}
