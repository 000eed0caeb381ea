package graph

import (
	"reflect"
	"testing"
)

func linked(pairs ...string) Graph {
	g := Graph{}
	for _, pair := range pairs {
		g.Link(pair[:1], pair[1:])
	}
	return g
}

func TestDistances(t *testing.T) {
	g := linked("ab", "bc", "cd", "ad", "de", "xy")
	want := map[string]int{"a": 0, "b": 1, "d": 1, "c": 2, "e": 2}
	if got := g.Distances("a"); !reflect.DeepEqual(got, want) {
		t.Errorf("Distances(a) = %v", got)
	}
}

func TestLinkTwiceIsOnce(t *testing.T) {
	g := linked("ab", "ba", "ab", "cc")
	if len(g["a"]) != 1 || len(g["b"]) != 1 || len(g["c"]) != 1 {
		t.Errorf("links: %v", g)
	}
}

func TestComponents(t *testing.T) {
	g := linked("xy", "ab", "bc", "mn")
	want := [][]string{{"a", "b", "c"}, {"m", "n"}, {"x", "y"}}
	if got := g.Components(); !reflect.DeepEqual(got, want) {
		t.Errorf("Components() = %v", got)
	}
}

func TestColours(t *testing.T) {
	colours, ok := linked("ab", "bc", "cd", "da", "pq").Colours()
	if !ok || colours["a"] == colours["b"] || colours["a"] != colours["c"] || colours["p"] == colours["q"] {
		t.Errorf("Colours() = %v, %v", colours, ok)
	}
	if len(colours) != 6 {
		t.Errorf("Colours() = %v", colours)
	}
	if _, ok := linked("ab", "bc", "ca").Colours(); ok {
		t.Error("a triangle has no two colours")
	}
}

func TestDiameter(t *testing.T) {
	if got := linked("ab", "bc", "cd", "be").Diameter(); got != 3 {
		t.Errorf("Diameter() = %d", got)
	}
	if got := linked("ab", "cd").Diameter(); got != -1 {
		t.Errorf("Diameter() of two parts = %d", got)
	}
}
