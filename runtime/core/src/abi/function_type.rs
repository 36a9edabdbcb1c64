//! The core type of a function: the reference's `flatten_functype`.

use crate::core_value::{CoreType, IntegerType};
use crate::limit::{MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};

use super::{Abi, FlatTypes};

/// The canonical definition of a function, with the options that its core type depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flattening {
    /// `canon lift` without `async`.
    Lift,
    /// `canon lift` with `async` and without `callback`.
    AsyncLift,
    /// `canon lift` with `async` and `callback`.
    CallbackLift,
    /// `canon lower` without `async`.
    Lower,
    /// `canon lower` with `async`.
    AsyncLower,
}

/// The type of a core function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoreFunctionType {
    /// The types of its parameters.
    pub params: FlatTypes,
    /// The types of its results.
    pub results: FlatTypes,
}

impl Flattening {
    /// Returns the greatest number of core values for the parameters.
    #[must_use]
    pub const fn max_flat_params(self) -> usize {
        match self {
            Self::AsyncLower => MAX_FLAT_ASYNC_PARAMS as usize,
            _ => MAX_FLAT_PARAMS as usize,
        }
    }

    /// Returns the greatest number of core values for the result where it is lifted or lowered.
    ///
    /// A function that is lifted with `async` passes its result to `task.return`, as its
    /// parameters.
    #[must_use]
    pub const fn max_flat_results(self) -> usize {
        match self {
            Self::Lift | Self::Lower => MAX_FLAT_RESULTS as usize,
            Self::AsyncLift | Self::CallbackLift => MAX_FLAT_PARAMS as usize,
            Self::AsyncLower => 0,
        }
    }

    /// Returns the core type of a function: `flatten_functype`.
    ///
    /// The parameters make up the record `params`. `result` is [`Abi::NOTHING`] if there is none.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::{Abi, Flattening};
    /// use weft::core_value::IntegerType;
    ///
    /// // func(name: string) -> tuple<u32, u32>
    /// let params = Abi::record(&[Abi::STRING]);
    /// let result = Abi::record(&[Abi::U32, Abi::U32]);
    /// let lowered = Flattening::Lower.flatten_functype(IntegerType::I32, &params, &result);
    /// assert_eq!(lowered.params.to_string(), "[i32 i32 i32]");
    /// assert_eq!(lowered.results.to_string(), "[]");
    /// ```
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening)
    #[must_use]
    pub const fn flatten_functype(
        self,
        address_type: IntegerType,
        params: &Abi,
        result: &Abi,
    ) -> CoreFunctionType {
        let address = match address_type {
            IntegerType::I32 => CoreType::I32,
            IntegerType::I64 => CoreType::I64,
        };
        let mut params = params.of(address_type).flat;
        let mut results = result.of(address_type).flat;
        if params.exceed(self.max_flat_params()) {
            params = FlatTypes::one(address);
        }
        match self {
            Self::Lift if results.exceed(MAX_FLAT_RESULTS as usize) => {
                results = FlatTypes::one(address);
            }
            Self::Lower if results.exceed(MAX_FLAT_RESULTS as usize) => {
                params = params.push(address);
                results = FlatTypes::EMPTY;
            }
            Self::Lift | Self::Lower => {}
            Self::AsyncLift => results = FlatTypes::EMPTY,
            Self::CallbackLift => results = FlatTypes::one(CoreType::I32),
            Self::AsyncLower => {
                if results.exceed(0) {
                    params = params.push(address);
                }
                results = FlatTypes::one(CoreType::I32);
            }
        }
        CoreFunctionType { params, results }
    }
}
