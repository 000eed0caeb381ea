package ledger

import (
	"errors"
	"reflect"
	"testing"
)

func opened(t *testing.T) *Ledger {
	t.Helper()
	l := New()
	l.AllowCredit("bank", 1000000)
	if err := l.Move("bank", "anna", 50000); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPostBooksAllOrNothing(t *testing.T) {
	l := opened(t)
	if err := l.Post(Entry{"anna", -300}, Entry{"ben", 200}); err != ErrUnbalanced {
		t.Errorf("unbalanced: %v", err)
	}
	if err := l.Post(Entry{"anna", -300}, Entry{"ben", 200}, Entry{"cleo", 100}); err != nil {
		t.Errorf("balanced: %v", err)
	}
	if l.Balance("anna") != 49700 || l.Balance("ben") != 200 || l.Balance("cleo") != 100 {
		t.Errorf("balances: %v", l.Report())
	}
	if l.Posted() != 2 {
		t.Errorf("Posted() = %d", l.Posted())
	}
}

func TestNobodyGoesBelowTheirCredit(t *testing.T) {
	l := opened(t)
	if err := l.Move("ben", "anna", 1); !errors.Is(err, ErrOverdrawn) {
		t.Errorf("no money: %v", err)
	}
	if err := l.Move("anna", "ben", 50001); !errors.Is(err, ErrOverdrawn) {
		t.Errorf("a cent too much: %v", err)
	}
	if err := l.Move("anna", "ben", 50000); err != nil {
		t.Errorf("all of it: %v", err)
	}
	if err := l.Move("bank", "anna", 950000); err != nil {
		t.Errorf("up to the credit: %v", err)
	}
	if err := l.Move("bank", "anna", 1); err == nil {
		t.Error("beyond the credit")
	}
}

func TestSplit(t *testing.T) {
	if got := Split(1000, 3); !reflect.DeepEqual(got, []int64{334, 333, 333}) {
		t.Errorf("Split(1000, 3) = %v", got)
	}
	if got := Split(11, 4); !reflect.DeepEqual(got, []int64{3, 3, 3, 2}) {
		t.Errorf("Split(11, 4) = %v", got)
	}
	if got := Split(8, 2); !reflect.DeepEqual(got, []int64{4, 4}) {
		t.Errorf("Split(8, 2) = %v", got)
	}
}

func TestFormat(t *testing.T) {
	for cents, want := range map[int64]string{
		0: "0.00", 5: "0.05", -1999: "-19.99", 99999: "999.99", 123456789: "1,234,567.89", -100000: "-1,000.00",
	} {
		if got := Format(cents); got != want {
			t.Errorf("Format(%d) = %s, want %s", cents, got, want)
		}
	}
}

func TestReport(t *testing.T) {
	l := opened(t)
	l.Move("anna", "ben", 100)
	l.Move("anna", "cleo", 100)
	l.Move("anna", "dora", 7)
	l.Move("dora", "anna", 7)
	want := []string{"anna 498.00", "ben 1.00", "cleo 1.00", "bank -500.00"}
	if got := l.Report(); !reflect.DeepEqual(got, want) {
		t.Errorf("Report() = %v", got)
	}
}
