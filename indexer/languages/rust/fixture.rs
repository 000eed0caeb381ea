//! A fixture.
use std::collections::HashMap;
use crate::shapes::{self, Circle, square::Square as Sq};

mod inner {
    pub fn helper() {}
}
mod outside;

pub const LIMIT: usize = 3;
static mut CURRENT: i32 = 0;

/// A shape.
#[derive(Debug)]
pub struct Ring<T> {
    head: usize,
    items: Vec<T>,
}

pub enum Mode {
    Read,
    Write { bytes: usize },
}

pub trait Area {
    type Unit;
    const SIDES: u32;
    fn area(&self, origin: &Point) -> f64;
    fn double(&self) -> f64 {
        self.area(&Point::default()) * 2.0
    }
}

impl<T: Clone> Area for Ring<T> {
    type Unit = f64;
    fn area(&self, origin: &Point) -> f64 {
        let local = self.head + LIMIT;
        compute(local, origin)
    }
}

impl Mode {
    pub fn new() -> Self {
        let twice = |x: i32| x * 2;
        println!("{}", twice(3));
        inner::helper();
        Mode::Read
    }
}

type Table = HashMap<String, Ring<u8>>;

macro_rules! square {
    ($x:expr) => { $x * $x };
}

#[cfg(test)]
mod tests {
    #[test]
    #[should_panic]
    fn panics() {
        super::Mode::new();
    }

    #[tokio::test]
    async fn waits() {}

    fn helper() {}
}
