//! A map in the order of its keys, which are numbers that mostly follow one another.

use tickwire_protocol::id::PlayerId;

use super::ConnId;

/// Values by key, in the order of the keys. Where no key is missing, one is found at first glance.
#[derive(Debug)]
pub(super) struct Rising<K, V> {
    keys: Vec<K>,
    values: Vec<V>,
}

/// A key.
pub(super) trait Number: Copy + Ord {
    /// The number that it is.
    fn number(self) -> u32;
}

impl Number for PlayerId {
    fn number(self) -> u32 {
        self.0
    }
}

impl Number for ConnId {
    fn number(self) -> u32 {
        self.0
    }
}

impl<K: Number, V> Rising<K, V> {
    pub(super) const fn new() -> Rising<K, V> {
        Rising { keys: Vec::new(), values: Vec::new() }
    }

    /// Where a key stands, or is to stand.
    fn find(&self, key: K) -> Result<usize, usize> {
        let Some(first) = self.keys.first() else { return Err(0) };
        let Some(latest) = key.number().checked_sub(first.number()) else { return Err(0) };
        // The keys rise: none stands later than it would if none were missing.
        let latest = latest as usize;
        if self.keys.get(latest) == Some(&key) {
            return Ok(latest);
        }
        self.keys.get(..latest).unwrap_or(&self.keys).binary_search(&key)
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.values.get(self.find(*key).ok()?)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(*key).ok()?;
        self.values.get_mut(at)
    }

    pub(super) fn contains_key(&self, key: &K) -> bool {
        self.find(*key).is_ok()
    }

    /// Puts a value under a key, in place of another one.
    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.find(key) {
            Ok(at) => {
                if let Some(place) = self.values.get_mut(at) {
                    *place = value;
                }
            }
            Err(at) => {
                self.keys.insert(at, key);
                self.values.insert(at, value);
            }
        }
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(*key).ok()?;
        self.keys.remove(at);
        Some(self.values.remove(at))
    }

    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }

    pub(super) fn into_keys(self) -> impl Iterator<Item = K> {
        self.keys.into_iter()
    }

    pub(super) fn values(&self) -> core::slice::Iter<'_, V> {
        self.values.iter()
    }

    pub(super) fn values_mut(&mut self) -> core::slice::IterMut<'_, V> {
        self.values.iter_mut()
    }
}

impl<K: Number, V> Default for Rising<K, V> {
    fn default() -> Rising<K, V> {
        Rising::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::{RngExt as _, SeedableRng as _};
    use rand_pcg::Pcg32;

    use super::*;

    #[test]
    fn it_is_a_map_whatever_keys_are_missing() {
        let mut rng = Pcg32::seed_from_u64(1);
        for round in 0..200u32 {
            let (mut rising, mut map) = (Rising::new(), BTreeMap::new());
            let keys = rng.random_range(1..100);
            let from = [0, 1, 7, u32::MAX - keys][round as usize % 4];
            for step in 0..300 {
                let key = ConnId(from + rng.random_range(0..keys));
                if rng.random_bool(0.6) {
                    rising.insert(key, step);
                    map.insert(key, step);
                } else {
                    assert_eq!(rising.remove(&key), map.remove(&key));
                }
                for key in (from..from + keys).map(ConnId) {
                    assert_eq!(
                        (rising.get(&key), rising.contains_key(&key)),
                        (map.get(&key), map.contains_key(&key))
                    );
                }
                assert!(rising.values().eq(map.values()));
            }
            assert!(rising.into_keys().eq(map.into_keys()));
        }
    }
}
