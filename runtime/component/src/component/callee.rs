//! Functions that a store calls: a [`Function`] with values of [`Val`], or a [`TypedFunction`] with
//! Rust's own types.

#![expect(private_interfaces, reason = "nobody else implements or calls what is sealed")]

use alloc::vec::Vec;

use crate::abi::{FlatValues, Lower, Val, lower_flat_values as lower_typed_flat_values};
use crate::builtin::OptionsIndex;
use crate::component::run::context::{Context, LiftResult};
use crate::component::run::embedder_calls::Begun;
use crate::component::run::ended::EmbedderCall;
use crate::component::run::flat::{is_flat, lower_flat};
use crate::component::run::lifted_result::LiftedResult;
use crate::component::run::lifted_result::sealed::LiftedResult as _;
use crate::component::run::lowering::Target;
use crate::component::run::state::State;
use crate::component::store::call_error::CallError;
use crate::component::store::carried_values::CarriedValues;
use crate::component::store::resource_value_error::ValueFailure;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Failure;
use crate::limit::MAX_FLAT_PARAMS;
use crate::machine::{Step, SubtaskId};

use super::instance::Function;
use super::typed_function::TypedFunction;

/// A function that a store can call.
pub trait Callee: sealed::Callee<Returned = <Self as Callee>::Result> {
    /// The type of its arguments: a slice of [`Val`], or a tuple of Rust's own types.
    type Arguments<'a>;

    /// The type of its result.
    type Result: LiftedResult;

    /// Returns the arguments in a form that is kept until the call begins.
    // Hidden: the trait is sealed, and only the store calls it.
    #[doc(hidden)]
    fn keep(arguments: Self::Arguments<'_>) -> Self::Kept;

    /// Returns the arguments in a form for a call that begins at once.
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
    use super::{CallError, Called, CarriedValues, Context, CoreEngine, Function, SubtaskId};

    /// See [`Callee`](super::Callee).
    pub trait Callee {
        /// The arguments in a form that is kept until the call begins.
        type Kept;

        /// The result.
        type Returned;

        /// Begins a call.
        fn start<E: CoreEngine, T: 'static>(
            &self,
            cx: &mut Context<'_, E, T>,
            arguments: Self::Kept,
        ) -> Result<SubtaskId, CallError>;

        /// Calls the function for its result, without records if that is possible.
        fn call<E: CoreEngine, T: 'static>(
            &self,
            cx: &mut Context<'_, E, T>,
            arguments: Self::Kept,
        ) -> Result<Called<Self::Returned>, CallError>;

        /// Returns the function, and the arguments as values that borrow nothing.
        fn owned(&self, arguments: Self::Kept) -> Result<(Function, CarriedValues), CallError>;
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
    type Returned = Option<Val>;

