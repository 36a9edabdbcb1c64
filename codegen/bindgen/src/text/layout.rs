//! Formats a file, part by part.
//!
//! A syntax tree takes many times the memory of its text, and a world can have 100,000 functions.
//! The items of a file are therefore parsed and formatted a few at a time. A large item (a module,
//! trait, implementation or function) is formatted without its body, and then the parts of the body
//! one by one. Each part is formatted inside the items that surround it, so that the text is the
//! same as if everything were formatted at once.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::{File, Item};

/// Parts with fewer tokens are formatted together. Of tokens in groups, only those of bodies count.
const SMALL: usize = 60;

/// Returns the text of the items of a file. `edit` is called with each top-level item.
pub(crate) fn lay_out(tokens: TokenStream, edit: &mut dyn FnMut(&mut Item)) -> syn::Result<String> {
    let mut layout = Layout { text: String::new(), around: Vec::new(), edit };
    layout.parts(tokens)?;
    Ok(layout.text)
}

/// An item that has parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whole {
    Module,
    Trait,
    Impl,
    Function,
}

impl Whole {
    /// Returns the kind of item that starts with a keyword.
    fn of(keyword: &str) -> Option<Self> {
        match keyword {
            "mod" => Some(Self::Module),
            "trait" => Some(Self::Trait),
            "impl" => Some(Self::Impl),
            "fn" => Some(Self::Function),
            _ => None,
        }
    }

    /// Returns `true` if the body of such an item is formatted part by part.
    fn is_split(self, body: &[TokenTree]) -> bool {
        match self {
            // A module may contain any number of modules.
            Self::Module => !body.is_empty(),
            Self::Trait | Self::Impl | Self::Function => {
                body.len() >= SMALL || body.iter().map(in_braces).sum::<usize>() >= SMALL
            }
        }
    }

    /// Returns such an item on one line, with these parts.
    fn with(self, parts: TokenStream) -> TokenStream {
        let mut item = match self {
            Self::Module => quote!(mod a),
            Self::Trait => quote!(trait A),
            Self::Impl => quote!(impl A),
            Self::Function => quote!(fn a()),
        };
        item.extend([braces(parts)]);
        item
    }

    /// Returns a placeholder for the parts that follow, and its line.
    fn gap(self) -> (TokenStream, &'static str) {
        match self {
            Self::Module => (
                quote!(
                    const GAP: () = ();
                ),
                "const GAP: () = ();",
            ),
            Self::Trait => (
                quote!(
                    fn gap();
                ),
                "fn gap();",
            ),
            Self::Impl => (
                quote!(
                    fn gap() {}
                ),
                "fn gap() {}",
            ),
            Self::Function => (quote!(gap;), "gap;"),
        }
    }
}

struct Layout<'e> {
    text: String,
    /// The surrounding items, the outermost first.
    around: Vec<Whole>,
    edit: &'e mut dyn FnMut(&mut Item),
}

impl Layout<'_> {
    /// Adds consecutive parts.
    fn parts(&mut self, tokens: impl IntoIterator<Item = TokenTree>) -> syn::Result<()> {
        let mut small = TokenStream::new();
        let mut size = 0_usize;
        let mut tokens = tokens.into_iter();
        while let Some(part) = Part::next(&mut tokens) {
            let length = part.tokens.len();
            match part.body {
                Some((whole, body)) if whole.is_split(&body) => {
                    self.few(std::mem::take(&mut small))?;
                    size = 0;
                    self.large(whole, part.tokens, body)?;
                    continue;
                }
                Some((_, body)) => {
                    size = size.saturating_add(body.len());
                    small.extend(part.tokens);
                    small.extend([braces(body)]);
                }
                None => small.extend(part.tokens),
            }
            size = size.saturating_add(length);
            if size >= SMALL {
                self.few(std::mem::take(&mut small))?;
                size = 0;
            }
        }
        self.few(small)
    }

    /// Adds parts that are formatted together.
    fn few(&mut self, parts: TokenStream) -> syn::Result<()> {
        if !parts.is_empty() {
            let text = self.laid_out(parts)?;
            self.text.push_str(&text);
        }
        Ok(())
    }

    /// Adds an item, and then the parts of its body one by one.
    fn large(
        &mut self,
        whole: Whole,
        tokens: Vec<TokenTree>,
        body: Vec<TokenTree>,
    ) -> syn::Result<()> {
        let (gap, line) = whole.gap();
        let mut item = TokenStream::from_iter(tokens);
        item.extend([braces(gap)]);
        let text = self.laid_out(item)?;
        let mut lines = text.lines();
        for head in lines.by_ref().take_while(|it| it.trim_start() != line) {
            self.text.push_str(head);
            self.text.push('\n');
        }
        self.around.push(whole);
        let parts = self.parts(body);
        self.around.pop();
        for tail in lines {
            self.text.push_str(tail);
            self.text.push('\n');
        }
        parts
    }

    /// Returns the text of parts inside the surrounding items.
    fn laid_out(&mut self, parts: TokenStream) -> syn::Result<String> {
        let depth = self.around.len();
        let file = self.around.iter().rev().fold(parts, |parts, whole| whole.with(parts));
        let mut file: File = syn::parse2(file)?;
        if depth == 0 {
            file.items.iter_mut().for_each(&mut *self.edit);
        }
        let text = prettyplease::unparse(&file);
        if depth == 0 {
            return Ok(text);
        }
        let lines: Vec<_> = text.lines().collect();
        let end = lines.len().saturating_sub(depth);
        let lines = lines.get(depth..end).unwrap_or_default();
        Ok(lines.iter().flat_map(|line| [line, "\n"]).collect())
    }
}

