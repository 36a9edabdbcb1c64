//! Components that answer requests.
//!
//! | file | contents |
//! |---|---|
//! | `instance` | [`HttpService`]: an instance, for those who have a store |
//! | `server`, `connections` | [`HttpServer`]: makes stores and instances, and drives them |
//! | `settings` | what a server was told |
//! | `worker`, `exchange` | a store with an instance while it answers requests; one of these |
//! | `pool`, `job` | instances that are used again, and what they are given |
//! | `answer`, `error` | the response to come, or why there is none |

mod answer;
mod connections;
mod error;
mod exchange;
mod instance;
mod job;
mod pool;
mod server;
mod settings;
mod worker;

pub(crate) use answer::Answer;
pub use answer::ResponseFuture;
pub use error::ServiceError;
pub use instance::{HttpService, PreparedHttpService};
pub use server::HttpServer;
pub use settings::Reuse;
