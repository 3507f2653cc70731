//! The code of one entity: what is expected of it from the snapshots a client holds, and what differs.
//!
//! ```text
//! plan       a kind's fields as groups: which are coded together, what moves what
//! predict    what a group is expected to be, in arithmetic that is the same bits everywhere
//! circle     the same for a velocity that keeps its length
//! derived    the same for what follows from a row's lead, of one row or of neighbours at once
//! found      what a writer finds out of rows before it tells them
//! angles     sines and angles without a library
//! residual   a difference as a token, a sign and low bits; the codes that need no codebook
//! book       prefix codes for the joint tokens of a group, per context
//! entity     the walk over a row's groups; one function for writing, reading and counting
//! codebook   the codes of all groups, and their wire form
//! exact      large differences that are told again and again, and have codes of their own
//! pipes      rows into bits and back
//! learn      counts what was coded, and what it would have taken with another codebook
//! make       the codes that suit what was counted
//! levels     parts told one by one, and how far they are expected to be off
//! fine       how often each token of a part was told
//! observe    which model suits an entity: a column that both ends hold
//! ```
//!
//! Nothing here depends on what was coded before: a code is a function of the row, of the up to three earlier rows
//! that the client holds, and of the codebook.

mod angles;
pub(crate) mod book;
mod circle;
pub(crate) mod codebook;
pub(crate) mod derived;
pub(crate) mod entity;
mod exact;
mod fine;
pub(crate) mod found;
pub(crate) mod learn;
mod levels;
mod make;
pub(crate) mod observe;
pub(crate) mod pipes;
pub(crate) mod plan;
pub(crate) mod predict;
pub(crate) mod residual;
