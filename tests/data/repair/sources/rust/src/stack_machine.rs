//! A machine with a stack: "2 3 + dup *" is 25.

use std::collections::HashMap;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    Underflow { word: String },
    UnknownWord(String),
    DivisionByZero,
    TooManySteps,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Underflow { word } => write!(f, "{word}: not enough on the stack"),
            Fault::UnknownWord(word) => write!(f, "{word}: unknown word"),
            Fault::DivisionByZero => write!(f, "division by zero"),
            Fault::TooManySteps => write!(f, "too many steps"),
        }
    }
}

pub struct Machine {
    stack: Vec<i64>,
    words: HashMap<String, Vec<String>>,
    steps_left: usize,
}

impl Machine {
    pub fn new(steps_max: usize) -> Self {
        Machine { stack: Vec::new(), words: HashMap::new(), steps_left: steps_max }
    }

    pub fn stack(&self) -> &[i64] {
        &self.stack
    }

    /// Later definitions of a name replace earlier ones.
    pub fn define(&mut self, name: &str, body: &str) {
        let body = body.split_whitespace().map(str::to_string).collect();
        self.words.insert(name.to_string(), body);
    }

    pub fn run(&mut self, program: &str) -> Result<Option<i64>, Fault> {
        for word in program.split_whitespace() {
            self.step(word)?;
        }
        Ok(self.stack.last().copied())
    }

    fn step(&mut self, word: &str) -> Result<(), Fault> {
        if self.steps_left == 0 {
            return Err(Fault::TooManySteps);
        }
        self.steps_left -= 1;
        if let Ok(number) = word.parse::<i64>() {
            self.stack.push(number);
            return Ok(());
        }
        if let Some(body) = self.words.get(word).cloned() {
            for part in &body {
                self.step(part)?;
            }
            return Ok(());
        }
        self.builtin(word)
    }

    fn pop(&mut self, word: &str) -> Result<i64, Fault> {
        self.stack.pop().ok_or_else(|| Fault::Underflow { word: word.to_string() })
    }

    fn builtin(&mut self, word: &str) -> Result<(), Fault> {
        match word {
            "dup" => {
                let top = self.pop(word)?;
                self.stack.push(top);
                self.stack.push(top);
            }
            "drop" => {
                self.pop(word)?;
            }
            "swap" => {
                let top = self.pop(word)?;
                let below = self.pop(word)?;
                self.stack.push(top);
                self.stack.push(below);
            }
            "+" | "-" | "*" | "/" | "max" => {
                let right = self.pop(word)?;
                let left = self.pop(word)?;
                let result = match word {
                    "+" => left + right,
                    "-" => left - right,
                    "*" => left * right,
                    "max" => left.max(right),
                    _ if right == 0 => return Err(Fault::DivisionByZero),
                    _ => left / right,
                };
                self.stack.push(result);
            }
            _ => return Err(Fault::UnknownWord(word.to_string())),
        }
        Ok(())
    }
}
