//! Conway's game on a board whose edges meet.

use std::fmt;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Board {
    width: usize,
    height: usize,
    cells: Vec<bool>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Fate {
    Dies { after: usize },
    Repeats { after: usize, period: usize },
    GoesOn,
}

impl Board {
    pub fn parse(text: &str) -> Option<Board> {
        let rows: Vec<&str> = text.lines().map(str::trim).filter(|row| !row.is_empty()).collect();
        let width = rows.first()?.len();
        let mut cells = Vec::with_capacity(width * rows.len());
        for row in &rows {
            if row.len() != width {
                return None;
            }
            for mark in row.chars() {
                match mark {
                    '#' => cells.push(true),
                    '.' => cells.push(false),
                    _ => return None,
                }
            }
        }
        Some(Board { width, height: rows.len(), cells })
    }

    pub fn population(&self) -> usize {
        self.cells.iter().filter(|alive| **alive).count()
    }

    pub fn alive(&self, x: i64, y: i64) -> bool {
        let col = x.rem_euclid(self.width as i64) as usize;
        let row = y.rem_euclid(self.height as i64) as usize;
        self.cells[row * self.width + col]
    }

    fn neighbours(&self, x: i64, y: i64) -> usize {
        let mut count = 0;
        for dy in -1..=1 {
            for dx in -1..=1 {
                if (dx != 0 || dy != 0) && self.alive(x + dx, y + dy) {
                    count += 1;
                }
            }
        }
        count
    }

    pub fn next(&self) -> Board {
        let mut cells = Vec::with_capacity(self.cells.len());
        for y in 0..self.height as i64 {
            for x in 0..self.width as i64 {
                let count = self.neighbours(x, y);
                cells.push(count == 3 || (count == 2 && self.alive(x, y)));
            }
        }
        Board { cells, ..*self }
    }

    pub fn fate(&self, steps_max: usize) -> Fate {
        let mut history = vec![self.clone()];
        for step in 1..=steps_max {
            let board = history[step - 1].next();
            if board.population() == 0 {
                return Fate::Dies { after: step };
            }
            if let Some(before) = history.iter().position(|earlier| *earlier == board) {
                return Fate::Repeats { after: before, period: step - before };
            }
            history.push(board);
        }
        Fate::GoesOn
    }
}

impl fmt::Display for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.cells.chunks(self.width) {
            let line: String = row.iter().map(|alive| if *alive { '#' } else { '.' }).collect();
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}
