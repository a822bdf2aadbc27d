package policy

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// Schema returns the file format as a JSON Schema (2020-12), made from Document's tags. It says less than Parse: what
// concerns two keys, and whether a key or a regular expression is sound, only Parse knows.
func Schema() []byte {
	s := object(reflect.TypeFor[Document]())
	s.Dialect, s.ID, s.Title = "https://json-schema.org/draft/2020-12/schema", "urn:subrosa:policy:1", "Subrosa policy"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // of these types it cannot fail
	}
	return append(b, '\n')
}

// schema is the part of JSON Schema that is needed.
type schema struct {
	Dialect              string             `json:"$schema,omitempty"`
	ID                   string             `json:"$id,omitempty"`
	Title                string             `json:"title,omitempty"`
	Description          string             `json:"description,omitempty"`
	Type                 string             `json:"type"`
	Enum                 []string           `json:"enum,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	Minimum              *int64             `json:"minimum,omitempty"`
	Maximum              *int64             `json:"maximum,omitempty"`
	MinLength            *int64             `json:"minLength,omitempty"`
	MaxLength            *int64             `json:"maxLength,omitempty"`
	MinItems             *int64             `json:"minItems,omitempty"`
	MaxItems             *int64             `json:"maxItems,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	Required             []string           `json:"required,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	AdditionalProperties *bool              `json:"additionalProperties,omitempty"`
}

func object(t reflect.Type) *schema {
	no := false
	s := &schema{Type: "object", Properties: map[string]*schema{}, AdditionalProperties: &no}
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("yaml")
		if f.Tag.Get("need") == "yes" {
			s.Required = append(s.Required, key)
		}
		s.Properties[key] = one(f.Type, f.Tag)
		s.Properties[key].Description = f.Tag.Get("doc")
	}
	return s
}

func one(t reflect.Type, tag reflect.StructTag) *schema {
	least, most := bound(tag, "min"), bound(tag, "max")
	switch {
	case t == reflect.TypeFor[Date]():
		return &schema{Type: "string", Pattern: `^\d{4}-\d{2}-\d{2}$`}
	case t.Kind() == reflect.Struct:
		return object(t)
	case t.Kind() == reflect.Bool:
		return &schema{Type: "boolean"}
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return &schema{Type: "integer", Minimum: least, Maximum: most}
	case t.Kind() == reflect.Slice:
		entry := reflect.StructTag(`min:"1" max:"5000" format:"` + tag.Get("format") + `"`)
		return &schema{Type: "array", MinItems: least, MaxItems: most, Items: one(t.Elem(), entry)}
	}
	if e, ok := reflect.Zero(t).Interface().(valued); ok {
		return &schema{Type: "string", Enum: e.Values()}
	}
	return &schema{Type: "string", MinLength: least, MaxLength: most, Pattern: formats()[tag.Get("format")].pattern}
}

func bound(tag reflect.StructTag, name string) *int64 {
	n, err := strconv.ParseInt(tag.Get(name), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}
