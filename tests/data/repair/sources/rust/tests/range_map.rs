use toolbox::range_map::RangeMap;

fn of(ranges: &[(u32, u32, char)]) -> RangeMap {
    let mut map = RangeMap::new();
    for &(start, end, value) in ranges {
        map.set(start, end, value);
    }
    map
}

#[test]
fn overwrites() {
    let map = of(&[(0, 10, 'a'), (3, 5, 'b')]);
    assert_eq!(map.describe(), "0..3=a 3..5=b 5..10=a");
    assert_eq!(map.len(), 3);
    assert_eq!(of(&[(2, 4, 'a'), (0, 10, 'b')]).describe(), "0..10=b");
    assert_eq!(of(&[(0, 4, 'a'), (2, 6, 'b')]).describe(), "0..2=a 2..6=b");
    assert_eq!(of(&[(2, 6, 'a'), (0, 4, 'b')]).describe(), "0..4=b 4..6=a");
}

#[test]
fn joins_equal_neighbours() {
    assert_eq!(of(&[(0, 2, 'a'), (2, 4, 'a')]).describe(), "0..4=a");
    assert_eq!(of(&[(2, 4, 'a'), (0, 2, 'a')]).describe(), "0..4=a");
    assert_eq!(of(&[(0, 2, 'a'), (4, 6, 'a'), (2, 4, 'a')]).describe(), "0..6=a");
    assert_eq!(of(&[(0, 2, 'a'), (2, 4, 'b')]).len(), 2);
    assert_eq!(of(&[(0, 2, 'a'), (3, 4, 'a')]).len(), 2);
}

#[test]
fn looks_up() {
    let map = of(&[(2, 4, 'a'), (4, 6, 'b'), (8, 9, 'a')]);
    let found: Vec<_> = (0..10).map(|at| map.get(at).unwrap_or('-')).collect();
    assert_eq!(found.iter().collect::<String>(), "--aabb--a-");
    assert_eq!(map.count('a'), 3);
    assert_eq!(map.count('z'), 0);
}

#[test]
fn clears() {
    let mut map = of(&[(0, 10, 'a')]);
    map.clear(4, 6);
    assert_eq!(map.describe(), "0..4=a 6..10=a");
    map.clear(0, 4);
    assert_eq!(map.describe(), "6..10=a");
    map.set(5, 5, 'b');
    map.set(9, 3, 'b');
    assert_eq!(map.len(), 1);
    map.clear(0, 100);
    assert!(map.is_empty());
}
