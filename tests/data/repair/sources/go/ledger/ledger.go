// Package ledger keeps accounts that always balance.
package ledger

import (
	"errors"
	"fmt"
	"sort"
)

var (
	ErrUnbalanced = errors.New("ledger: the entries do not add up to zero")
	ErrOverdrawn  = errors.New("ledger: not enough money")
)

// Entry moves an amount of cents into an account, or out of it when negative.
type Entry struct {
	Account string
	Cents   int64
}

// Ledger has balances by account.
type Ledger struct {
	balances map[string]int64
	credit   map[string]int64
	posted   int
}

func New() *Ledger {
	return &Ledger{balances: map[string]int64{}, credit: map[string]int64{}}
}

// AllowCredit lets an account go as far below zero.
func (l *Ledger) AllowCredit(account string, cents int64) {
	l.credit[account] = cents
}

// Post books all entries or none.
func (l *Ledger) Post(entries ...Entry) error {
	var sum int64
	change := map[string]int64{}
	for _, e := range entries {
		sum += e.Cents
		change[e.Account] += e.Cents
	}
	if sum != 0 {
		return ErrUnbalanced
	}
	for account, cents := range change {
		if cents < 0 && l.balances[account]+cents < -l.credit[account] {
			return fmt.Errorf("%w: %s", ErrOverdrawn, account)
		}
	}
	for account, cents := range change {
		l.balances[account] += cents
	}
	l.posted++
	return nil
}

// Move is a booking between two accounts.
func (l *Ledger) Move(from, to string, cents int64) error {
	return l.Post(Entry{from, -cents}, Entry{to, cents})
}

func (l *Ledger) Balance(account string) int64 { return l.balances[account] }
func (l *Ledger) Posted() int                  { return l.posted }

// Split divides cents among n so that no two shares differ by more than one.
func Split(cents int64, n int) []int64 {
	shares := make([]int64, n)
	each := cents / int64(n)
	rest := cents % int64(n)
	for i := range shares {
		shares[i] = each
		if int64(i) < rest {
			shares[i]++
		}
	}
	return shares
}

// Format writes cents as "-1,234.05".
func Format(cents int64) string {
	sign := ""
	if cents < 0 {
		sign = "-"
		cents = -cents
	}
	whole := fmt.Sprint(cents / 100)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s%s.%02d", sign, whole, cents%100)
}

// Report lists accounts that are not empty, by balance, then name.
func (l *Ledger) Report() []string {
	var names []string
	for name, cents := range l.balances {
		if cents != 0 {
			names = append(names, name)
		}
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := l.balances[names[i]], l.balances[names[j]]
		if a != b {
			return a > b
		}
		return names[i] < names[j]
	})
	for i, name := range names {
		names[i] = name + " " + Format(l.balances[name])
	}
	return names
}
