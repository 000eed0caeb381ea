// Package ring is a fixture.
package ring

import (
	"fmt"
	str "strings"
)

const Limit = 3

const (
	ModeRead = iota
	ModeWrite
)

var current, other int

// Ring holds bytes.
type Ring[T any] struct {
	head, tail int
	inner      *Inner
}

type (
	Reader interface {
		Read(p []byte) (n int, err error)
	}
	Alias = Ring[int]
	Size  int
)

// Push adds one.
func (r *Ring[T]) Push(c T) error {
	next := r.head + Limit
	for i, v := range r.items {
		fmt.Println(i, v, current)
	}
	return r.store(next, c)
}

func (s Size) Bytes() int { return int(s) }

func New(size Size, names ...string) *Inner {
	callback := func(x int) int { return x }
	return &Inner{size: callback(1), name: str.Join(names, "")}
}

func TestArea(t *testing.T) { t.Log(Area(nil)) }

func Testify(name string) {}
