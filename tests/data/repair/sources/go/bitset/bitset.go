// Package bitset holds sets of small numbers, a bit each.
package bitset

import (
	"math/bits"
	"strconv"
	"strings"
)

const wordBits = 64

// Set grows as numbers are added; its zero value is empty.
type Set struct {
	words []uint64
}

// Of makes a set of numbers.
func Of(numbers ...int) Set {
	var s Set
	for _, n := range numbers {
		s.Add(n)
	}
	return s
}

// Add puts a number of zero or more into the set.
func (s *Set) Add(n int) {
	word := n / wordBits
	for len(s.words) <= word {
		s.words = append(s.words, 0)
	}
	s.words[word] |= 1 << (uint(n) % wordBits)
}

// Remove takes a number out, if it is in.
func (s *Set) Remove(n int) {
	word := n / wordBits
	if word < len(s.words) {
		s.words[word] &^= 1 << (uint(n) % wordBits)
	}
}

// Has says whether the number is in the set.
func (s Set) Has(n int) bool {
	word := n / wordBits
	if n < 0 || word >= len(s.words) {
		return false
	}
	return s.words[word]&(1<<(uint(n)%wordBits)) != 0
}

// Len counts the numbers.
func (s Set) Len() int {
	total := 0
	for _, word := range s.words {
		total += bits.OnesCount64(word)
	}
	return total
}

// Union has what is in either set.
func (s Set) Union(other Set) Set {
	longer, shorter := s.words, other.words
	if len(longer) < len(shorter) {
		longer, shorter = shorter, longer
	}
	result := Set{words: append([]uint64(nil), longer...)}
	for i, word := range shorter {
		result.words[i] |= word
	}
	return result
}

// Common has what is in both sets.
func (s Set) Common(other Set) Set {
	var result Set
	for i := 0; i < len(s.words) && i < len(other.words); i++ {
		result.words = append(result.words, s.words[i]&other.words[i])
	}
	return result
}

// Next is the least number of the set that is not below n, or -1.
func (s Set) Next(n int) int {
	for word := n / wordBits; word < len(s.words); word++ {
		left := s.words[word]
		if word == n/wordBits {
			left &= ^uint64(0) << (uint(n) % wordBits)
		}
		if left != 0 {
			return word*wordBits + bits.TrailingZeros64(left)
		}
	}
	return -1
}

// String lists the numbers, runs of three or more as "first-last".
func (s Set) String() string {
	var parts []string
	for first := s.Next(0); first >= 0; {
		last := first
		for s.Has(last + 1) {
			last++
		}
		switch {
		case last == first:
			parts = append(parts, strconv.Itoa(first))
		case last == first+1:
			parts = append(parts, strconv.Itoa(first), strconv.Itoa(last))
		default:
			parts = append(parts, strconv.Itoa(first)+"-"+strconv.Itoa(last))
		}
		first = s.Next(last + 1)
	}
	return "{" + strings.Join(parts, ",") + "}"
}
