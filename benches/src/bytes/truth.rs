//! Whether what a client holds is what the room's world says.

use tickwire_protocol::id::{EntityId, KindId, PlayerId};
use tickwire_protocol::image::{Image, KindImage};
use tickwire_protocol::schema::{Kind, Schema};

use crate::scenes::Sight;

/// Compares clients' images with a room's.
pub struct Truth {
    kinds: Vec<Owned>,
    sight: Sight,
}

/// A row that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which.
    pub id: EntityId,
    /// What is wrong with it.
    pub what: &'static str,
}

/// What only the owner of a row knows of it.
struct Owned {
    whole_kind: bool,
    /// Per component: the default that everybody else holds instead, where it is for the owner only.
    hidden: Vec<Option<i32>>,
    /// Per `whole` field: whether it is for the owner only; it is empty everywhere else.
    hidden_wholes: Vec<bool>,
    place: Option<Place>,
}

/// The components that say where a row is, in steps.
struct Place {
    first: usize,
    axes: usize,
    step: f64,
    lo: f64,
}

impl Truth {
    /// For rooms of this schema, whose players see so far.
    #[must_use]
    pub fn new(schema: &Schema, sight: Sight) -> Truth {
        Truth { kinds: schema.kinds.iter().map(Owned::of).collect(), sight }
    }

    /// The rows that are wrong in what `me` holds: other values than the room's, missing, or not to be seen.
    ///
    /// `eye` is the row around which a limited sight lies. Rows that are still to enter (`filling`) do not count as
    /// missing.
    #[must_use]
    pub fn wrong(
        &self,
        room: &Image,
        held: &Image,
        me: PlayerId,
        eye: Option<EntityId>,
        filling: bool,
    ) -> Vec<Wrong> {
        let eye = eye.and_then(|eye| self.place(room, eye));
        let mut wrong = Vec::new();
        let mut add = |kind, slot, what| wrong.push(Wrong { id: EntityId { kind: KindId(kind), slot }, what });
        for ((kind, owned), (there, here)) in (0u8..).zip(&self.kinds).zip(room.kinds.iter().zip(&held.kinds)) {
            for slot in here.alive.iter().filter(|&slot| !owned.same(there, here, slot, me)) {
                add(kind, slot, "differs");
            }
            for slot in there.alive.iter() {
                let id = EntityId { kind: KindId(kind), slot };
                let (inner, outer) = self.sees(owned, room, id, eye, me);
                let has = here.alive.contains(slot);
                if inner && !has && !filling {
                    add(kind, slot, "is missing");
                }
                if !outer && has {
                    add(kind, slot, "is not to be seen");
                }
            }
        }
        wrong
    }

    /// Whether the row must be, and whether it may be, with `me`.
    fn sees(
        &self,
        owned: &Owned,
        room: &Image,
        id: EntityId,
        eye: Option<[f64; 3]>,
        me: PlayerId,
    ) -> (bool, bool) {
        if owned.whole_kind {
            let mine = room.kind(id.kind).and_then(|kind| kind.owner.get(id.slot as usize)) == Some(&me);
            return (mine, mine);
        }
        match self.sight {
            Sight::Everything => (true, true),
            Sight::Unknown => (false, true),
            Sight::Within(radius) => match (eye, self.place(room, id)) {
                (Some(eye), Some(at)) => {
                    let squares: f64 = eye.iter().zip(&at).map(|(a, b)| (a - b) * (a - b)).sum();
                    let distance = squares.sqrt();
                    // A step's width of doubt: the room compares floats, this compares steps.
                    (distance < radius - 0.001, distance < radius * 1.1 + 0.001)
                }
                (_, None) => (true, true),
                (None, Some(_)) => (false, true),
            },
        }
    }

    fn place(&self, image: &Image, id: EntityId) -> Option<[f64; 3]> {
        let place = self.kinds.get(usize::from(id.kind.0))?.place.as_ref()?;
        let rows = image.kind(id.kind)?;
        let mut at = [0.0; 3];
        for (axis, value) in at.iter_mut().take(place.axes).enumerate() {
            *value = place.lo + f64::from(rows.value(place.first + axis, id.slot)) * place.step;
        }
        Some(at)
    }
}

impl Owned {
    fn of(kind: &Kind) -> Owned {
        let hidden = kind.fields.iter().flat_map(|field| {
            let owner = field.owner;
            field.default.iter().map(move |&default| owner.then_some(default))
        });
        let wholes = kind.fields.iter().filter(|field| field.is_whole()).map(|field| field.owner);
        Owned {
            whole_kind: kind.owner,
            hidden: hidden.collect(),
            hidden_wholes: wholes.collect(),
            place: Place::of(kind),
        }
    }

    fn same(&self, there: &KindImage, here: &KindImage, slot: u32, me: PlayerId) -> bool {
        let owner = there.owner.get(slot as usize);
        let mine = owner == Some(&me);
        let value = |component: usize| match self.hidden.get(component) {
            Some(Some(default)) if !mine => *default,
            _ => there.value(component, slot),
        };
        let whole = |field: usize| match self.hidden_wholes.get(field) {
            Some(true) if !mine => &[],
            _ => there.whole(field, slot),
        };
        there.alive.contains(slot)
            && owner == here.owner.get(slot as usize)
            && (0..here.columns.len()).all(|component| here.value(component, slot) == value(component))
            && (0..here.wholes.len()).all(|field| here.whole(field, slot) == whole(field))
    }
}

impl Place {
    fn of(kind: &Kind) -> Option<Place> {
        use tickwire_protocol::schema::FieldType::{Number, Vector};
        let field = kind.place()?;
        let first = *kind.offsets().get(field)?;
        match &kind.fields.get(field)?.ty {
            Vector { size, of } => match **of {
                Number { lo, step, .. } => Some(Place { first, axes: usize::from(*size), step, lo }),
                _ => None,
            },
            _ => None,
        }
    }
}
