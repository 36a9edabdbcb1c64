//! What a store calls: a [`Function`] with values of [`Val`], or a [`TypedFunction`] with Rust's
//! own types.

#![expect(private_interfaces, reason = "nobody else implements or calls what is sealed")]

use alloc::vec::Vec;

use crate::abi::{FlatValues, Lower, Val, lower_flat_values as lower_typed_flat_values, to_vals};
use crate::component::run::context::{Context, LiftResult};
use crate::component::run::embedder_calls::Begun;
use crate::component::run::lifted_result::LiftedResult;
use crate::component::run::lifted_result::sealed::LiftedResult as _;
use crate::component::run::lowering::Target;
use crate::component::run::state::State;
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Failure;
use crate::limit::MAX_FLAT_PARAMS;
use crate::machine::{Step, SubtaskId};

use super::instance::Function;
use super::typed_function::TypedFunction;

/// A function that a store can call.
pub trait Callee: sealed::Callee {
    /// The type of its arguments: a slice of [`Val`], or a tuple of Rust's own types.
    type Arguments<'a>;

    /// The type of its result.
    type Result: LiftedResult;

    /// The arguments, to be kept until the call begins.
    // Hidden: the trait is sealed, and only the store calls it.
    #[doc(hidden)]
    fn keep(arguments: Self::Arguments<'_>) -> Self::Kept;

    /// The same where the call begins at once.
    // Hidden: the trait is sealed, and only the store calls it.
    #[doc(hidden)]
    fn keep_in<E: CoreEngine, T: 'static>(
        cx: &mut Context<'_, E, T>,
        arguments: Self::Arguments<'_>,
    ) -> Self::Kept {
        let _ = cx;
        Self::keep(arguments)
    }
}

pub(crate) mod sealed {
    use super::{CallError, Context, CoreEngine, SubtaskId};

    /// See [`Callee`](super::Callee).
    pub trait Callee {
        /// The arguments, to be kept.
        type Kept;

        /// Begins a call.
        fn start<E: CoreEngine, T: 'static>(
            &self,
            cx: &mut Context<'_, E, T>,
            arguments: Self::Kept,
        ) -> Result<SubtaskId, CallError>;
    }
}

impl Callee for Function {
    type Arguments<'a> = &'a [Val];
    type Result = Option<Val>;

    fn keep(arguments: &[Val]) -> Vec<Val> {
        arguments.to_vec()
    }

    fn keep_in<E: CoreEngine, T: 'static>(
        cx: &mut Context<'_, E, T>,
        arguments: &[Val],
    ) -> Vec<Val> {
        cx.data_mut().calls.values(arguments)
    }
}

impl sealed::Callee for Function {
    type Kept = Vec<Val>;

    fn start<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: Vec<Val>,
    ) -> Result<SubtaskId, CallError> {
        self.start_with(cx, arguments, <Option<Val>>::lift)
    }
}

impl<P: Lower, R: LiftedResult> Callee for TypedFunction<P, R> {
    type Arguments<'a> = P;
    type Result = R;

    fn keep(arguments: P) -> P {
        arguments
    }
}

impl<P: Lower, R: LiftedResult> sealed::Callee for TypedFunction<P, R> {
    type Kept = P;

    /// Arguments without handles are lowered where the guest starts, if that is at once. All
    /// others wait, or have to be looked into, as values.
    fn start<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: P,
    ) -> Result<SubtaskId, CallError> {
        let function = &self.function;
        if P::HANDLES {
            let vals = self.vals(&arguments).map_err(Fault::from)?;
            return function.start_with(cx, vals, R::lift);
        }
        function.check(cx.data())?;
        let begin = |state: &mut State<E, T>| {
            let (call, step) = state.invoke(function.id)?;
            state.calls.add_embedder_call(call, Vec::new(), R::lift)?;
            Ok(Begun { call, step })
        };
        cx.run_to_host(function.id, begin, |cx, call, step| {
            match step {
                Step::CallFunction { caller, .. } if *caller == call => {
                    let flat = function.lower_arguments(cx, &arguments)?;
                    cx.data_mut().crossing.put_lowered(flat);
                }
                _ => {
                    let vals = self.vals(&arguments)?;
                    cx.data_mut().calls.embedder_call(call)?.put_arguments(vals);
                }
            }
            Ok(())
        })
    }
}

impl<P: Lower, R> TypedFunction<P, R> {
    fn vals(&self, arguments: &P) -> Result<Vec<Val>, Failure> {
        to_vals(arguments, &self.function.ty.params, &self.handles)
    }
}

impl Function {
    /// Begins a call, whose result is lifted by `lift_result`.
    fn start_with<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: Vec<Val>,
        lift_result: LiftResult<E, T>,
    ) -> Result<SubtaskId, CallError> {
        self.check(cx.data())?;
        cx.start(self.id, &self.ty, arguments, lift_result)
    }

    /// Fails if the function is not there in this store.
    fn check<E: CoreEngine, T: 'static>(&self, state: &State<E, T>) -> Result<(), CallError> {
        if self.store != state.identity {
            return Err(CallError::OtherStore);
        }
        if state.functions.lifted(self.id).is_err() {
            return Err(CallError::InstanceRemoved);
        }
        Ok(())
    }

    /// Lowers arguments without handles into the guest that is about to start.
    fn lower_arguments<E: CoreEngine, T: 'static, P: Lower>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: &P,
    ) -> Result<FlatValues, Failure> {
        let options = cx.data().functions.lifted(self.id)?.options;
        let contains_float = self.ty.params.contains_float();
        let mut lowering = cx.lower_from_host(Target::without_task(options), contains_float)?;
        lower_typed_flat_values(&mut lowering, MAX_FLAT_PARAMS as usize, arguments, None)
    }
}
