use toolbox::bounded_heap::{merge, Best};

fn names(best: Best) -> Vec<String> {
    best.into_sorted().into_iter().map(|item| item.name).collect()
}

#[test]
fn keeps_the_best() {
    let mut best = Best::new(3);
    for (name, score) in [("a", 1.0), ("b", 5.0), ("c", 3.0), ("d", 4.0), ("e", 2.0)] {
        best.offer(name, score);
    }
    assert_eq!(best.seen(), 5);
    assert_eq!(best.threshold(), Some(3.0));
    assert_eq!(names(best), ["b", "d", "c"]);
}

#[test]
fn says_what_it_keeps() {
    let mut best = Best::new(2);
    assert!(best.offer("m", 1.0));
    assert_eq!(best.threshold(), None);
    assert!(best.offer("n", 2.0));
    assert!(!best.offer("o", 1.0));
    assert!(best.offer("k", 1.0));
    assert!(!best.offer("z", 0.5));
    assert!(!best.offer("x", f64::NAN));
    assert_eq!(best.seen(), 6);
    assert_eq!(names(best), ["n", "k"]);
    assert!(!Best::new(0).offer("a", 1.0));
}

#[test]
fn merges() {
    assert_eq!(merge(&[vec![1, 4, 9], vec![2, 4, 8, 10], vec![], vec![4]]), [1, 2, 4, 8, 9, 10]);
    assert_eq!(merge(&[vec![-3, -3, 0]]), [-3, 0]);
    assert!(merge(&[]).is_empty());
}
