package bitset

import "testing"

func TestAddAndRemove(t *testing.T) {
	s := Of(1, 5, 64, 130)
	for _, n := range []int{1, 5, 64, 130} {
		if !s.Has(n) {
			t.Errorf("Has(%d) = false", n)
		}
	}
	for _, n := range []int{-1, 0, 2, 63, 65, 129, 131, 500} {
		if s.Has(n) {
			t.Errorf("Has(%d) = true", n)
		}
	}
	s.Remove(64)
	s.Remove(64)
	s.Remove(900)
	if s.Has(64) || s.Len() != 3 {
		t.Errorf("after Remove: %v", s)
	}
}

func TestUnionAndCommon(t *testing.T) {
	a, b := Of(1, 2, 100), Of(2, 3, 4)
	if got := a.Union(b).String(); got != "{1-4,100}" {
		t.Errorf("Union = %s", got)
	}
	if got := b.Union(a).String(); got != "{1-4,100}" {
		t.Errorf("Union, turned round = %s", got)
	}
	if got := a.Common(b).String(); got != "{2}" {
		t.Errorf("Common = %s", got)
	}
	if a.Len() != 3 || b.Len() != 3 {
		t.Errorf("operands have changed: %v %v", a, b)
	}
}

func TestNext(t *testing.T) {
	s := Of(3, 64, 200)
	for n, want := range map[int]int{0: 3, 3: 3, 4: 64, 64: 64, 65: 200, 201: -1, 999: -1} {
		if got := s.Next(n); got != want {
			t.Errorf("Next(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestString(t *testing.T) {
	for want, s := range map[string]Set{
		"{}":              Of(),
		"{0}":             Of(0),
		"{0,1}":           Of(1, 0),
		"{3-5,7,8,62-65}": Of(3, 4, 5, 7, 8, 62, 63, 64, 65),
	} {
		if got := s.String(); got != want {
			t.Errorf("String() = %s, want %s", got, want)
		}
	}
}
