//! A kind's fields as groups: which components are coded together, and what moves what.

use super::predict::Past;
use super::residual::{Scale, Tokens};
use crate::schema::{Component, Field, FieldType, Kind};
use crate::wire::DecodeError;

/// Components of one group at the most: the joint symbols are products.
pub(crate) const GROUP_MAX: usize = 3;

/// Groups with a model of their own per kind: four bits each in a word.
pub(crate) const MODELLED_MAX: usize = 8;

/// Rare groups behind one mask.
pub(crate) const RARE_MAX: usize = 12;

/// How a kind's rows are coded. Made once per schema.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// All groups. A group's place here is its number in codebooks.
    pub(crate) groups: Vec<Group>,
    /// The group that is coded first; its symbol also says what else there is.
    pub(crate) lead: usize,
    /// Groups expected from the lead, with a flag each in its symbol.
    pub(crate) derived: Vec<usize>,
    /// Groups that are always coded.
    pub(crate) common: Vec<usize>,
    /// Groups that change now and then: behind masks, each a group of flags and at most [`RARE_MAX`] groups. There is
    /// always one mask, because a change of the models stands there too.
    pub(crate) rare: Vec<(usize, Vec<usize>)>,
    /// The plain form of a steady lead, for what does not lie on its circle.
    pub(crate) plain: Option<usize>,
    /// The smallest number of a steady lead, in steps: what is added to an integer for its distance from zero.
    pub(crate) steady: Option<f64>,
    /// Groups that have a model.
    pub(crate) modelled: u32,
    /// Every component that this plan codes.
    pub(crate) components: Vec<usize>,
    /// Those of them that are in rare groups, and the others.
    pub(crate) rare_components: Vec<usize>,
    pub(crate) usual_components: Vec<usize>,
    /// Those of the lead and of the common groups, each with the bits of it that count: those of a ring, or all.
    pub(crate) steering: Vec<(usize, u32)>,
    /// The values of a default row, per component of the kind.
    pub(crate) defaults: Vec<i32>,
}

/// Components that are coded by one joint symbol.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Their places in a row; one to [`GROUP_MAX`], none for the mask of rare groups and a lead of its own.
    pub(crate) components: Vec<usize>,
    /// Their bounds.
    pub(crate) bounds: Vec<Component>,
    /// What they are expected to be.
    pub(crate) expect: Expect,
    /// The fineness of the tokens of each part: of each component, or of the turn and what is off the circle.
    pub(crate) scales: Vec<Scale>,
    /// The same with their tokens, for writers.
    pub(crate) tokens: Vec<Tokens>,
    /// Flags in the joint symbol.
    pub(crate) flags: u32,
    /// Which four bits of an entity's models say how this group moves; `None`: it holds.
    pub(crate) model: Option<usize>,
}

/// What a group is expected to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expect {
    /// As its model says, from its own past.
    Own,
    /// A plane velocity that keeps its length: coded as a turn and what is off the circle.
    Steady,
    /// A position that a velocity moves.
    Moved(Mover),
    /// An angle along a plane velocity.
    Along(Along),
    /// Nothing of its own: flags only.
    Flags,
}

/// What moves a position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mover {
    /// Whose velocity that is.
    pub(crate) by: By,
    /// The real value of a number of the velocity is `lo + n * step`.
    pub(crate) number: (f64, f64),
    /// The same of the position.
    pub(crate) place: (f64, f64),
    /// Seconds in a tick.
    pub(crate) dt: f32,
}

/// What an angle points along.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Along {
    /// Places of the velocity's components in a row.
    pub(crate) velocity: [usize; 2],
    /// The real value of each is `lo + n * step`.
    pub(crate) number: (f64, f64),
    /// `2^bits` steps are a turn.
    pub(crate) bits: u8,
}

/// What a velocity is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum By {
    /// As many components as the position has, in these places of a row.
    Vector(Vec<usize>),
    /// A speed and an angle.
    Polar {
        /// Place of the speed.
        speed: usize,
        /// Place of the angle.
        angle: usize,
        /// `2^bits` steps are a turn.
        bits: u8,
    },
}

impl Plan {
    /// The plan of a kind for what everyone may see (`owned` false) or for what only a row's owner may (`owned`
    /// true).
    pub(crate) fn new(kind: &Kind, tick_rate: u16, owned: bool) -> Plan {
        let offsets = kind.offsets();
        let fields: Vec<Placed<'_>> = kind
            .fields
            .iter()
            .zip(offsets.windows(2))
            .filter(|(field, _)| (field.owner || kind.owner) == owned && !field.is_whole())
            .map(|(field, at)| Placed {
                field,
                at: at.first().copied().unwrap_or(0)..at.last().copied().unwrap_or(0),
            })
            .collect();
        let motion = Motion::of(kind, &fields, f64::from(tick_rate.max(1)));
        let mut plan = Plan {
            groups: Vec::new(),
            lead: 0,
            derived: Vec::new(),
            common: Vec::new(),
            rare: Vec::new(),
            plain: None,
            steady: None,
            modelled: 0,
            components: fields.iter().flat_map(|field| field.at.clone()).collect(),
            rare_components: Vec::new(),
            usual_components: Vec::new(),
            steering: Vec::new(),
            defaults: kind.fields.iter().flat_map(|field| field.default.iter().copied()).collect(),
        };
        plan.build(&fields, motion);
        plan
    }

