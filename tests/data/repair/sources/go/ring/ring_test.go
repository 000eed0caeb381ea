package ring

import (
	"reflect"
	"testing"
)

func filled(size int, values ...int) *Buffer {
	b := New(size)
	for _, v := range values {
		b.Push(v)
	}
	return b
}

func TestPushOverwritesTheOldest(t *testing.T) {
	b := filled(3, 1, 2)
	if b.Push(3) {
		t.Error("Push(3) dropped a value of a buffer that was not full")
	}
	if !b.Push(4) {
		t.Error("Push(4) dropped nothing")
	}
	b.Push(5)
	if got := b.All(); !reflect.DeepEqual(got, []int{3, 4, 5}) {
		t.Errorf("All() = %v", got)
	}
	if b.Lost() != 2 || b.Len() != 3 {
		t.Errorf("Lost() = %d, Len() = %d", b.Lost(), b.Len())
	}
}

func TestPopTakesTheOldest(t *testing.T) {
	b := filled(2, 7, 8, 9)
	for _, want := range []int{8, 9} {
		if got, err := b.Pop(); err != nil || got != want {
			t.Errorf("Pop() = %d, %v, want %d", got, err, want)
		}
	}
	if _, err := b.Pop(); err != ErrEmpty {
		t.Errorf("Pop() of nothing: %v", err)
	}
	b.Push(1)
	if got := b.All(); !reflect.DeepEqual(got, []int{1}) {
		t.Errorf("All() = %v", got)
	}
}

func TestAt(t *testing.T) {
	b := filled(4, 1, 2, 3, 4, 5)
	for back, want := range []int{5, 4, 3, 2} {
		if got, ok := b.At(back); !ok || got != want {
			t.Errorf("At(%d) = %d, %v, want %d", back, got, ok, want)
		}
	}
	if _, ok := b.At(4); ok {
		t.Error("At(4) of four values")
	}
	if _, ok := b.At(-1); ok {
		t.Error("At(-1)")
	}
}

func TestResize(t *testing.T) {
	b := filled(4, 1, 2, 3, 4, 5)
	b.Resize(2)
	if got := b.All(); !reflect.DeepEqual(got, []int{4, 5}) {
		t.Errorf("All() = %v", got)
	}
	if b.Lost() != 3 {
		t.Errorf("Lost() = %d", b.Lost())
	}
	b.Resize(3)
	b.Push(6)
	if got := b.All(); !reflect.DeepEqual(got, []int{4, 5, 6}) {
		t.Errorf("All() = %v", got)
	}
	if got := len(New(0).values); got != 1 {
		t.Errorf("New(0) has room for %d", got)
	}
}
