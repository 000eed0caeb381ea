use toolbox::duration::{Clock, Timetable};

fn at(text: &str) -> Clock {
    text.parse().unwrap()
}

#[test]
fn reads_and_writes() {
    assert_eq!(at("7:05").text(), "07:05");
    assert_eq!(at("23:59").text(), "23:59");
    assert_eq!("24:00".parse::<Clock>(), Err("24:00: no such time".to_string()));
    assert_eq!("12:60".parse::<Clock>(), Err("12:60: no such time".to_string()));
    assert_eq!("1200".parse::<Clock>(), Err("1200: no colon".to_string()));
    assert_eq!("a:00".parse::<Clock>(), Err("a: not a number".to_string()));
    assert!(Clock::new(0, 59).is_some());
}

#[test]
fn counts_round_midnight() {
    assert_eq!(at("23:30").plus(45), at("0:15"));
    assert_eq!(at("0:15").plus(-45), at("23:30"));
    assert_eq!(at("23:30").until(at("0:15")), 45);
    assert_eq!(at("8:00").until(at("8:00")), 0);
    assert_eq!(at("8:00").until(at("9:10")), 70);
}

fn table() -> Timetable {
    let mut table = Timetable::default();
    table.add_line("red", at("6:00"), at("7:00"), 20);
    table.add_line("blue", at("6:10"), at("6:15"), 10);
    table
}

#[test]
fn lists_departures() {
    assert_eq!(table().len(), 5);
    assert!(Timetable::default().is_empty());
    let mut none = Timetable::default();
    none.add_line("never", at("6:00"), at("7:00"), 0);
    assert_eq!(none.len(), 0);
}

#[test]
fn finds_the_next() {
    let table = table();
    assert_eq!(table.next(at("6:05")), Some(&(at("6:10"), "blue".to_string())));
    assert_eq!(table.next(at("6:20")), Some(&(at("6:20"), "red".to_string())));
    assert_eq!(table.next(at("7:01")), Some(&(at("6:00"), "red".to_string())));
    assert_eq!(Timetable::default().next(at("7:01")), None);
}

#[test]
fn knows_the_longest_wait() {
    assert_eq!(table().longest_wait(), Some(23 * 60));
    let mut day = Timetable::default();
    day.add_line("all day", at("0:00"), at("23:00"), 60);
    assert_eq!(day.longest_wait(), Some(60));
    assert_eq!(Timetable::default().longest_wait(), None);
}
