//! The canonical built-ins: their descriptions, and the path of a call to the machine.
//!
//! ```
//! # use weft_core as weft;
//! use weft::builtin::Builtin;
//!
//! let wait = Builtin::from_name("waitable-set.wait").unwrap();
//! assert_eq!(wait, Builtin::WaitableSetWait);
//! let description = wait.description();
//! assert_eq!(description.opcode, 0x20);
//! assert_eq!(
//!     description.signature().to_string(),
//!     "[s:i32 payload-addr:memory.addrtype] -> [i32]",
//! );
//! ```
//!
//! | to … | use |
//! |---|---|
//! | find a built-in by name or opcode, and read its description in the spec | [`Builtin`], [`Description`] |
//! | name the immediates of a component's `canon` definition | [`Definition`], made of the families' definitions |
//! | call one with core values | [`Definition::call`] |
//! | return from one that was suspended | [`Definition::resumed`] |
//! | implement them all | [`Builtins`]: [`Guards`] and the families' traits |
//!
//! A call decodes its core arguments, makes the checks that built-ins share, calls the typed method
//! of the family's trait, and encodes the result. The tables, definitions, traits and the decoding
//! are generated from `spec/`. The rules are in the implementation of the traits.

mod arguments;
mod description;
mod immediate;
mod outcome;

pub use crate::generated::backpressure::{BackpressureBuiltins, BackpressureDefinition};
pub use crate::generated::builtin::Builtin;
pub use crate::generated::context::{ContextBuiltins, ContextDefinition};
pub use crate::generated::definition::{Builtins, Definition};
pub use crate::generated::error_context::{ErrorContextBuiltins, ErrorContextDefinition};
pub use crate::generated::future::{FutureBuiltins, FutureDefinition};
pub use crate::generated::guards::Guards;
pub use crate::generated::resource::{ResourceBuiltins, ResourceDefinition};
pub use crate::generated::stream::{StreamBuiltins, StreamDefinition};
pub use crate::generated::subtask::{SubtaskBuiltins, SubtaskDefinition};
pub use crate::generated::task::{TaskBuiltins, TaskDefinition};
pub use crate::generated::thread::{ThreadBuiltins, ThreadDefinition};
pub use crate::generated::waitable::{WaitableBuiltins, WaitableDefinition};
pub(crate) use arguments::{Arguments, integer_result};
pub use description::{Blocks, Description, ImportName, Parameter, Signature, SymbolicType};
pub use immediate::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
pub use outcome::{Outcome, Suspends};
