//! Every bound, its unit and its reason. What a server may turn is in its configuration; these are what the
//! formats themselves allow.

/// Bytes of one frame from a client. Eight inputs, a hello or a request fit; nothing else has a reason to be long.
pub const CLIENT_FRAME_BYTES_MAX: usize = 4_096;

/// Bytes of one frame to a client: a snapshot with a full enter budget, or a welcome with a large schema.
pub const SERVER_FRAME_BYTES_MAX: usize = 1 << 20;

/// Bytes of one request or one event: more is data, and belongs into rows.
pub const MESSAGE_BYTES_MAX: usize = 1_024;

/// Bytes of one `whole` value, whatever its `max` says.
pub const WHOLE_BYTES_MAX: usize = 4_096;

/// Tables of a world: a kind is one byte in an entity's id.
pub const KINDS_MAX: usize = 64;

/// Components (integers) of one row: a row's change mask is one word.
pub const COMPONENTS_MAX: usize = 64;

/// `whole` fields of one kind.
pub const WHOLES_MAX: usize = 8;

/// Slots of one table. What a client holds is a bit per slot and history image: 8 KiB at the most.
pub const SLOTS_MAX: usize = 1 << 16;

/// Ticks of history a room keeps, so that a client that stalled for a second still finds its baseline.
pub const HISTORY_TICKS: usize = 64;

/// Milliseconds by which watchers may see a game later: a room keeps an image of each tick of it.
pub const WATCH_DELAY_MS_MAX: u32 = 60_000;

/// Inputs in one input frame: what a stall of 130 ms at 60 Hz leaves unsent; older ones would arrive too late.
pub const INPUTS_PER_FRAME_MAX: usize = 8;

/// Components of one input.
pub const INPUT_COMPONENTS_MAX: usize = 32;

/// Bytes of enter records per client and tick, and as many of changed `whole` values: a joiner fills up over some ticks
/// instead of holding up one.
pub const BULK_BYTES_PER_TICK: usize = 16 * 1_024;

/// Bytes of events that wait for one client. More means it reads nothing; it is closed by name.
pub const EVENTS_WAITING_BYTES_MAX: usize = 16 * 1_024;

/// Bytes of a ticket: a signed token with room to spare.
pub const TICKET_BYTES_MAX: usize = 256;

/// Bytes of a player's name in UTF-8.
pub const NAME_BYTES_MAX: usize = 48;

/// Bytes of a room's name in UTF-8.
pub const ROOM_NAME_BYTES_MAX: usize = 48;

/// Options in a hello, and bytes of each key and value.
pub const OPTIONS_MAX: usize = 16;
/// Bytes of each key and value of an option.
pub const OPTION_BYTES_MAX: usize = 64;

/// Ticks from one snapshot to the next at the most: more than that is not drawn smoothly by anyone.
pub const SEND_EVERY_MAX: u32 = 8;

/// How deep a [`crate::schema::FieldType`] may nest: an array of options of vectors has three levels.
pub const FIELD_DEPTH_MAX: u32 = 6;

/// Variants of an enum, in a field or a message.
pub const VARIANTS_MAX: usize = 256;

/// Bytes of each name in a schema.
pub const SCHEMA_NAME_BYTES_MAX: usize = 64;

/// Bytes of a schema in its JSON form.
pub const SCHEMA_BYTES_MAX: usize = 256 * 1_024;

/// Bytes of a close reason: what a WebSocket close frame can carry beside its code.
pub const CLOSE_REASON_BYTES_MAX: usize = 123;

/// How deep a [`crate::schema::Shape`] may nest: what reads one from bytes stops there.
pub const SHAPE_DEPTH_MAX: u32 = 16;

/// Bytes of a codebook on the wire.
pub const CODEBOOK_BYTES_MAX: usize = 4_096;

/// Distance rings, each a section of a snapshot frame: the last one goes every eighth tick, which is as far apart as
/// motion can be drawn between.
pub const RINGS_MAX: usize = 4;

/// Ticks a client predicts ahead of what it knows: two seconds at 60 Hz; beyond, it snaps.
pub const PREDICT_TICKS_MAX: usize = 120;

const _: () = assert!(HISTORY_TICKS.is_power_of_two());
const _: () = assert!(MESSAGE_BYTES_MAX < CLIENT_FRAME_BYTES_MAX);
const _: () = assert!(2 * (BULK_BYTES_PER_TICK + WHOLES_MAX * WHOLE_BYTES_MAX) < SERVER_FRAME_BYTES_MAX);
const _: () = assert!(SLOTS_MAX <= u32::MAX as usize);
// The derives say these three in their errors, and cannot import them.
const _: () = assert!(KINDS_MAX == 64 && WHOLE_BYTES_MAX == 4_096 && VARIANTS_MAX == 256);
const _: () = assert!(COMPONENTS_MAX <= u64::BITS as usize);
const _: () = assert!(KINDS_MAX <= u8::MAX as usize);
const _: () = assert!(SCHEMA_BYTES_MAX < SERVER_FRAME_BYTES_MAX);
