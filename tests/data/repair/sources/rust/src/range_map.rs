//! Values of half-open ranges of numbers; a later range overwrites what it covers.

use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub struct RangeMap {
    ranges: BTreeMap<u32, (u32, char)>, // by start: end, value
}

impl RangeMap {
    pub fn new() -> Self {
        RangeMap::default()
    }

    pub fn set(&mut self, start: u32, end: u32, value: char) {
        if start >= end {
            return;
        }
        self.clear(start, end);
        self.ranges.insert(start, (end, value));
        self.join(start);
    }

    pub fn clear(&mut self, start: u32, end: u32) {
        self.cut(start);
        self.cut(end);
        let covered: Vec<u32> = self.ranges.range(start..end).map(|(key, _)| *key).collect();
        for key in covered {
            self.ranges.remove(&key);
        }
    }

    pub fn get(&self, at: u32) -> Option<char> {
        let (_, &(end, value)) = self.ranges.range(..=at).next_back()?;
        if at < end {
            Some(value)
        } else {
            None
        }
    }

    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many numbers have the value.
    pub fn count(&self, wanted: char) -> u32 {
        self.ranges
            .iter()
            .filter(|(_, (_, value))| *value == wanted)
            .map(|(start, (end, _))| end - start)
            .sum()
    }

    pub fn describe(&self) -> String {
        let mut parts = Vec::new();
        for (start, (end, value)) in &self.ranges {
            parts.push(format!("{start}..{end}={value}"));
        }
        parts.join(" ")
    }

    /// Makes two ranges of one that goes across `at`.
    fn cut(&mut self, at: u32) {
        let Some((&start, &(end, value))) = self.ranges.range(..at).next_back() else {
            return;
        };
        if end > at {
            self.ranges.insert(start, (at, value));
            self.ranges.insert(at, (end, value));
        }
    }

    /// Makes one range of that at `start` and neighbours of the same value.
    fn join(&mut self, start: u32) {
        let mut first = start;
        let (mut end, value) = self.ranges[&start];
        if let Some((&before, &(before_end, other))) = self.ranges.range(..start).next_back() {
            if before_end == start && other == value {
                self.ranges.remove(&start);
                first = before;
            }
        }
        if let Some(&(after_end, other)) = self.ranges.get(&end) {
            if other == value {
                self.ranges.remove(&end);
                end = after_end;
            }
        }
        self.ranges.insert(first, (end, value));
    }
}
