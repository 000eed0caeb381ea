"""Small tools of a household: sums, ranges, errands, texts."""
