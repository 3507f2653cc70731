//! What Tickwire is measured with: scenes, data sets, the load tool, and the bare floor it is compared with.
//!
//! Nothing depends on this crate. Every figure that the project publishes is printed by one of its binaries.

pub mod beside;
pub mod bytes;
pub mod cost;
pub mod feel;
pub mod floor;
pub mod load;
pub mod machine;
pub mod numbers;
pub mod reference;
pub mod report;
pub mod rng;
pub mod scenes;
pub mod serve;
pub mod sets;
