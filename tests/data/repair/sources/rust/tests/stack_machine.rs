use toolbox::stack_machine::{Fault, Machine};

fn run(program: &str) -> Result<Option<i64>, Fault> {
    Machine::new(100).run(program)
}

#[test]
fn computes() {
    assert_eq!(run("2 3 + dup *"), Ok(Some(25)));
    assert_eq!(run("10 4 -"), Ok(Some(6)));
    assert_eq!(run("17 5 /"), Ok(Some(3)));
    assert_eq!(run("3 8 max 2 max"), Ok(Some(8)));
    assert_eq!(run(""), Ok(None));
}

#[test]
fn moves_things() {
    let mut machine = Machine::new(100);
    machine.run("1 2 3 swap drop").unwrap();
    assert_eq!(machine.stack(), &[1, 3]);
}

#[test]
fn knows_new_words() {
    let mut machine = Machine::new(100);
    machine.define("square", "dup *");
    machine.define("fourth", "square square");
    assert_eq!(machine.run("3 fourth"), Ok(Some(81)));
    machine.define("square", "drop 2");
    assert_eq!(machine.run("7 fourth"), Ok(Some(2)));
}

#[test]
fn says_what_is_wrong() {
    assert_eq!(run("1 +"), Err(Fault::Underflow { word: "+".to_string() }));
    assert_eq!(run("1 0 /"), Err(Fault::DivisionByZero));
    assert_eq!(run("1 what").unwrap_err().to_string(), "what: unknown word");
    assert_eq!(run("drop").unwrap_err().to_string(), "drop: not enough on the stack");
}

#[test]
fn ends() {
    let mut machine = Machine::new(50);
    machine.define("again", "1 drop again");
    assert_eq!(machine.run("again"), Err(Fault::TooManySteps));
    assert_eq!(Machine::new(3).run("1 2 +"), Ok(Some(3)));
    assert_eq!(Machine::new(2).run("1 2 +"), Err(Fault::TooManySteps));
}