    fn start<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: Vec<Val>,
    ) -> Result<SubtaskId, CallError> {
        self.start_with(cx, arguments, <Option<Val>>::lift)
    }

    fn call<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: Vec<Val>,
    ) -> Result<Called<Option<Val>>, CallError> {
        self.check(cx.data())?;
        self.ty.params.check(&arguments)?;
        let called = cx.call_deferred(self.id, |cx, lifted, core_arguments| {
            let (params, max) = (&lifted.ty.params, MAX_FLAT_PARAMS as usize);
            let target = Target::without_task(lifted.options);
            let mut lowering = cx.lower_from_host(target, params.contains_float())?;
            let mut flat = FlatValues::EMPTY;
            params.lower_checked(&mut flat, &mut lowering, max, &arguments, None)?;
            Ok(cx.core_arguments(lifted, &flat, core_arguments)?)
        });
        let called = match called {
            Ok(EmbedderCall::NotBegun) => return self.start(cx, arguments).map(Called::Begun),
            Ok(EmbedderCall::Returned(value)) => Ok(Called::Returned(value)),
            Ok(EmbedderCall::Begun(call)) => Ok(Called::Begun(call)),
            Err(error) => Err(error),
        };
        cx.data_mut().calls.reuse_values(arguments);
        called
    }

    fn owned(&self, arguments: Vec<Val>) -> Result<(Function, CarriedValues), CallError> {
        Ok((self.clone(), arguments.into()))
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
    type Returned = R;

    /// Starts the call. Arguments without handles are lowered where the guest starts, if it starts at
    /// once. All others are made into values, to be kept or checked.
    fn start<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: P,
    ) -> Result<SubtaskId, CallError> {
        let function = &self.function;
        if P::HANDLES {
            function.check(cx.data())?;
            let vals = self.vals(cx.data_mut(), &arguments)?;
            // While the guest runs, the host no longer has the handles that it passes.
            drop(arguments);
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
                    let options = cx.data().functions.lifted(function.id)?.options;
                    let flat = function.lower_arguments(cx, options, &arguments)?;
                    cx.data_mut().crossing.put_lowered(flat);
                }
                _ => {
                    let vals = self.vals(cx.data_mut(), &arguments)?;
                    cx.data_mut().calls.embedder_call(call)?.put_arguments(vals);
                }
            }
            Ok(())
        })
    }

    #[inline]
    fn call<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: P,
    ) -> Result<Called<R>, CallError> {
        let function = &self.function;
        function.check(cx.data())?;
        let called = cx.call_deferred(function.id, |cx, lifted, core_arguments| {
            if is_flat::<P>(MAX_FLAT_PARAMS as usize) && !function.ty.params.contains_float() {
                return Ok(lower_flat(&arguments, core_arguments)?);
            }
            let flat = function.lower_arguments(cx, lifted.options, &arguments)?;
            Ok(cx.core_arguments(lifted, &flat, core_arguments)?)
        })?;
        match called {
            EmbedderCall::Returned(result) => Ok(Called::Returned(result)),
            EmbedderCall::Begun(call) => Ok(Called::Begun(call)),
            EmbedderCall::NotBegun => self.start(cx, arguments).map(Called::Begun),
        }
    }

    fn owned(&self, arguments: P) -> Result<(Function, CarriedValues), CallError> {
        let function = self.function.clone();
        let values = CarriedValues::new(&arguments, &function.ty.params, &self.handles);
        Ok((function, values.map_err(ValueFailure::from)?))
    }
}

/// The state of a call that is made for its result.
pub(crate) enum Called<R> {
    /// It has returned this.
    Returned(R),
    /// It has begun, and may have ended.
    Begun(SubtaskId),
}

impl<P: Lower, R> TypedFunction<P, R> {
    fn vals<E: CoreEngine, T: 'static>(
        &self,
        state: &mut State<E, T>,
        arguments: &P,
    ) -> Result<Vec<Val>, ValueFailure> {
        state.handles.values.vals_of(arguments, &self.function.ty.params, &self.handles)
    }
}

impl Function {
    /// Begins a call, whose result is lifted by `lift_result`.
    pub(crate) fn start_with<E: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, E, T>,
        arguments: Vec<Val>,
        lift_result: LiftResult<E, T>,
    ) -> Result<SubtaskId, CallError> {
        self.check(cx.data())?;
        cx.start(self.id, &self.ty, arguments, lift_result)
    }

    /// Returns an error if the function is not in this store.
    pub(crate) fn check<E: CoreEngine, T: 'static>(
        &self,
        state: &State<E, T>,
    ) -> Result<(), CallError> {
        if self.store != state.identity {
            return Err(CallError::OtherStore);
        }
        if state.functions.lifted(self.id).is_err() {
            return Err(CallError::InstanceRemoved);
        }
        Ok(())
    }

    /// Lowers arguments without handles into the guest, which is about to start.
    fn lower_arguments<E: CoreEngine, T: 'static, P: Lower>(
        &self,
        cx: &mut Context<'_, E, T>,
        options: OptionsIndex,
        arguments: &P,
    ) -> Result<FlatValues, Failure> {
        let contains_float = self.ty.params.contains_float();
        let mut lowering = cx.lower_from_host(Target::without_task(options), contains_float)?;
        lower_typed_flat_values(&mut lowering, MAX_FLAT_PARAMS as usize, arguments, None)
    }
}
