//! What players do: the scene's own bot, or valid inputs by chance against a game that is not known here.

use tickwire_protocol::id::{PlayerId, Tick};
use tickwire_protocol::image::Image;
use tickwire_protocol::schema::{Component, Field, Schema};
use tickwire_protocol::world::{Input as _, World as _};

use crate::rng::Mulberry32;
use crate::scenes::{self, Scene, Visit};

/// Makes the inputs of all players of a run.
pub struct Hands {
    scene: Option<Known>,
    bounds: Vec<Component>,
    rng: Mulberry32,
    /// Every control at its upper end, whatever the bot would do.
    pub one_spot: bool,
}

struct Known {
    schema: Schema,
    looks: bool,
    play: Play,
}

type Play = Box<dyn FnMut(Option<&Image>, PlayerId, Tick, &mut [i32])>;

impl Hands {
    /// For players of this scene; by chance where none is named.
    ///
    /// # Errors
    /// Where there is no such scene.
    pub fn of(scene: Option<&str>) -> anyhow::Result<Hands> {
        let scene = scene.map(|name| scenes::visit(name, Learning)).transpose()?;
        Ok(Hands { scene, bounds: Vec::new(), rng: Mulberry32::new(1), one_spot: false })
    }

    /// The schema to say hello with, where it is known.
    #[must_use]
    pub fn schema(&self) -> Option<&Schema> {
        self.scene.as_ref().map(|scene| &scene.schema)
    }

    /// Takes the input fields of the game, before the first input.
    pub fn learn(&mut self, fields: &[Field]) {
        self.bounds = fields.iter().flat_map(|field| field.ty.components()).collect();
    }

    /// The input of a player for its `k`-th tick; `known` is the world as far as that player has it.
    pub fn input(&mut self, known: Option<&Image>, me: PlayerId, k: u32, values: &mut Vec<i32>) {
        match &mut self.scene {
            Some(_) | None if self.one_spot => {
                values.clear();
                values.extend(self.bounds.iter().map(|bound| bound.max));
            }
            Some(scene) if known.is_some() || !scene.looks => {
                values.resize(self.bounds.len(), 0);
                (scene.play)(known, me, Tick(k), values);
            }
            // A direction is held for a while, as by a person.
            Some(_) | None if values.len() == self.bounds.len() && !self.rng.bits().is_multiple_of(HELD_TICKS) => {
            }
            Some(_) | None => {
                values.clear();
                for bound in &self.bounds {
                    let span = i64::from(bound.max) - i64::from(bound.min) + 1;
                    values.push((i64::from(bound.min) + i64::from(self.rng.bits()) % span) as i32);
                }
            }
        }
    }
}

/// Ticks that an input by chance stays, on average.
const HELD_TICKS: u32 = 8;

struct Learning;

impl Visit for Learning {
    type Out = Known;

    fn visit<G: Scene>(self) -> Known {
        let mut world = G::World::default();
        let play = move |known: Option<&Image>, me, tick, values: &mut [i32]| {
            if let (true, Some(image)) = (G::BOT_LOOKS, known) {
                world.restore(image);
            }
            G::bot(&world, me, tick).pack(values);
        };
        Known { schema: tickwire_protocol::game::schema::<G>(), looks: G::BOT_LOOKS, play: Box::new(play) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_by_chance_are_valid() {
        let mut hands = Hands::of(None).unwrap();
        hands.learn(Hands::of(Some("w1")).unwrap().schema().map(|schema| &schema.input[..]).unwrap());
        let mut values = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for k in 0..1_000 {
            hands.input(None, PlayerId(1), k, &mut values);
            assert_eq!(values.len(), 3);
            assert!((-127..=127).contains(&values[0]) && (0..=255).contains(&values[2]), "{values:?}");
            seen.insert(values.clone());
        }
        assert!(seen.len() > 50);
    }
}
