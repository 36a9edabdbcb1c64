//! Lists of values as text, such as the arguments of a call (feature `wave`).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::ops::Range;

use wasm_wave::ast::Node;
use wasm_wave::parser::ParserError;
use wasm_wave::untyped::UntypedFuncCall;

use super::ty::{Type, VariantShape};
use super::type_list::TypeList;
use super::val::Val;
use super::wave::{Value, WaveError};

/// The name of a function before arguments, which the grammar needs.
const NAME: &str = "f";

impl TypeList {
    /// Parses a text in WAVE as values of these types, in parentheses, such as `(1, "a")`. Values
    /// of options may be left out at the end.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::{Type, TypeList, Val};
    ///
    /// let types = TypeList::new([Type::U32, Type::String, Type::option(Type::Bool)?])?;
    /// let values = types.parse_wave("(1, \"a\")")?;
    /// assert_eq!(values, [Val::U32(1), Val::from("a"), Val::option(None)]);
    /// let optional = TypeList::new([Type::option(Type::Bool)?])?;
    /// assert_eq!(optional.parse_wave("()")?, [Val::option(None)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`WaveError::Text`], which names the place in the text.
    /// - [`WaveError::Mismatch`] if a fixed-length list has another length.
    pub fn parse_wave(&self, text: &str) -> Result<Vec<Val>, WaveError> {
        let of_text = |error: ParserError| WaveError::of_text(&error, NAME.len());
        let call = format!("{NAME}{text}");
        let call = UntypedFuncCall::parse(&call).map_err(of_text)?;
        if let Some(more) = call.name().len().checked_sub(NAME.len()).filter(|it| *it > 0) {
            return Err(WaveError::Text { message: "expected `(`".to_string(), range: 0..more });
        }
        // The grammar has no node for `()`.
        let given: Vec<&Node> = match call.params_node() {
            Some(params) => params.as_tuple().map_err(of_text)?.collect(),
            None => Vec::new(),
        };
        if let Some(unexpected) = given.get(self.types().len()) {
            let Range { start, end } = unexpected.span();
            let range = start.saturating_sub(NAME.len())..end.saturating_sub(NAME.len());
            return Err(WaveError::Text { message: self.other_count(given.len()), range });
        }
        let values = self.types().zip(&given).map(|(ty, node)| {
            let value = node.to_wasm_value::<Value>(ty, call.source()).map_err(of_text)?;
            Ok(value.val)
        });
        let mut values = values.collect::<Result<Vec<Val>, WaveError>>()?;
        if values.len() < self.num_required() {
            let end = call.params_node().map_or_else(
                || text.find(')').unwrap_or_default(),
                |params| params.span().end.saturating_sub(NAME.len() + 1),
            );
            let message = self.other_count(values.len());
            return Err(WaveError::Text { message, range: end..end + 1 });
        }
        values.resize_with(self.types().len(), || Val::option(None));
        self.check(&values)?;
        Ok(values)
    }

    /// Returns the number of values that can't be left out: those up to the last one whose type
    /// is not an option.
    fn num_required(&self) -> usize {
        let is_option = |ty: &Type| ty.variant_shape() == Some(VariantShape::Option);
        self.types().zip(1..).filter(|(ty, _)| !is_option(ty)).last().map_or(0, |(_, last)| last)
    }

    /// Returns the message for a number of values that is not right.
    fn other_count(&self, found: usize) -> String {
        let (least, most) = (self.num_required(), self.types().len());
        let (bound, expected) = match found {
            _ if least == most => ("", most),
            _ if found > most => ("at most ", most),
            _ => ("at least ", least),
        };
        let values = if expected == 1 { "value" } else { "values" };
        format!("expected {bound}{expected} {values}, found {found}")
    }
}
