use toolbox::life::{Board, Fate};

fn board(text: &str) -> Board {
    Board::parse(text).unwrap()
}

#[test]
fn parses_and_prints() {
    let text = "#..\n.#.\n";
    assert_eq!(board(text).to_string(), text);
    assert_eq!(board(text).population(), 2);
    assert_eq!(Board::parse("#.\n#\n"), None);
    assert_eq!(Board::parse("#x\n"), None);
    assert_eq!(Board::parse("  \n"), None);
}

#[test]
fn edges_meet() {
    let b = board("#..\n...\n..#\n..#\n");
    assert!(b.alive(0, 0) && b.alive(3, 4) && b.alive(-1, -1) && b.alive(2, -2));
    assert!(!b.alive(1, 0) && !b.alive(0, 1));
}

#[test]
fn a_blinker_blinks() {
    let blinker = board(".....\n..#..\n..#..\n..#..\n.....\n");
    assert_eq!(blinker.next().to_string(), ".....\n.....\n.###.\n.....\n.....\n");
    assert_eq!(blinker.fate(10), Fate::Repeats { after: 0, period: 2 });
}

#[test]
fn a_glider_comes_round() {
    let glider = board(".#...\n..#..\n###..\n.....\n.....\n");
    assert_eq!(glider.fate(30), Fate::Repeats { after: 0, period: 20 });
    assert_eq!(glider.fate(19), Fate::GoesOn);
}

#[test]
fn fates() {
    assert_eq!(board("....\n.#..\n.#..\n....\n").fate(5), Fate::Dies { after: 1 });
    let corner = board(".....\n.##..\n.#...\n.....\n.....\n");
    assert_eq!(corner.fate(5), Fate::Repeats { after: 1, period: 1 });
}
