//! Where two schemas differ, in words, and whether two ends can go on by name all the same.

use core::fmt;

use super::words::{shape_text, type_text, unit};
use super::{Field, FieldType, Kind, Schema, Shape};

/// One thing that a server and a client see differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// "server has Ship.hp 0..=100, client 0..=255".
    pub text: String,
    /// Whether the two cannot go on: a range, a step, a type, an input, a rate, or the order of a message's parts. What
    /// was only added, left out or is drawn otherwise is passed over.
    pub breaks: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Every difference, in the order in which a schema is read; none where both are equal.
#[must_use]
pub fn differences(server: &Schema, client: &Schema) -> Vec<Difference> {
    let mut compare = Compare::default();
    compare.value("the game", &server.game, &client.game, true);
    compare.value("a tick rate of", &server.tick_rate, &client.tick_rate, true);
    compare.value("ticks between snapshots:", &server.send_every, &client.send_every, false);
    compare.kinds(&server.kinds, &client.kinds);
    compare.fields("the input", &server.input, &client.input, true);
    compare.message("Request", &server.request, &client.request, Side::Server);
    compare.message("Event", &server.event, &client.event, Side::Client);
    compare.0
}

/// Who reads a message, and so must know every variant that can come.
#[derive(Clone, Copy)]
enum Side {
    Server,
    Client,
}

#[derive(Default)]
struct Compare(Vec<Difference>);

impl Compare {
    fn say(&mut self, breaks: bool, text: String) {
        self.0.push(Difference { text, breaks });
    }

    fn value<T: PartialEq + fmt::Display>(&mut self, what: &str, server: &T, client: &T, breaks: bool) {
        if server != client {
            self.say(breaks, format!("server has {what} {server}, client {client}"));
        }
    }

    fn kinds(&mut self, server: &[Kind], client: &[Kind]) {
        for (at, (mine, theirs)) in server.iter().zip(client).enumerate() {
            if mine.name == theirs.name {
                self.kind(mine, theirs);
            } else {
                self.say(
                    true,
                    format!("server has the table {} in place {at}, client {}", mine.name, theirs.name),
                );
            }
        }
        let common = server.len().min(client.len());
        for kind in server.iter().skip(common) {
            self.say(false, format!("server has the table {}, client does not", kind.name));
        }
        for kind in client.iter().skip(common) {
            self.say(false, format!("client has the table {}, server does not", kind.name));
        }
    }

    fn kind(&mut self, server: &Kind, client: &Kind) {
        let name = &server.row;
        self.value(&format!("{}: rows of", server.name), &server.row, &client.row, false);
        self.flag(name, "a single row", server.one, client.one, true);
        self.flag(name, "for its owner only", server.owner, client.owner, false);
        self.flag(name, "predicted for everyone", server.predicted, client.predicted, false);
        self.fields(name, &server.fields, &client.fields, false);
    }

    /// Fields by name; those of an input must be the same in the same order.
    fn fields(&mut self, of: &str, server: &[Field], client: &[Field], strict: bool) {
        for field in server {
            let what = format!("{of}.{}", field.name);
            match client.iter().find(|other| other.name == field.name) {
                Some(other) => self.field(&what, field, other, (server, client)),
                None => self.say(strict, format!("server has {what}, client does not")),
            }
        }
        for field in client {
            if !server.iter().any(|other| other.name == field.name) {
                self.say(strict, format!("client has {of}.{}, server does not", field.name));
            }
        }
        let order = |one: &[Field], two: &[Field]| {
            let shared = one.iter().filter(|field| two.iter().any(|other| other.name == field.name));
            shared.map(|field| field.name.clone()).collect::<Vec<_>>()
        };
        let (mine, theirs) = (order(server, client), order(client, server));
        if mine != theirs {
            self.say(
                strict,
                format!(
                    "server has the fields of {of} in the order {}, client {}",
                    mine.join(", "),
                    theirs.join(", ")
                ),
            );
        }
    }

