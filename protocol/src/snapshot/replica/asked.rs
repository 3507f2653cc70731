//! What a replica can be asked.

use super::Replica;
use crate::id::{EntityId, PlayerId, Tick};
use crate::image::Slots;
use crate::snapshot::{hash, rings};
use crate::wire::DecodeError;

impl Replica {
    /// The hash of what is held; what [`Encoder::hash`](crate::snapshot::Encoder::hash) says of the same.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let Some(image) = self.newest() else { return 0 };
        if !self.rings.on {
            return hash::of_image(&self.plan, image, None, self.me);
        }
        // What only its owner has of a row comes with the first ring.
        let far = rings::far(image, &self.rings);
        let near = image.kinds.iter().zip(&far).map(|(rows, far)| rows.alive.difference(far).collect());
        let near: Vec<Slots> = near.collect();
        let near = hash::of_image(&self.plan, image, Some(&near), self.me);
        near.wrapping_add(hash::of_image(&self.plan, image, Some(&far), PlayerId::NOBODY))
    }

    /// Bits of snapshots so far that told of each kind, in the schema's order. What is for this player alone is not in.
    #[must_use]
    pub fn kind_bits(&self) -> &[u64] {
        &self.kind_bits
    }

    /// Whether rows are in distance rings.
    #[must_use]
    pub fn has_rings(&self) -> bool {
        self.rings.on
    }

    /// The distance ring that a row is in: 0, and all are, where the server tells of none. The rows of the others do
    /// not come with every snapshot.
    #[must_use]
    pub fn ring_of(&self, id: EntityId) -> usize {
        if self.rings.on { self.rings.spot(id).ring } else { 0 }
    }

    /// The newest snapshot that a distance ring was in: what is held of its rows was the world at that tick.
    #[must_use]
    pub fn as_of(&self, ring: usize) -> Tick {
        let far = if self.rings.on && ring > 0 { self.rings.newest(ring) } else { None };
        far.unwrap_or(self.newest_tick())
    }

    /// Whether anything can be read by its schema.
    pub(super) fn readable(&self) -> Result<(), DecodeError> {
        let refused = |error: &crate::schema::SchemaError| DecodeError::Message {
            what: "a frame of a server that cannot be understood",
            why: error.to_string(),
        };
        self.refused.as_ref().map_or(Ok(()), |error| Err(refused(error)))
    }
}
