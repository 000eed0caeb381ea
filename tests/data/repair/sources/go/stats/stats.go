// Package stats sums up series of numbers.
package stats

import (
	"math"
	"sort"
)

// Summary describes a series.
type Summary struct {
	Count     int
	Mean      float64
	Deviation float64
	Least     float64
	Most      float64
}

// Of sums a series up in one pass; all zero for an empty one.
func Of(series []float64) Summary {
	var s Summary
	squares := 0.0
	for i, x := range series {
		if i == 0 || x < s.Least {
			s.Least = x
		}
		if i == 0 || x > s.Most {
			s.Most = x
		}
		s.Count++
		delta := x - s.Mean
		s.Mean += delta / float64(s.Count)
		squares += delta * (x - s.Mean)
	}
	if s.Count > 1 {
		s.Deviation = math.Sqrt(squares / float64(s.Count-1))
	}
	return s
}

// Quantile interpolates between the neighbours; q is 0 to 1.
func Quantile(series []float64, q float64) float64 {
	if len(series) == 0 {
		return math.NaN()
	}
	sorted := append([]float64(nil), series...)
	sort.Float64s(sorted)
	place := q * float64(len(sorted)-1)
	below := int(math.Floor(place))
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	share := place - float64(below)
	return sorted[below]*(1-share) + sorted[below+1]*share
}

// Moving averages over windows of n; shorter by n-1 than the series.
func Moving(series []float64, n int) []float64 {
	if n < 1 || n > len(series) {
		return nil
	}
	var result []float64
	sum := 0.0
	for i, x := range series {
		sum += x
		if i >= n {
			sum -= series[i-n]
		}
		if i >= n-1 {
			result = append(result, sum/float64(n))
		}
	}
	return result
}

// Histogram counts values in `bins` equal parts of [low, high]; what lies outside is left out.
func Histogram(series []float64, low, high float64, bins int) []int {
	counts := make([]int, bins)
	width := (high - low) / float64(bins)
	for _, x := range series {
		if x < low || x > high {
			continue
		}
		bin := int((x - low) / width)
		if bin == bins {
			bin--
		}
		counts[bin]++
	}
	return counts
}

// Line fits y = slope*x + offset; false where all x are the same.
func Line(x, y []float64) (slope, offset float64, ok bool) {
	a, b := Of(x), Of(y)
	if a.Count < 2 || a.Deviation == 0 {
		return 0, 0, false
	}
	products := 0.0
	for i := range x {
		products += (x[i] - a.Mean) * (y[i] - b.Mean)
	}
	slope = products / float64(a.Count-1) / (a.Deviation * a.Deviation)
	return slope, b.Mean - slope*a.Mean, true
}