    fn field(&mut self, what: &str, server: &Field, client: &Field, all: (&[Field], &[Field])) {
        if let (FieldType::Whole { max, shape }, FieldType::Whole { max: client_max, shape: client_shape }) =
            (&server.ty, &client.ty)
        {
            self.value(&format!("{what} in bytes at most"), max, client_max, max > client_max);
            self.shape(what, shape, client_shape, None);
        } else if server.ty != client.ty {
            let (mine, theirs) = (type_text(&server.ty), type_text(&client.ty));
            if mine == theirs {
                // What differs is in the digits that people are spared.
                self.say(true, format!("server has {what} {:?}, client {:?}", server.ty, client.ty));
            } else {
                self.say(true, format!("server has {what} {mine}, client {theirs}"));
            }
        }
        self.flag(what, "drawn in between", server.lerp, client.lerp, false);
        self.flag(what, "its place", server.place, client.place, false);
        self.flag(what, "for its owner only", server.owner, client.owner, false);
        self.flag(what, "steady", server.steady, client.steady, false);
        self.flag(what, "once", server.once, client.once, true);
        let snap = |snap: Option<f64>| snap.map_or("none".to_owned(), unit);
        self.value(&format!("{what} with snap"), &snap(server.snap), &snap(client.snap), false);
        let name = |of: Option<u32>, fields: &[Field]| {
            of.and_then(|at| fields.get(at as usize)).map_or("nothing".to_owned(), |field| field.name.clone())
        };
        let link = |of: fn(&Field) -> Option<u32>| (name(of(server), all.0), name(of(client), all.1));
        let (mine, theirs) = link(|field| field.rate_of);
        self.value(&format!("{what} as rate of"), &mine, &theirs, false);
        let (mine, theirs) = link(|field| field.along);
        self.value(&format!("{what} along"), &mine, &theirs, false);
        if server.default != client.default && server.ty == client.ty {
            self.say(false, format!("server has other defaults for {what} than client"));
        }
    }

    fn flag(&mut self, what: &str, flag: &str, server: bool, client: bool, breaks: bool) {
        match (server, client) {
            (true, false) => self.say(breaks, format!("server has {what} {flag}, client does not")),
            (false, true) => self.say(breaks, format!("client has {what} {flag}, server does not")),
            (true, true) | (false, false) => {}
        }
    }

    fn message(&mut self, what: &str, server: &Shape, client: &Shape, reader: Side) {
        self.shape(what, server, client, Some(reader));
    }

    /// `top`: the message itself, of which the reader may know more variants than the writer.
    fn shape(&mut self, what: &str, server: &Shape, client: &Shape, top: Option<Side>) {
        match (server, client) {
            (Shape::Enum { variants: mine, .. }, Shape::Enum { variants: theirs, .. }) => {
                self.variants(what, mine, theirs, top);
            }
            (Shape::Struct { fields: mine, .. }, Shape::Struct { fields: theirs, .. }) => {
                self.parts(what, mine, theirs);
            }
            (Shape::Tuple(mine), Shape::Tuple(theirs)) if mine.len() == theirs.len() => {
                for (at, (mine, theirs)) in mine.iter().zip(theirs).enumerate() {
                    self.shape(&format!("{what}.{at}"), mine, theirs, None);
                }
            }
            (Shape::Option(mine), Shape::Option(theirs)) | (Shape::List(mine), Shape::List(theirs)) => {
                self.shape(what, mine, theirs, None);
            }
            (Shape::Array(a, mine), Shape::Array(b, theirs)) if a == b => self.shape(what, mine, theirs, None),
            _ if server == client => {}
            _ => self.say(
                true,
                format!("server has {what} as {}, client as {}", shape_text(server), shape_text(client)),
            ),
        }
    }

    fn variants(&mut self, what: &str, server: &[(String, Shape)], client: &[(String, Shape)], top: Option<Side>) {
        let place = |of: &[(String, Shape)], name: &str| of.iter().position(|(other, _)| other == name);
        for (at, (name, shape)) in server.iter().enumerate() {
            match place(client, name) {
                Some(there) if there == at => self.shape(&format!("{what}.{name}"), shape, &client[at].1, None),
                Some(there) => {
                    self.say(true, format!("server has {what}.{name} in place {at}, client in place {there}"));
                }
                // A client passes over events that it does not know, if they stand behind those it knows.
                None => {
                    let passed_over = matches!(top, Some(Side::Client)) && at >= client.len();
                    let never_sent = matches!(top, Some(Side::Server)) && at >= client.len();
                    self.say(!(passed_over || never_sent), format!("server has {what}.{name}, client does not"));
                }
            }
        }
        for (at, (name, _)) in client.iter().enumerate() {
            if place(server, name).is_none() {
                // An event that never comes is none; a request that the server cannot read is.
                let never_sent = matches!(top, Some(Side::Client)) && at >= server.len();
                self.say(!never_sent, format!("client has {what}.{name}, server does not"));
            }
        }
    }

    fn parts(&mut self, what: &str, server: &[(String, Shape)], client: &[(String, Shape)]) {
        let names =
            |of: &[(String, Shape)]| of.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ");
        let (mine, theirs) = (names(server), names(client));
        if mine != theirs {
            return self.say(true, format!("server has {what} with {mine}, client with {theirs}"));
        }
        for ((name, mine), (_, theirs)) in server.iter().zip(client) {
            self.shape(&format!("{what}.{name}"), mine, theirs, None);
        }
    }
}
