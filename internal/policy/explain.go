package policy

import (
	"bytes"
	_ "embed" // example.yaml
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Setting is one key of a policy, with its value and what it means.
type Setting struct {
	Path    string `json:"path"` // "unlock.idle_minutes", "guardrails[no names].action"
	Value   string `json:"value"`
	Builtin string `json:"builtin"` // the value without a policy
	Doc     string `json:"doc"`
	Changed bool   `json:"changed"` // Value is not Builtin
}

// Explain lists every key of a document in the order of the format.
func Explain(d Document) []Setting {
	builtin := map[string]string{}
	for _, s := range flatten(reflect.ValueOf(defaults()), "") {
		builtin[s.Path] = s.Value
	}
	rows := flatten(reflect.ValueOf(d), "")
	for i := range rows {
		rows[i].Builtin = builtin[rows[i].Path]
		rows[i].Changed = rows[i].Value != rows[i].Builtin
	}
	return rows
}

// Change is a key whose value two documents do not share. An entry that one of them lacks has no value there.
type Change struct {
	Path string `json:"path"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Changes lists what differs.
func Changes(from, to Document) []Change {
	before, after := flatten(reflect.ValueOf(from), ""), flatten(reflect.ValueOf(to), "")
	old, now := map[string]string{}, map[string]string{}
	for _, s := range before {
		old[s.Path] = s.Value
	}
	var changes []Change
	for _, s := range after {
		now[s.Path] = s.Value
		if old[s.Path] != s.Value {
			changes = append(changes, Change{s.Path, old[s.Path], s.Value})
		}
	}
	for _, s := range before {
		if _, ok := now[s.Path]; !ok && s.Value != "" {
			changes = append(changes, Change{s.Path, s.Value, ""})
		}
	}
	return changes
}

func flatten(v reflect.Value, path string) (rows []Setting) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		full := strings.TrimPrefix(path+"."+f.Tag.Get("yaml"), ".")
		field := v.Field(i)
		switch {
		case field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[Date]():
			rows = append(rows, flatten(field, full)...)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			rows = append(rows, Setting{Path: full, Value: strconv.Itoa(field.Len()) + " entries", Doc: f.Tag.Get("doc")})
			for j := range field.Len() {
				entry := field.Index(j)
				rows = append(rows, flatten(entry, full+"["+entry.Field(0).String()+"]")...)
			}
		default:
			rows = append(rows, Setting{Path: full, Value: written(field), Doc: f.Tag.Get("doc")})
		}
	}
	return rows
}

func written(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case Date:
		return value.String()
	case fmt.Stringer:
		return value.String()
	}
	if v.Kind() == reflect.Slice {
		if v.Len() == 0 {
			return "[]"
		}
		b, _ := json.Marshal(v.Interface()) // strings: it cannot fail
		return string(b)
	}
	return fmt.Sprint(v.Interface())
}

//go:embed example.yaml
var example []byte

// Example returns a policy file to begin with.
func Example() []byte { return bytes.Clone(example) }
