//! Going on by name: the server's world in the client's columns.

use std::sync::Arc;

use super::{Image, KindImage};
use crate::schema::{Field, Schema, differences};

/// How a client with another schema reads the server's images: fields by name, appended ones passed over, missing ones
/// at their default.
#[derive(Clone, Debug)]
pub struct Mapping {
    kinds: Vec<KindMapping>,
}

#[derive(Clone, Debug)]
struct KindMapping {
    /// Per column of the client: the server's, or the default.
    columns: Vec<Source>,
    /// Per `whole` field of the client: the server's.
    wholes: Vec<Option<usize>>,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Column(usize),
    Default(i32),
}

impl Mapping {
    /// The mapping from the server's schema to the client's.
    ///
    /// # Errors
    /// In words, where something changed that cannot be mapped: what the client's bye says, and the server's log.
    pub fn new(server: &Schema, client: &Schema) -> Result<Mapping, Vec<String>> {
        let breaks: Vec<_> =
            differences(server, client).into_iter().filter(|difference| difference.breaks).collect();
        if !breaks.is_empty() {
            return Err(breaks.into_iter().map(|difference| difference.text).collect());
        }
        let kinds = client.kinds.iter().enumerate().map(|(at, kind)| {
            // Tables stand in the same order on both sides; a client's further ones stay empty.
            let fields = server.kinds.get(at).map_or(&[][..], |kind| &kind.fields);
            KindMapping::new(fields, &kind.fields)
        });
        Ok(Mapping { kinds: kinds.collect() })
    }

    /// Writes the server's image into the client's form.
    pub fn apply(&self, from: &Image, to: &mut Image) {
        to.tick = from.tick;
        to.kinds.resize_with(self.kinds.len(), KindImage::default);
        for (at, (mapping, to)) in self.kinds.iter().zip(&mut to.kinds).enumerate() {
            match from.kinds.get(at) {
                Some(from) => mapping.apply(from, to),
                None => mapping.apply(&KindImage::default(), to),
            }
        }
    }
}

impl KindMapping {
    fn new(server: &[Field], client: &[Field]) -> KindMapping {
        let mut mapping = KindMapping { columns: Vec::new(), wholes: Vec::new() };
        for field in client {
            let source = find(server, &field.name);
            if field.is_whole() {
                mapping.wholes.push(source.filter(|(field, _)| field.is_whole()).map(|(_, at)| at));
                continue;
            }
            for (part, default) in field.default.iter().enumerate() {
                mapping.columns.push(match source.filter(|(field, _)| !field.is_whole()) {
                    Some((_, first)) => Source::Column(first + part),
                    None => Source::Default(*default),
                });
            }
        }
        mapping
    }

    fn apply(&self, from: &KindImage, to: &mut KindImage) {
        to.alive.copy_from(&from.alive);
        to.generation.clone_from(&from.generation);
        to.owner.clone_from(&from.owner);
        to.columns.resize_with(self.columns.len(), Vec::new);
        for (source, column) in self.columns.iter().zip(&mut to.columns) {
            match source {
                Source::Column(at) => match from.columns.get(*at) {
                    Some(values) => column.clone_from(values),
                    None => column.clear(),
                },
                Source::Default(default) => {
                    column.clear();
                    column.resize(from.capacity(), *default);
                }
            }
        }
        to.wholes.resize_with(self.wholes.len(), Arc::default);
        for (source, whole) in self.wholes.iter().zip(&mut to.wholes) {
            match source.and_then(|at| from.wholes.get(at)) {
                Some(values) => *whole = Arc::clone(values),
                // No bytes: a row takes its default.
                None => *whole = Arc::default(),
            }
        }
    }
}

/// The field of this name, and its first column, or its number among the `whole` ones.
fn find<'a>(fields: &'a [Field], name: &str) -> Option<(&'a Field, usize)> {
    let (mut column, mut whole) = (0, 0);
    for field in fields {
        if field.name == name {
            return Some((field, if field.is_whole() { whole } else { column }));
        }
        column += field.ty.component_count();
        whole += usize::from(field.is_whole());
    }
    None
}
