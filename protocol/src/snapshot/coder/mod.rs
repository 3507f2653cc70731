//! The code of one entity: what is expected of it from the snapshots a client holds, and what differs.
//!
//! ```text
//! plan       a kind's fields as groups: which are coded together, what moves what
//! predict    what a group is expected to be, in arithmetic that is the same bits everywhere
//! residual   a difference as a token, a sign and low bits; the codes that need no codebook
//! book       prefix codes for the joint tokens of a group, per context
//! entity     the walk over a row's groups; one function for writing, reading and counting
//! codebook   the codes of all groups, and their wire form
//! pipes      rows into bits and back
//! learn      counts what was coded, and what it would have taken with another codebook
//! make       the codes that suit what was counted
//! observe    which model suits an entity: a column that both ends hold
//! ```
//!
//! B, how to put it to use (delete this note then):
//! - `Plan::new(kind, tick_rate, owned)` per kind, once for what all see, once for the owner's part.
//! - per entity: fill `Past` (rows of up to three held snapshots, their ages in ticks), `Walk { plan, past, models_before }`
//!   (`models_before`: the entity's models word in the newest held image; keep a `models: Vec<u32>` column per kind in
//!   `KindImage`, on both sides, not part of equality or hash), then `walk.code(&mut now, &mut models, &mut pipe)` with
//!   `pipes::Writer` (server) or `pipes::Reader` (client). Depth 0 codes against the default row: use it for enters.
//! - still entities (rows[0] == rows[1] == rows[2], depth 3): `walk.is_expected(now, models)`; only the changed ones are
//!   coded. Gaps: one bit whether any still entity (of those this client holds, of the kind) changed; if so Rice codes
//!   of the gaps up to and including the last one past the end, k = floor(log2(still / (woke + 1))), woke = number of
//!   entities with rows[0] != rows[1] and rows[1] == rows[2]: both ends know it. Entities that are not still are always coded.
//! - server only: `observe::Record` per entity; `record.observe(plan, past, now, models)` once per sent tick for entities
//!   that are not still (with the main lane's spacing) gives the models of the new image.
//! - server only: `learn::Counts` counts what the main lane writes (`Writer.counts`). Two of them: `recent` and `all`.
//!   Every 24, 36, 54 … at most 160 snapshots: candidates made at the last check (thrift 1, 3, 10, 30) are
//!   measured on `recent` (cost with the current book minus cost with the candidate, per snapshot); the best with
//!   saving x min(snapshots so far, 1000) > 1.2 x its bytes (at most 4000) wins, and what is published is made NOW of `all`
//!   (recent included) with the winner's thrift; then new candidates from `all`; `recent` begins anew, `all` fades at each
//!   check once more than 1500 snapshots were coded. `Codebook::write/read` is the wire form, spread it over ticks.
//!
//! Nothing here depends on what was coded before: a code is a function of the row, of the up to three earlier rows
//! that the client holds, and of the codebook.

// B: remove this when the coder is in use.
#![allow(dead_code)]

pub(crate) mod book;
pub(crate) mod codebook;
pub(crate) mod entity;
pub(crate) mod learn;
mod make;
pub(crate) mod observe;
pub(crate) mod pipes;
pub(crate) mod plan;
pub(crate) mod predict;
pub(crate) mod residual;
