//! Whether a game is what prediction and recordings need it to be: a function of its state and its inputs.
//!
//! A rule that reads a clock, a static variable, the order of a hash map or its own chance works until two players
//! see different things. [`check`] finds it in a test, and says in which tick and field.

use core::fmt;

use tickwire_client::Join;
use tickwire_protocol::game::{self, Game, Host, Player, Role};
use tickwire_protocol::id::{EntityId, PlayerId, Tick};
use tickwire_protocol::image::{History, Image};
use tickwire_protocol::link::Conditions;
use tickwire_protocol::schema::{Field, FieldType, Kind, Schema};
use tickwire_protocol::world::World as _;

use crate::room::{AnyRoom as _, Outbox, Room, RoomSetup};
use crate::sim::{Bot, Sim};
use crate::train;

/// Players in a check: enough that they meet.
const PLAYERS: u32 = 4;

/// Plays a game for so many ticks with bots, and compares what has to be the same.
///
/// - two rooms with the same seed: the same world on every tick;
/// - `drive` and `advance` on a world that was made from its replicated fields alone, as on a client: the same rows;
/// - real clients over simulated links: what they hold is what the room had at the same tick.
///
/// A codebook that the game ships must be for its schema.
///
/// ```no_run
/// # use tickwire_protocol::game::Game;
/// # fn test<G: Game>() {
/// tickwire_server::check::<G>(7, 600).unwrap();
/// # }
/// ```
///
/// # Errors
/// The first difference, by tick, kind and field; or why the codebook cannot be used.
pub fn check<G: Game>(seed: u64, ticks: u32) -> Result<(), Fault> {
    if let Some(why) = train::left_out::<G>() {
        return Err(Fault::Codebook(why));
    }
    twice::<G>(seed, ticks)?;
    as_a_client_does::<G>(seed, ticks)?;
    through_clients::<G>(seed, ticks)?;
    Ok(())
}

/// What is wrong with a game.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Something is not the same where it has to be.
    #[error(transparent)]
    Differs(#[from] Difference),
    /// The codebook that it ships cannot be used, in words.
    #[error("{0}")]
    Codebook(String),
}

/// As [`fmt::Display`]: `unwrap` in a test shows it.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where two worlds that have to be the same first differ.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference {
    /// What was compared.
    pub between: &'static str,
    /// At the end of which tick.
    pub tick: Tick,
    /// Which row.
    pub entity: EntityId,
    /// The name of its kind.
    pub kind: Box<str>,
    /// The name of the field, or what else about the row differs.
    pub field: Box<str>,
    /// What it should be.
    pub expected: Box<str>,
    /// What it is.
    pub found: Box<str>,
}

impl std::error::Error for Difference {}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { between, tick, entity, kind, field, expected, found } = self;
        write!(f, "{tick}: {kind}.{field} of row {} is {found} instead of {expected} ({between})", entity.slot)
    }
}

/// As [`fmt::Display`]: `unwrap` in a test shows it.
impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn setup<G: Game>(seed: u64) -> RoomSetup {
    let mut setup = RoomSetup::of::<G>("check", seed);
    setup.rules.bots = setup.rules.bots.max(PLAYERS).min(setup.rules.players_max);
    setup
}

fn twice<G: Game>(seed: u64, ticks: u32) -> Result<(), Difference> {
    let schema = game::schema::<G>();
    let mut rooms = [Room::<G>::open(setup::<G>(seed)), Room::<G>::open(setup::<G>(seed))];
    let mut out = Outbox::default();
    for _ in 0..ticks {
        rooms.iter_mut().for_each(|room| room.tick(&mut out));
        let [one, two] = rooms.each_ref().map(|room| room.history().newest());
        if let (Some(one), Some(two)) = (one, two) {
            same_rows(&schema, one, two)
                .and_then(|()| same_values(&schema, one, two, |_, _| true))
                .map_err(|difference| Difference { between: "two rooms with the same seed", ..difference })?;
        }
    }
    Ok(())
}

