//! A bounded map that forgets what was not used lately.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Two generations: what is used moves to the young one; when that is full it becomes the old one, and the old one goes.
///
/// A flood of documents that are sent once costs the others one more preparation each, and no memory beyond the bound.
pub struct Cache<K, V> {
    generations: Mutex<Generations<K, V>>,
    capacity: usize,
}

struct Generations<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    weight: usize,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// Keeps values of at most this weight together.
    pub fn new(capacity: usize) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new(), weight: 0 };
        Self { generations: Mutex::new(generations), capacity }
    }

    /// A copy of the value, which counts as a use.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, _)) = generations.young.get(key) {
            return Some(value.clone());
        }
        let (key, (value, weight)) = generations.old.remove_entry(key)?;
        self.keep(&mut generations, key, value.clone(), weight);
        Some(value)
    }

    /// Keeps the value, unless it alone would fill a generation.
    pub fn insert(&self, key: K, value: V, weight: usize) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        self.keep(&mut generations, key, value, weight);
    }

    fn keep(&self, generations: &mut Generations<K, V>, key: K, value: V, weight: usize) {
        let share = self.capacity / 2;
        if weight > share {
            return;
        }
        if generations.weight + weight > share {
            generations.old = std::mem::take(&mut generations.young);
            generations.weight = 0;
        }
        if let Some((_, replaced)) = generations.young.insert(key, (value, weight)) {
            generations.weight -= replaced;
        }
        generations.weight += weight;
    }
}