    fn build(&mut self, fields: &[Placed<'_>], motion: Option<Motion>) {
        let mut done: Vec<usize> = Vec::new();
        if let Some(motion) = &motion {
            let field = &fields[motion.lead];
            self.lead = self.push(field, field.at.clone().collect(), motion.expect.clone());
            done.push(motion.lead);
            if motion.expect == Expect::Steady {
                self.steady = number(&field.field.ty).map(|(lo, step)| lo / step);
                self.plain = Some(self.push(field, field.at.clone().collect(), Expect::Own));
            }
            for (index, expect) in &motion.derived {
                let field = &fields[*index];
                let group = self.push(field, field.at.clone().collect(), expect.clone());
                self.derived.push(group);
                done.push(*index);
            }
        }
        let mut rare = Vec::new();
        let mut lead = None;
        for (_, field) in fields.iter().enumerate().filter(|(index, _)| !done.contains(index)) {
            for chunk in chunks(field.at.clone()) {
                let group = self.push(field, chunk, Expect::Own);
                match field.field.place || field.field.lerp {
                    true if motion.is_none() && (lead.is_none() || field.field.place) => {
                        self.common.extend(lead.replace(group));
                    }
                    true => self.common.push(group),
                    false => rare.push(group),
                }
            }
        }
        if motion.is_none() {
            self.lead = lead.unwrap_or_else(|| self.push_flags());
        }
        for part in rare.chunks(RARE_MAX) {
            let mask = self.push_flags();
            self.rare.push((mask, part.to_vec()));
        }
        if rare.is_empty() {
            let mask = self.push_flags();
            self.rare.push((mask, Vec::new()));
        }
        let rare = rare.iter().filter_map(|&group| self.groups.get(group));
        self.rare_components = rare.flat_map(|group| &group.components).copied().collect();
        let usual = self.components.iter().filter(|at| !self.rare_components.contains(at));
        self.usual_components = usual.copied().collect();
        let steering =
            core::iter::once(&self.lead).chain(&self.common).filter_map(|&group| self.groups.get(group));
        let steering = steering.flat_map(|group| group.components.iter().zip(&group.bounds));
        let bits = |bounds: &Component| if bounds.ring { bounds.max as u32 } else { u32::MAX };
        self.steering = steering.map(|(&at, bounds)| (at, bits(bounds))).collect();
        self.give_flags();
        self.give_models();
    }

    fn push(&mut self, field: &Placed<'_>, components: Vec<usize>, expect: Expect) -> usize {
        let all = field.field.ty.components();
        let bounds = components.iter().filter_map(|at| all.get(at - field.at.start).copied()).collect();
        let scales = match expect {
            Expect::Steady => vec![Scale::TURN, Scale::OFF, Scale::OFF],
            _ => vec![Scale::of(components.len()); components.len()],
        };
        let tokens = scales.iter().copied().map(Tokens::of).collect();
        self.groups.push(Group { components, bounds, expect, scales, tokens, flags: 0, model: None });
        self.groups.len() - 1
    }

    fn push_flags(&mut self) -> usize {
        self.groups.push(Group {
            components: Vec::new(),
            bounds: Vec::new(),
            expect: Expect::Flags,
            scales: Vec::new(),
            tokens: Vec::new(),
            flags: 0,
            model: None,
        });
        self.groups.len() - 1
    }

    /// The lead says of each derived group whether it is off, and whether there is more: rare groups or models.
    fn give_flags(&mut self) {
        let flags = self.derived.len() as u32 + 1 + u32::from(self.plain.is_some());
        for (index, (mask, groups)) in self.rare.iter().enumerate() {
            if let Some(mask) = self.groups.get_mut(*mask) {
                mask.flags = groups.len() as u32 + u32::from(index == 0);
            }
        }
        if let Some(lead) = self.groups.get_mut(self.lead) {
            lead.flags = flags;
        }
    }

    fn give_models(&mut self) {
        let modelled: Vec<usize> =
            core::iter::once(self.lead).chain(self.common.iter().copied()).take(MODELLED_MAX).collect();
        for (place, group) in modelled.into_iter().enumerate() {
            if let Some(group) = self.groups.get_mut(group)
                && group.expect != Expect::Flags
            {
                group.model = Some(place);
                self.modelled = place as u32 + 1;
            }
        }
    }

    /// A group by number.
    pub(crate) fn group(&self, number: usize) -> Result<&Group, DecodeError> {
        self.groups.get(number).ok_or(DecodeError::Malformed("a kind has no such group"))
    }

    /// Where the lead is a steady velocity: its group, and the places of its parts in a row.
    #[inline]
    pub(crate) fn steady_lead(&self) -> Option<(&Group, [usize; 2])> {
        let group = self.groups.get(self.lead).filter(|group| matches!(group.expect, Expect::Steady))?;
        let &[x, y] = group.components.as_slice() else { return None };
        Some((group, [x, y]))
    }

    /// Whether a row is told by the turn of a steady lead alone, where nothing else of it is to be told.
    #[inline]
    pub(crate) fn is_told_by_turns(&self) -> bool {
        self.steady.is_some() && self.common.is_empty()
    }

    /// Whether a rare group differs between a snapshot, counted from the newest, and the one before it.
    pub(crate) fn rare_differs(&self, past: &Past<'_>, age: usize) -> bool {
        self.rare_components.iter().any(|&at| !past.stayed(age, at))
    }

    /// Whether a row of which a client holds one snapshot alone is taken to stay: nothing that the kind has moves it.
    pub(crate) fn rests(&self) -> bool {
        self.derived.is_empty()
    }

    /// The flag of a steady lead that its velocity is told plainly; 0 where there is no such lead.
    pub(crate) fn plain_flag(&self) -> u32 {
        if self.plain.is_some() { 1 << (self.derived.len() + 1) } else { 0 }
    }
}

/// A field and the places of its components in a row.
struct Placed<'a> {
    field: &'a Field,
    at: core::ops::Range<usize>,
}