/// Each tick twice from the same image: once by a world that has played all along, once by one made from the image.
fn as_a_client_does<G: Game>(seed: u64, ticks: u32) -> Result<(), Difference> {
    let schema = game::schema::<G>();
    let setup = setup::<G>(seed);
    let mut host = Host::<G>::new(seed, setup.name.clone(), setup.options.clone());
    let (mut world, mut copy, mut history) = (G::World::default(), G::World::default(), History::new());
    world.each(|kind, table| table.open(seed ^ u64::from(kind.0), setup.rules.rows_max));
    let mut game = G::open(&mut world, &mut host);
    let mut players = Vec::new();
    for id in (1..=setup.rules.bots.min(PLAYERS)).map(PlayerId) {
        let player = bot(id);
        if game.join(&mut world, &mut host, &player).is_ok() {
            host.players_mut().insert(id, player);
            players.push(id);
        }
    }
    for tick in (1..=ticks).map(Tick) {
        let mut before = history.draft(&schema);
        before.tick = Tick(2 * tick.0 - 1);
        world.settle(&mut before);
        copy.restore(&before);
        host.begin(tick);
        let inputs: Vec<_> = players.iter().map(|id| (*id, G::bot(&world, *id, tick))).collect();
        let mut after = [before.clone(), before.clone()];
        for (world, image) in [&mut world, &mut copy].into_iter().zip(&mut after) {
            let inputs = inputs.iter().map(|(id, input)| (*id, input));
            game::drive_and_advance::<G>(world, inputs, tick, |_, _| {});
            world.settle(image);
        }
        let [expected, found] = &after;
        // Rows that were spawned just now have other slots on a client, until the server has named them.
        let known = |id: EntityId, field: &Field| before.contains(id) && !names_a_row(&field.ty);
        let rows = before.entities().find(|entity| expected.contains(*entity) != found.contains(*entity));
        let rows = rows.map_or(Ok(()), |entity| {
            let (should, is) = (expected.contains(entity), found.contains(entity));
            Err(difference(&schema, tick, entity, "row", there(should), there(is)))
        });
        rows.and_then(|()| same_values(&schema, expected, found, known)).map_err(|difference| {
            let between = "drive and advance on a world made from its replicated fields alone";
            Difference { between, tick, ..difference }
        })?;
        history.push(before);
        let [mut image, _] = after;
        game.step(&mut world, &mut host);
        image.tick = Tick(2 * tick.0);
        world.settle(&mut image);
        history.push(image);
        host.take_told();
        host.take_sent_away();
        if host.closing().is_some() {
            break;
        }
    }
    Ok(())
}

fn through_clients<G: Game>(seed: u64, ticks: u32) -> Result<(), Difference> {
    let schema = game::schema::<G>();
    let mut setup = setup::<G>(seed);
    let players = setup.rules.players_max.min(PLAYERS);
    setup.rules.bots = 0;
    let mut sim = Sim::new(Room::<G>::open(setup), seed);
    for number in 0..players {
        let name = format!("check {number}");
        let conditions = Conditions::round_trip(60 + 40 * u64::from(number), 20);
        sim.add(Bot::<G>::new(Join { name, ..Join::default() }, 60), conditions);
    }
    let mut checked = vec![Tick::NONE; sim.peers().count()];
    let mut first = Ok(());
    sim.run_with(ticks, |sim| {
        for (seat, checked) in checked.iter_mut().enumerate() {
            let client = sim.peer(seat).client();
            let Some(held) = client.newest().filter(|held| held.tick > *checked) else { continue };
            *checked = held.tick;
            if let (Ok(()), Some(truth)) = (&first, sim.room().history().at(held.tick)) {
                first = holds(&schema, held, truth, client.player());
            }
        }
    });
    first.map_err(|difference| Difference { between: "a client and the room", ..difference })
}

fn bot(id: PlayerId) -> Player {
    Player {
        id,
        name: format!("Bot {}", id.0),
        role: Role::Plays,
        options: Default::default(),
        bot: true,
        connected: true,
    }
}

fn names_a_row(ty: &FieldType) -> bool {
    match ty {
        FieldType::Row { .. } => true,
        FieldType::Option(of) | FieldType::Array { of, .. } => names_a_row(of),
        _ => false,
    }
}

/// Whether everything that a client holds is what the room had: `owner` fields of others' rows at their default.
///
/// # Errors
/// The first difference.
pub fn holds(schema: &Schema, held: &Image, truth: &Image, me: PlayerId) -> Result<(), Difference> {
    if let Some(entity) = held.entities().find(|entity| !truth.contains(*entity)) {
        return Err(difference(schema, held.tick, entity, "row", there(false), there(true)));
    }
    for entity in held.entities() {
        let (should, is) = (owner(truth, entity), owner(held, entity));
        if should != is {
            return Err(difference(schema, held.tick, entity, "owner", should.to_string(), is.to_string()));
        }
    }
    let visible = |entity, field: &Field| !field.owner || owner(truth, entity) == me;
    same_values(schema, truth, held, |entity, field| held.contains(entity) && visible(entity, field))?;
    for entity in held.entities().filter(|entity| owner(truth, *entity) != me) {
        let Some((kind, rows)) = kind_of(schema, entity).zip(held.kind(entity.kind)) else { continue };
        for (field, first) in kind.fields.iter().zip(kind.offsets()).filter(|(field, _)| field.owner) {
            let values = (first..).map(|at| rows.value(at, entity.slot));
            let leak = values.zip(&field.default).find(|(value, default)| value != *default);
            if let Some((value, default)) = leak {
                let (default, value) = (default.to_string(), value.to_string());
                return Err(difference(schema, held.tick, entity, &field.name, default, value));
            }
        }
    }
    Ok(())
}

