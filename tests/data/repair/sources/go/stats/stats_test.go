package stats

import (
	"math"
	"reflect"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestOf(t *testing.T) {
	s := Of([]float64{4, 2, 8, 6})
	if s.Count != 4 || !near(s.Mean, 5) || !near(s.Least, 2) || !near(s.Most, 8) {
		t.Errorf("Of = %+v", s)
	}
	if !near(s.Deviation, math.Sqrt(20.0/3)) {
		t.Errorf("Deviation = %v", s.Deviation)
	}
	if got := Of([]float64{-3}); got.Deviation != 0 || got.Most != -3 || got.Least != -3 {
		t.Errorf("Of one = %+v", got)
	}
	if got := Of([]float64{1, 3}).Deviation; !near(got, math.Sqrt2) {
		t.Errorf("Deviation of two = %v", got)
	}
}

func TestQuantile(t *testing.T) {
	series := []float64{40, 10, 30, 20}
	for q, want := range map[float64]float64{0: 10, 1: 40, 0.5: 25, 0.25: 17.5, 0.9: 37} {
		if got := Quantile(series, q); !near(got, want) {
			t.Errorf("Quantile(%v) = %v, want %v", q, got, want)
		}
	}
	if series[0] != 40 {
		t.Error("Quantile has sorted its argument")
	}
	if !math.IsNaN(Quantile(nil, 0.5)) {
		t.Error("Quantile of nothing")
	}
}

func TestMoving(t *testing.T) {
	if got := Moving([]float64{1, 3, 5, 10}, 2); !reflect.DeepEqual(got, []float64{2, 4, 7.5}) {
		t.Errorf("Moving = %v", got)
	}
	if got := Moving([]float64{1, 3, 5}, 3); !reflect.DeepEqual(got, []float64{3}) {
		t.Errorf("Moving = %v", got)
	}
	if Moving([]float64{1}, 2) != nil || Moving([]float64{1}, 0) != nil {
		t.Error("Moving over windows that do not fit")
	}
	if got := Moving([]float64{4, 5}, 1); len(got) != 2 {
		t.Errorf("Moving = %v", got)
	}
}

func TestHistogram(t *testing.T) {
	got := Histogram([]float64{-1, 0, 1, 2.5, 5, 9.9, 10, 11}, 0, 10, 4)
	if !reflect.DeepEqual(got, []int{2, 1, 1, 2}) {
		t.Errorf("Histogram = %v", got)
	}
}

func TestLine(t *testing.T) {
	slope, offset, ok := Line([]float64{1, 2, 4}, []float64{5, 7, 11})
	if !ok || !near(slope, 2) || !near(offset, 3) {
		t.Errorf("Line = %v, %v, %v", slope, offset, ok)
	}
	if _, _, ok := Line([]float64{3, 3}, []float64{1, 2}); ok {
		t.Error("Line through equal x")
	}
	if _, _, ok := Line([]float64{3}, []float64{1}); ok {
		t.Error("Line through a point")
	}
}