/// The fields of a kind that move together.
struct Motion {
    lead: usize,
    expect: Expect,
    derived: Vec<(usize, Expect)>,
}

impl Motion {
    fn of(kind: &Kind, fields: &[Placed<'_>], rate: f64) -> Option<Motion> {
        (0..fields.len()).find_map(|index| Motion::led_by(kind, fields, index, rate))
    }

    fn led_by(kind: &Kind, fields: &[Placed<'_>], index: usize, rate: f64) -> Option<Motion> {
        let velocity = fields.get(index)?;
        let moved = find(kind, fields, velocity.field.rate_of?)?;
        let position = fields.get(moved)?;
        let (number, place) = (number(&velocity.field.ty)?, number(&position.field.ty)?);
        let moved_by = |by| Expect::Moved(Mover { by, number, place, dt: 1.0 / rate as f32 });
        let size = velocity.at.len();
        if size == 1 && position.at.len() == 2 {
            let turn = find(kind, fields, velocity.field.along?)?;
            let angle = fields.get(turn)?;
            let FieldType::Angle { bits } = angle.field.ty else { return None };
            let by = By::Polar { speed: velocity.at.start, angle: angle.at.start, bits };
            return Some(Motion {
                lead: turn,
                expect: Expect::Own,
                derived: vec![(index, Expect::Own), (moved, moved_by(by))],
            });
        }
        if size != position.at.len() || size > GROUP_MAX {
            return None;
        }
        let mut derived = vec![(moved, moved_by(By::Vector(velocity.at.clone().collect())))];
        let steady = velocity.field.steady && size == 2;
        if size == 2
            && let Some((along, bits)) = fields.iter().enumerate().find_map(|(at, field)| match field.field.ty {
                FieldType::Angle { bits } if find(kind, fields, field.field.along?)? == index => Some((at, bits)),
                _ => None,
            })
        {
            let velocity = [velocity.at.start, velocity.at.start + 1];
            derived.push((along, Expect::Along(Along { velocity, number, bits })));
        }
        let expect = if steady { Expect::Steady } else { Expect::Own };
        Some(Motion { lead: index, expect, derived })
    }
}

/// The place among `fields` of the kind's field number `index`.
fn find(kind: &Kind, fields: &[Placed<'_>], index: u32) -> Option<usize> {
    let wanted = kind.fields.get(index as usize)?;
    fields.iter().position(|field| core::ptr::eq(field.field, wanted))
}

/// `lo` and `step` of a number or of a vector's parts.
fn number(ty: &FieldType) -> Option<(f64, f64)> {
    match ty {
        FieldType::Number { lo, step, .. } => Some((*lo, *step)),
        FieldType::Vector { of, .. } => number(of),
        FieldType::Int { .. } => Some((0.0, 1.0)),
        _ => None,
    }
}

/// Parts of at most [`GROUP_MAX`] components.
fn chunks(at: core::ops::Range<usize>) -> impl Iterator<Item = Vec<usize>> {
    at.clone().step_by(GROUP_MAX).map(move |from| (from..(from + GROUP_MAX).min(at.end)).collect())
}

impl Group {
    /// Whether its parts are of one kind and share their codes.
    pub(crate) fn is_alike(&self) -> bool {
        self.expect != Expect::Steady
    }

    /// How many joint symbols there can be: the product of the parts' tokens and of the flags.
    pub(crate) fn keys(&self) -> u32 {
        self.scales.iter().map(|scale| scale.tokens).product::<u32>() << self.flags
    }
}
