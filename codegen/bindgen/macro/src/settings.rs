//! The macro's input as settings: `name: value, …`.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitBool, LitStr, Token, braced, bracketed, token};
use weft_bindgen::settings::{NamedSetting, Setting, SettingValue};

/// The settings, and the spans to which the numbers of their ranges refer.
#[derive(Debug, Default)]
pub(crate) struct Input {
    pub(crate) settings: Vec<NamedSetting>,
    spans: Vec<Span>,
}

impl Input {
    /// Returns the span of the token at the start of `range`.
    pub(crate) fn span(&self, range: &std::ops::Range<usize>) -> Option<Span> {
        self.spans.get(range.start).copied()
    }

    fn range(&mut self, span: Span) -> std::ops::Range<usize> {
        self.spans.push(span);
        self.spans.len() - 1..self.spans.len()
    }

    fn table(&mut self, input: ParseStream<'_>) -> syn::Result<Vec<NamedSetting>> {
        let mut settings = Vec::new();
        while !input.is_empty() {
            let (name, span) = name(input)?;
            let range = self.range(span);
            input.parse::<Token![:]>()?;
            let setting = self.setting(input)?;
            settings.push(NamedSetting { name, range, setting });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(settings)
    }

    fn setting(&mut self, input: ParseStream<'_>) -> syn::Result<Setting> {
        let span = input.span();
        let value = if input.peek(LitStr) {
            SettingValue::Text(input.parse::<LitStr>()?.value())
        } else if input.peek(LitBool) {
            SettingValue::Flag(input.parse::<LitBool>()?.value)
        } else if input.peek(syn::Lit) {
            input.parse::<syn::Lit>()?;
            SettingValue::Other("a literal that is not a text")
        } else if input.peek(token::Bracket) {
            let content;
            bracketed!(content in input);
            SettingValue::List(self.list(&content)?)
        } else if input.peek(token::Brace) {
            let content;
            braced!(content in input);
            SettingValue::Table(self.table(&content)?)
        } else {
            return self.rust(input);
        };
        Ok(Setting { value, range: self.range(span) })
    }

    fn list(&mut self, input: ParseStream<'_>) -> syn::Result<Vec<Setting>> {
        let mut elements = Vec::new();
        while !input.is_empty() {
            elements.push(self.setting(input)?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(elements)
    }

    /// Parses a value that is Rust itself, such as a path: everything up to a comma that is not in
    /// `<…>`.
    fn rust(&mut self, input: ParseStream<'_>) -> syn::Result<Setting> {
        let span = input.span();
        let mut tokens = TokenStream::new();
        let mut depth = 0_usize;
        while !(input.is_empty() || depth == 0 && input.peek(Token![,])) {
            let token: TokenTree = input.parse()?;
            if let TokenTree::Punct(punct) = &token {
                match punct.as_char() {
                    '<' => depth += 1,
                    '>' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            tokens.extend([token]);
        }
        if tokens.is_empty() {
            return Err(input.error("expected a value"));
        }
        Ok(Setting { value: SettingValue::Text(tokens.to_string()), range: self.range(span) })
    }
}

/// Parses a name: of an option, as in `all_features` or `all-features`, or a text.
fn name(input: ParseStream<'_>) -> syn::Result<(String, Span)> {
    let span = input.span();
    if input.peek(LitStr) {
        return Ok((input.parse::<LitStr>()?.value(), span));
    }
    let mut name = Ident::parse_any(input)?.unraw().to_string();
    while input.peek(Token![-]) {
        input.parse::<Token![-]>()?;
        name = format!("{name}-{}", Ident::parse_any(input)?);
    }
    Ok((name.replace('_', "-"), span))
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut read = Self::default();
        read.settings = read.table(input)?;
        Ok(read)
    }
}

/// Returns `tokens`, or the contents of the braces around all of them: `bindgen!({ … })`.
pub(crate) fn unwrapped(tokens: TokenStream) -> TokenStream {
    let mut found = tokens.clone().into_iter();
    match (found.next(), found.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => {
            group.stream()
        }
        _ => tokens,
    }
}
