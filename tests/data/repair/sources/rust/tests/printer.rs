use std::collections::BTreeMap;
use toolbox::printer::{Printer, Value};

fn numbers(values: &[f64]) -> Value {
    Value::List(values.iter().map(|n| Value::Number(*n)).collect())
}

fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect::<BTreeMap<_, _>>())
}

fn line(value: &Value) -> String {
    Printer { indent: 0, width: 0 }.print(value)
}

#[test]
fn prints_scalars() {
    assert_eq!(line(&Value::Null), "null");
    assert_eq!(line(&Value::Bool(true)), "true");
    assert_eq!(line(&Value::Bool(false)), "false");
    assert_eq!(line(&numbers(&[1.0, -2.5, 1e20, f64::NAN])), "[1, -2.5, 100000000000000000000, null]");
}

#[test]
fn quotes() {
    let text = Value::Text("a \"b\" \\ c\nd\u{1}".to_string());
    assert_eq!(line(&text), "\"a \\\"b\\\" \\\\ c\\nd\\u0001\"");
    assert_eq!(line(&Value::Text(" ".to_string())), "\" \"");
}

#[test]
fn prints_on_one_line() {
    let value = object(vec![("b", Value::Null), ("a", numbers(&[1.0, 2.0]))]);
    assert_eq!(line(&value), "{\"a\": [1, 2], \"b\": null}");
    assert_eq!(line(&numbers(&[])), "[]");
}

#[test]
fn breaks_what_does_not_fit() {
    let value = object(vec![("list", numbers(&[10.0, 20.0, 30.0])), ("yes", Value::Bool(true))]);
    let printer = Printer { indent: 2, width: 14 };
    assert_eq!(printer.print(&value), "{\n  \"list\": [10, 20, 30],\n  \"yes\": true\n}");
    let narrow = Printer { indent: 2, width: 13 };
    assert_eq!(
        narrow.print(&value),
        "{\n  \"list\": [\n    10,\n    20,\n    30\n  ],\n  \"yes\": true\n}"
    );
}
