//! `HashMap`, which needs `std`.

use core::hash::{BuildHasher, Hash};
use std::collections::HashMap;

use crate::error::{AbiError, Failure};

use super::list::lift_pair;
use super::owned::{charge, map, store_map};
use super::{ComponentType, Lift, Lower, Shape};
use crate::abi::context::LoweringSteps as _;
use crate::abi::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext};

map!(
    [Eq + Hash] [S: BuildHasher] [S: BuildHasher + Default] HashMap<K, V, S>,
    |length| HashMap::with_capacity_and_hasher(length, S::default())
);
