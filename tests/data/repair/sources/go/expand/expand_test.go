package expand

import (
	"reflect"
	"testing"
)

var values = Map(map[string]string{"name": "Ada", "late": "yes", "empty": "", "sum": "12"})

func TestExpand(t *testing.T) {
	for template, want := range map[string]string{
		"":                                   "",
		"no names":                           "no names",
		"Dear ${name}!":                      "Dear Ada!",
		"${ name }":                          "Ada",
		"costs $$${sum}.":                    "costs $12.",
		"${nick|friend}, ${name|friend}":     "friend, Ada",
		"${empty|not empty}.":                ".",
		"${?late:You are late. }${?empty:x}": "You are late. ",
		"${?nobody:never}end":                "end",
		"${nick|}":                           "",
	} {
		got, err := Expand(template, values)
		if err != nil || got != want {
			t.Errorf("Expand(%q) = %q, %v, want %q", template, got, err, want)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	for template, want := range map[string]string{
		"a ${name":     "offset 2: expected }",
		"ab $x":        "offset 3: expected $$ or ${",
		"$":            "offset 0: expected $$ or ${",
		"$$${nobody}":  "offset 2: no value for nobody",
		"....${?late}": "offset 4: expected : after ?late",
	} {
		_, err := Expand(template, values)
		if err == nil || err.Error() != want {
			t.Errorf("Expand(%q): %v, want %q", template, err, want)
		}
	}
}

func TestNames(t *testing.T) {
	got := Names("${a} ${b|c} ${a} ${?d:${e}")
	if want := []string{"a", "b", "d"}; !reflect.DeepEqual(got, want) {
		t.Errorf("Names() = %v", got)
	}
}
