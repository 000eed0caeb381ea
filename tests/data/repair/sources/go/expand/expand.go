// Package expand fills in templates: "Dear ${name}, ${?late:you are late}".
package expand

import (
	"fmt"
	"strings"
)

// Error says where a template is wrong.
type Error struct {
	Offset  int
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("offset %d: %s", e.Offset, e.Message)
}

// Lookup gives the value of a name.
type Lookup func(name string) (string, bool)

// Map looks names up in a map.
func Map(values map[string]string) Lookup {
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

// Expand replaces ${name} by its value, ${name|text} by text where there is none, and
// ${?name:text} by text where there is one. "$$" is a dollar.
func Expand(template string, lookup Lookup) (string, error) {
	var out strings.Builder
	for at := 0; at < len(template); {
		dollar := strings.IndexByte(template[at:], '$')
		if dollar < 0 {
			out.WriteString(template[at:])
			break
		}
		out.WriteString(template[at : at+dollar])
		at += dollar
		switch {
		case strings.HasPrefix(template[at:], "$$"):
			out.WriteByte('$')
			at += 2
		case strings.HasPrefix(template[at:], "${"):
			end := strings.IndexByte(template[at:], '}')
			if end < 0 {
				return "", &Error{at, "expected }"}
			}
			text, err := one(template[at+2:at+end], lookup)
			if err != nil {
				return "", &Error{at, err.Error()}
			}
			out.WriteString(text)
			at += end + 1
		default:
			return "", &Error{at, "expected $$ or ${"}
		}
	}
	return out.String(), nil
}

func one(body string, lookup Lookup) (string, error) {
	if strings.HasPrefix(body, "?") {
		name, text, found := strings.Cut(body[1:], ":")
		if !found {
			return "", fmt.Errorf("expected : after ?%s", name)
		}
		if value, ok := lookup(name); !ok || value == "" {
			return "", nil
		}
		return text, nil
	}
	name, otherwise, hasOther := strings.Cut(body, "|")
	if value, ok := lookup(strings.TrimSpace(name)); ok {
		return value, nil
	}
	if hasOther {
		return otherwise, nil
	}
	return "", fmt.Errorf("no value for %s", name)
}

// Names lists what a template asks for, in order, each once.
func Names(template string) []string {
	var names []string
	seen := map[string]bool{}
	Expand(template, func(name string) (string, bool) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
		return "x", true
	})
	return names
}
