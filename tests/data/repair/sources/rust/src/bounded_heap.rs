//! The best few of many, and merging of lists in order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    pub name: String,
    pub score: f64,
}

impl Eq for Scored {}

impl Ord for Scored {
    /// The higher score is greater; among equals the earlier name.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.name.cmp(&self.name))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub struct Best {
    heap: BinaryHeap<Reverse<Scored>>,
    count: usize,
    seen: usize,
}

impl Best {
    pub fn new(count: usize) -> Self {
        Best { heap: BinaryHeap::with_capacity(count + 1), count, seen: 0 }
    }

    /// Whether it is among the best so far.
    pub fn offer(&mut self, name: &str, score: f64) -> bool {
        self.seen += 1;
        if score.is_nan() || self.count == 0 {
            return false;
        }
        let item = Scored { name: name.to_string(), score };
        if self.heap.len() == self.count {
            if let Some(Reverse(worst)) = self.heap.peek() {
                if item <= *worst {
                    return false;
                }
            }
            self.heap.pop();
        }
        self.heap.push(Reverse(item));
        true
    }

    pub fn seen(&self) -> usize {
        self.seen
    }

    /// The score that the next must beat.
    pub fn threshold(&self) -> Option<f64> {
        if self.heap.len() < self.count {
            return None;
        }
        self.heap.peek().map(|Reverse(worst)| worst.score)
    }

    /// Best first.
    pub fn into_sorted(self) -> Vec<Scored> {
        let mut items: Vec<Scored> = self.heap.into_iter().map(|Reverse(item)| item).collect();
        items.sort_by(|a, b| b.cmp(a));
        items
    }
}

/// One sorted list of several, each number once.
pub fn merge(lists: &[Vec<i32>]) -> Vec<i32> {
    let mut heads = BinaryHeap::new();
    for (list, items) in lists.iter().enumerate() {
        if let Some(&first) = items.first() {
            heads.push(Reverse((first, list, 0)));
        }
    }
    let mut merged = Vec::new();
    while let Some(Reverse((value, list, at))) = heads.pop() {
        if merged.last() != Some(&value) {
            merged.push(value);
        }
        if let Some(&next) = lists[list].get(at + 1) {
            heads.push(Reverse((next, list, at + 1)));
        }
    }
    merged
}
