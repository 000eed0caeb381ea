//! Small parts that other programs are made of.

pub mod bounded_heap;
pub mod duration;
pub mod life;
pub mod printer;
pub mod range_map;
pub mod stack_machine;