/// Tokens up to the end of an item or a statement.
struct Part {
    tokens: Vec<TokenTree>,
    /// The item and the contents of its body, if the part ends with a body.
    body: Option<(Whole, Vec<TokenTree>)>,
}

impl Part {
    /// Takes the tokens up to the next `;`, or up to the end of an item's body.
    fn next(from: &mut impl Iterator<Item = TokenTree>) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut keyword = None;
        for token in from {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let Some(whole) = keyword else {
                        tokens.push(TokenTree::Group(group));
                        continue;
                    };
                    // The tokens are moved if nothing else shares them.
                    let body = group.stream();
                    drop(group);
                    return Some(Self { tokens, body: Some((whole, body.into_iter().collect())) });
                }
                TokenTree::Ident(ident) => {
                    keyword = keyword.or_else(|| Whole::of(&ident.to_string()));
                    tokens.push(TokenTree::Ident(ident));
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    tokens.push(TokenTree::Punct(punct));
                    return Some(Self { tokens, body: None });
                }
                token => tokens.push(token),
            }
        }
        (!tokens.is_empty()).then_some(Self { tokens, body: None })
    }
}

/// Returns the number of tokens in a group with braces.
fn in_braces(token: &TokenTree) -> usize {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            group.stream().into_iter().count()
        }
        _ => 0,
    }
}

fn braces(tokens: impl IntoIterator<Item = TokenTree>) -> TokenTree {
    TokenTree::Group(Group::new(Delimiter::Brace, tokens.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test")]

    use std::fmt::Write as _;

    use super::*;

    fn check(source: &str) {
        let tokens: TokenStream = source.parse().expect("these are tokens");
        let whole = prettyplease::unparse(&syn::parse2(tokens.clone()).expect("this is Rust"));
        assert_eq!(lay_out(tokens, &mut |_| ()).unwrap(), whole);
    }

    /// Checks each kind of item, with more parts than are formatted at once.
    #[test]
    fn parts_are_formatted_like_the_whole() {
        let mut methods = String::new();
        let mut statements = String::new();
        for number in 0..500 {
            let _ = write!(
                methods,
                "/// Says `{number}`.\n#[deprecated] fn method{number}(&mut self, first: Vec<String>, \
                 second: Result<(u8, u16), Option<Vec<String>>>) -> Result<Vec<String>, HostError>;"
            );
            let _ = write!(
                statements,
                "interface.function(\"method{number}\", |host, (first, second)| \
                 Ok(H::method{number}(host, first, second)));\
                 if {number} > 3 {{ f({number}); }}"
            );
        }
        let bodies = methods.replace("HostError>;", "HostError> { let a = first; g(a); Err(b) }");
        check(&format!(
            "/// A module.\n#[allow(x)] pub mod outer {{
                //! Inner documentation.
                use ::weft::binding::{{Borrow, String}};
                const A: T = T {{ a: 3 }};
                static B: fn(u8) -> u8 = f;
                pub mod inner {{
                    /// A trait.
                    pub trait Host: Sized + 'static where Self: Send {{ const N: u8 = {{ 3 }}; {methods} }}
                    impl<T: Host> Trait for T {{ type A = B; {bodies} }}
                    pub fn add<T>(t: T) -> u8 where T: Host {{ let mut x = y; {statements} x }}
                    flags! {{ A, B }}
                    other!(a, b);
                    pub enum Empty {{}}
                    pub struct S {{ f: u8 }}
                    pub struct U;
                }}
                mod nothing {{}}
            }}
            impl Last {{ {bodies} }}
            pub async fn last() {{}}
            "
        ));
    }

    #[test]
    fn only_top_level_items_are_edited() {
        let large = "fn f() { g(1, 2, 3); }".repeat(300);
        let tokens = format!("mod a {{ mod b {{ {large} }} }} struct C;");
        let mut edited = 0;
        let text = lay_out(tokens.parse().unwrap(), &mut |item| {
            edited += 1;
            if let Item::Mod(module) = item {
                module.attrs.push(syn::parse_quote!(#[allow(x)]));
            }
        });
        assert!(text.unwrap().starts_with("#[allow(x)]\nmod a {\n    mod b {\n        fn f() {\n"));
        assert_eq!(edited, 2);
    }

    #[test]
    fn text_that_is_not_rust_is_an_error() {
        let large = "fn f() { g(1, 2, 3); }".repeat(300);
        for mistake in ["fn", "struct", "mod a { trait }", "x"] {
            assert!(lay_out(mistake.parse().unwrap(), &mut |_| ()).is_err(), "{mistake}");
            let within = format!("mod a {{ {large} {mistake} }}");
            assert!(lay_out(within.parse().unwrap(), &mut |_| ()).is_err(), "{mistake}");
        }
    }
}
