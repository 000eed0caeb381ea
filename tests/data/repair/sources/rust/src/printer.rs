//! Values as JSON text, on one line or several.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

pub struct Printer {
    pub indent: usize, // 0: all on one line
    pub width: usize,  // lists that fit go on one line
}

impl Printer {
    pub fn print(&self, value: &Value) -> String {
        let mut out = String::new();
        self.value(value, 0, &mut out);
        out
    }

    fn value(&self, value: &Value, depth: usize, out: &mut String) {
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Value::Number(number) => out.push_str(&number_text(*number)),
            Value::Text(text) => quote(text, out),
            Value::List(items) => {
                let parts: Vec<String> = items.iter().map(|item| self.part(item, depth + 1)).collect();
                self.block('[', ']', &parts, depth, out);
            }
            Value::Object(fields) => {
                let mut parts = Vec::new();
                for (name, field) in fields {
                    let mut part = String::new();
                    quote(name, &mut part);
                    part.push_str(": ");
                    part.push_str(&self.part(field, depth + 1));
                    parts.push(part);
                }
                self.block('{', '}', &parts, depth, out);
            }
        }
    }

    fn part(&self, value: &Value, depth: usize) -> String {
        let mut out = String::new();
        self.value(value, depth, &mut out);
        out
    }

    fn block(&self, open: char, close: char, parts: &[String], depth: usize, out: &mut String) {
        out.push(open);
        let line = parts.join(", ");
        let fits = line.len() + 2 + depth * self.indent <= self.width && !line.contains('\n');
        if self.indent == 0 || fits {
            out.push_str(&line);
        } else {
            for (index, part) in parts.iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                out.push_str(&" ".repeat((depth + 1) * self.indent));
                out.push_str(part);
            }
            out.push('\n');
            out.push_str(&" ".repeat(depth * self.indent));
        }
        out.push(close);
    }
}

fn number_text(number: f64) -> String {
    if !number.is_finite() {
        return "null".to_string();
    }
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{}", number as i64);
    }
    format!("{number}")
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            other if (other as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", other as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
}
