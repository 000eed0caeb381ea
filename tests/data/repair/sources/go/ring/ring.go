// Package ring keeps the last values of a stream.
package ring

import "errors"

// ErrEmpty says that there is nothing to take.
var ErrEmpty = errors.New("ring: empty")

// Buffer overwrites its oldest value when it is full.
type Buffer struct {
	values []int
	start  int
	count  int
	lost   int
}

// New makes a buffer of a size of at least one.
func New(size int) *Buffer {
	if size < 1 {
		size = 1
	}
	return &Buffer{values: make([]int, size)}
}

func (b *Buffer) Len() int  { return b.count }
func (b *Buffer) Lost() int { return b.lost }

// Push adds a value and says whether an older one had to go.
func (b *Buffer) Push(value int) bool {
	end := (b.start + b.count) % len(b.values)
	b.values[end] = value
	if b.count < len(b.values) {
		b.count++
		return false
	}
	b.start = (b.start + 1) % len(b.values)
	b.lost++
	return true
}

// Pop takes the oldest value.
func (b *Buffer) Pop() (int, error) {
	if b.count == 0 {
		return 0, ErrEmpty
	}
	value := b.values[b.start]
	b.start = (b.start + 1) % len(b.values)
	b.count--
	return value, nil
}

// At is the value that came `back` values before the newest.
func (b *Buffer) At(back int) (int, bool) {
	if back < 0 || back >= b.count {
		return 0, false
	}
	index := (b.start + b.count - 1 - back) % len(b.values)
	return b.values[index], true
}

// All gives the values, oldest first.
func (b *Buffer) All() []int {
	result := make([]int, 0, b.count)
	for i := 0; i < b.count; i++ {
		result = append(result, b.values[(b.start+i)%len(b.values)])
	}
	return result
}

// Resize keeps the newest values that fit.
func (b *Buffer) Resize(size int) {
	kept := b.All()
	if size < len(kept) {
		b.lost += len(kept) - size
		kept = kept[len(kept)-size:]
	}
	b.values = make([]int, size)
	copy(b.values, kept)
	b.start = 0
	b.count = len(kept)
}