/// Whether both have the same rows of the same owners.
fn same_rows(schema: &Schema, expected: &Image, found: &Image) -> Result<(), Difference> {
    let mut rows = expected.entities().chain(found.entities());
    if let Some(entity) = rows.find(|entity| expected.contains(*entity) != found.contains(*entity)) {
        let (should, is) = (there(expected.contains(entity)), there(found.contains(entity)));
        return Err(difference(schema, expected.tick, entity, "row", should, is));
    }
    match expected.entities().find(|entity| owner(expected, *entity) != owner(found, *entity)) {
        Some(entity) => {
            let (should, is) = (owner(expected, entity), owner(found, entity));
            Err(difference(schema, expected.tick, entity, "owner", should.to_string(), is.to_string()))
        }
        None => Ok(()),
    }
}

/// Whether the rows that both have are the same, in the fields for which `counts` says so.
fn same_values(
    schema: &Schema,
    expected: &Image,
    found: &Image,
    counts: impl Fn(EntityId, &Field) -> bool,
) -> Result<(), Difference> {
    for entity in expected.entities().filter(|entity| found.contains(*entity)) {
        let Some(kind) = kind_of(schema, entity) else { continue };
        let (Some(should), Some(is)) = (expected.kind(entity.kind), found.kind(entity.kind)) else { continue };
        let mut whole = 0;
        for (field, first) in kind.fields.iter().zip(kind.offsets()) {
            if field.is_whole() {
                let (a, b) = (should.whole(whole, entity.slot), is.whole(whole, entity.slot));
                whole += 1;
                if a != b && counts(entity, field) {
                    let (a, b) = (format!("{a:02x?}"), format!("{b:02x?}"));
                    return Err(difference(schema, expected.tick, entity, &field.name, a, b));
                }
            } else if counts(entity, field) {
                let components = first..first + field.ty.component_count();
                let wrong =
                    components.clone().find(|at| should.value(*at, entity.slot) != is.value(*at, entity.slot));
                if wrong.is_some() {
                    let show = |rows: &tickwire_protocol::image::KindImage| {
                        let values: Vec<i32> = components.clone().map(|at| rows.value(at, entity.slot)).collect();
                        in_units(&field.ty, &values)
                    };
                    return Err(difference(schema, expected.tick, entity, &field.name, show(should), show(is)));
                }
            }
        }
    }
    Ok(())
}

/// A field's integers in the world's units where they have some.
fn in_units(ty: &FieldType, values: &[i32]) -> String {
    let (FieldType::Number { lo, step, .. }, [value]) = (ty, values) else {
        return match ty {
            FieldType::Vector { of, .. } => {
                let parts: Vec<String> = values.iter().map(|value| in_units(of, &[*value])).collect();
                format!("({})", parts.join(", "))
            }
            _ => format!("{values:?}"),
        };
    };
    format!("{}", lo + f64::from(*value) * step)
}

fn there(is: bool) -> String {
    if is { "there" } else { "not there" }.to_owned()
}

fn kind_of(schema: &Schema, entity: EntityId) -> Option<&Kind> {
    schema.kinds.get(usize::from(entity.kind.0))
}

fn owner(image: &Image, entity: EntityId) -> PlayerId {
    let owner = image.kind(entity.kind).and_then(|rows| rows.owner.get(entity.slot as usize));
    owner.copied().unwrap_or_default()
}

fn difference(
    schema: &Schema,
    tick: Tick,
    entity: EntityId,
    field: &str,
    expected: String,
    found: String,
) -> Difference {
    let kind = kind_of(schema, entity).map_or_else(|| format!("kind {}", entity.kind.0), |kind| kind.name.clone());
    let (kind, expected, found) = (kind.into(), expected.into(), found.into());
    Difference { between: "", tick, entity, kind, field: field.into(), expected, found }
}
