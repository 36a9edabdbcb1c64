//! Components that answer requests.
//!
//! | file | contents |
//! |---|---|
//! | `instance` | [`HttpService`]: an instance, for hosts that have a store |
//! | `server`, `connections` | [`HttpServer`]: makes stores and instances, and drives them |
//! | `settings` | the settings of a server |
//! | `worker`, `exchange` | a store and an instance that answer requests, and a single request |
//! | `watched` | a store that a function gets when it ends |
//! | `pool`, `job` | instances that are reused, and requests for them |
//! | `answer`, `error` | the future response, and the reasons why there is none |

mod answer;
mod connections;
mod error;
mod exchange;
mod instance;
mod job;
mod pool;
mod server;
mod settings;
mod watched;
mod worker;

pub(crate) use answer::Answer;
pub use answer::ResponseFuture;
pub use error::ServiceError;
pub use instance::{HttpService, PreparedHttpService};
pub use server::HttpServer;
pub use settings::Reuse;
