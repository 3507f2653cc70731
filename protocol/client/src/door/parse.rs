//! What a page says, read by hand: derived readers would be a third of core.wasm.

use serde_json::Value;
use tickwire_protocol::game::Role;
use tickwire_protocol::link::{Conditions, Preset};

use crate::{Join, Netcode};

/// What a session wants; what is left out has its default.
pub(super) fn join(wish: &Value) -> Join {
    let text = |name: &str| wish[name].as_str().unwrap_or_default().to_owned();
    let ticket = wish["ticket"].as_array().into_iter().flatten();
    let options = wish["options"].as_object().into_iter().flatten();
    Join {
        room: text("room"),
        name: text("name"),
        role: if wish["watches"] == true { Role::Watches } else { Role::Plays },
        ticket: ticket.filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect(),
        options: options.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect(),
    }
}

/// A preset by name, or numbers; null is a link that does nothing.
pub(super) fn conditions(link: &Value) -> Result<Conditions, String> {
    if let Some(name) = link.as_str() {
        let names = Preset::ALL.map(Preset::name).join(", ");
        let preset = Preset::named(name).ok_or_else(|| format!("there is no link `{name}`; there are {names}"))?;
        return Ok(preset.conditions());
    }
    let number = |name: &str| link[name].as_f64().unwrap_or(0.0).clamp(0.0, 1e12) as u64;
    Ok(Conditions {
        delay: number("delay"),
        jitter: number("jitter"),
        bandwidth: number("bandwidth"),
        stall: number("stall"),
        stall_every: number("stall_every"),
        loss_ppm: number("loss_ppm").min(1_000_000) as u32,
    })
}

/// Everything that is not said to be off is on.
pub(super) fn netcode(parts: &Value) -> Netcode {
    let on = |name: &str| parts[name] != false;
    Netcode {
        prediction: on("prediction"),
        reconciliation: on("reconciliation"),
        smoothing: on("smoothing"),
        interpolation: on("interpolation"),
    }
}
