package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"go.yaml.in/yaml/v3"
)

const (
	maxFile  = 1 << 20 // bytes
	maxDepth = 16
)

// Problem is one thing wrong with a policy file. Line counts from 1; 0 means the file as a whole.
type Problem struct {
	Line int
	Path string // such as "unlock.idle_minutes"
	Text string
}

func (p Problem) String() string {
	s := p.Text
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if p.Line > 0 {
		s = "line " + strconv.Itoa(p.Line) + ": " + s
	}
	return s
}

// ParseError lists everything found wrong with a policy file.
type ParseError struct{ Problems []Problem }

func (e *ParseError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "; ")
}

// Parse reads a policy file: YAML, or JSON, which is YAML too. What the file leaves out has the built-in value. Unknown
// or repeated keys, empty values, anchors and values out of bounds are errors with their lines: a *ParseError.
func Parse(file []byte) (Document, error) {
	doc := defaults()
	switch {
	case len(file) > maxFile:
		return doc, problem("larger than " + strconv.Itoa(maxFile) + " bytes")
	case !utf8.Valid(file):
		return doc, problem("not UTF-8 text")
	}
	root, err := tree(file)
	if err != nil {
		return doc, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	decoder.KnownFields(true)
	if err := decoder.Decode(&doc); err != nil {
		return doc, readable(err)
	}
	c := checker{root: root}
	c.value(reflect.ValueOf(doc), "", root)
	c.document(&doc)
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
		return doc, &ParseError{c.problems}
	}
	return doc, nil
}

func problem(text string) error { return &ParseError{[]Problem{{Text: text}}} }

// tree reads the file without meaning, and refuses what a policy has no use for.
func tree(file []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	var doc, more yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, problem("empty")
	case err != nil:
		return nil, readable(err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, problem("more than one document")
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, problem("not a list of keys and values")
	}
	var problems []Problem
	plain(doc.Content[0], 0, &problems)
	if len(problems) > 0 {
		return nil, &ParseError{problems}
	}
	return doc.Content[0], nil
}

func plain(n *yaml.Node, depth int, problems *[]Problem) {
	switch {
	case depth > maxDepth:
		*problems = append(*problems, Problem{Line: n.Line, Text: "too deep"})
		return
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		*problems = append(*problems, Problem{Line: n.Line, Text: "anchors and aliases are not for policies"})
		return
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		*problems = append(*problems, Problem{Line: n.Line, Text: "a key without a value: give one, or leave the key out"})
	case n.Kind == yaml.ScalarNode && n.Tag == "!!merge":
		*problems = append(*problems, Problem{Line: n.Line, Text: "merge keys are not for policies"})
	}
	for _, child := range n.Content {
		plain(child, depth+1, problems)
	}
}

var (
	yamlLine  = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?line (\d+): (.*)$`)
	yamlKnown = regexp.MustCompile(`^field (.*) not found in type .*$`)
	yamlInto  = regexp.MustCompile("^cannot unmarshal !!(\\w+) (`.*`)? ?into (.*)$")
)

// readable puts the library's words into a policy writer's. Its errors have no other form than their text.
func readable(err error) error {
	var typed *yaml.TypeError
	lines := []string{err.Error()}
	if errors.As(err, &typed) {
		lines = typed.Errors
	}
	var problems []Problem
	for _, text := range lines {
		p := Problem{Text: strings.TrimPrefix(text, "yaml: ")}
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			p.Line, _ = strconv.Atoi(m[1])
			p.Text = m[2]
		}
		if m := yamlKnown.FindStringSubmatch(p.Text); m != nil {
			p.Text = "unknown key " + strconv.Quote(m[1])
		}
		if m := yamlInto.FindStringSubmatch(p.Text); m != nil {
			p.Text = "wrong kind of value " + strings.TrimSpace(m[2]) + " (" + m[1] + ")"
		}
		problems = append(problems, p)
	}
	return &ParseError{problems}
}

// checker holds a decoded document against its struct tags.
type checker struct {
	root     *yaml.Node
	problems []Problem
}

func (c *checker) add(path, text string) {
	c.problems = append(c.problems, Problem{Line: c.line(path), Path: path, Text: text})
}

// line finds the line of the key at path, or of the nearest key above it.
func (c *checker) line(path string) int {
	n, line := c.root, c.root.Line
	for _, step := range strings.Split(path, ".") {
		name, index, indexed := strings.Cut(step, "[")
		key, value := child(n, name)
		if value == nil {
			return line
		}
		n, line = value, key.Line
		if indexed {
			i, _ := strconv.Atoi(strings.TrimSuffix(index, "]"))
			if n.Kind != yaml.SequenceNode || i >= len(n.Content) {
				return line
			}
			n = n.Content[i]
			line = n.Line
		}
	}
	return line
}

func child(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// value checks one struct, field by field.
func (c *checker) value(v reflect.Value, path string, at *yaml.Node) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := f.Tag.Get("yaml")
		full := strings.TrimPrefix(path+"."+key, ".")
		_, node := child(at, key)
		if node == nil && f.Tag.Get("need") == "yes" {
			c.add(full, "missing")
			continue
		}
		c.field(v.Field(i), f.Tag, full, node)
	}
}

func (c *checker) field(v reflect.Value, tag reflect.StructTag, path string, node *yaml.Node) {
	switch v.Kind() {
	case reflect.Struct:
		if _, ok := v.Interface().(Date); !ok {
			c.value(v, path, node)
		}
	case reflect.Int, reflect.Int64:
		c.bounds(v.Int(), tag, path, "")
	case reflect.String:
		c.text(v, tag, path, node != nil)
	case reflect.Slice:
		c.bounds(int64(v.Len()), tag, path, " entries")
		for i := range v.Len() {
			entry := path + "[" + strconv.Itoa(i) + "]"
			var at *yaml.Node
			if node != nil && i < len(node.Content) {
				at = node.Content[i]
			}
			if v.Index(i).Kind() == reflect.Struct {
				c.value(v.Index(i), entry, at)
				continue
			}
			c.text(v.Index(i), reflect.StructTag(`min:"1" max:"5000" format:"`+tag.Get("format")+`"`), entry, true)
		}
	}
}

func (c *checker) bounds(n int64, tag reflect.StructTag, path, unit string) {
	if least, err := strconv.ParseInt(tag.Get("min"), 10, 64); err == nil && n < least {
		c.add(path, fmt.Sprintf("%d%s, at least %d wanted", n, unit, least))
	}
	if most, err := strconv.ParseInt(tag.Get("max"), 10, 64); err == nil && n > most {
		c.add(path, fmt.Sprintf("%d%s, at most %d allowed", n, unit, most))
	}
}

// valued is a text that can be one of a few.
type valued interface{ Values() []string }

func (c *checker) text(v reflect.Value, tag reflect.StructTag, path string, given bool) {
	s := v.String()
	if e, ok := v.Interface().(valued); ok {
		if (given || s != "") && !slices.Contains(e.Values(), s) {
			c.add(path, fmt.Sprintf("%q is none of %s", s, strings.Join(e.Values(), ", ")))
		}
		return
	}
	c.bounds(int64(utf8.RuneCountInString(s)), tag, path, " characters")
	if format := tag.Get("format"); format != "" && s != "" {
		if err := formats()[format].check(s); err != nil {
			c.add(path, err.Error())
		}
	}
}

// format is what a text must be: a pattern for the schema, and a check that may say more.
type format struct {
	pattern string
	check   func(string) error
}

func matching(pattern, what string) format {
	re := regexp.MustCompile(pattern)
	return format{pattern, func(s string) error {
		if !re.MatchString(s) {
			return errors.New("not " + what)
		}
		return nil
	}}
}

func formats() map[string]format {
	return map[string]format{
		"sha256": matching(`^[0-9a-f]{64}$`, "a SHA-256 in 64 lower-case hexadecimal digits"),
		"type":   matching(`^[A-Z][A-Z0-9_]{1,39}$`, "a type's name, such as US_SSN"),
		"name":   matching(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$`, "a name of letters, digits, spaces, dots, dashes"),
		"minisign": {`^RW[A-Za-z0-9+/]{54}$`, func(s string) error {
			_, err := ParseKey(s)
			return err
		}},
		"age":    {`^age1[a-z0-9]+$`, checkRecipient},
		"regexp": {"", checkRegexp},
	}
}

func checkRecipient(s string) error {
	if _, _, err := plugin.ParseRecipient(s); err == nil {
		return nil
	}
	if r, err := age.ParseRecipients(strings.NewReader(s)); err != nil || len(r) != 1 {
		return errors.New("not an age recipient")
	}
	return nil
}

func checkRegexp(s string) error {
	re, err := regexp.Compile(s)
	if err != nil {
		return fmt.Errorf("not a regular expression: %w", err)
	}
	if re.MatchString("") {
		return errors.New("matches the empty text")
	}
	return nil
}

// document checks what concerns more than one key, and fills in what one key sets for another.
func (c *checker) document(d *Document) {
	_, retention := child(c.root, "retention")
	_, months := child(retention, "record_months")
	if least := d.Retention.Preset.months(); months == nil && least > 0 {
		d.Retention.RecordMonths = least
	} else if d.Retention.RecordMonths < least {
		c.add("retention.record_months", fmt.Sprintf("less than the %d of preset %s", least, d.Retention.Preset))
	}
	if !d.Issued.IsZero() && d.Expires.Before(d.Issued.Time) {
		c.add("expires", "before issued")
	}
	if d.Expires.IsZero() {
		c.add("expires", "not a day as YYYY-MM-DD")
	}
	if !d.Unlock.Needs(Keyring) {
		c.add("unlock.factors", "keyring is always needed")
	}
	if d.Record.MaxUnwitnessedDays > 0 && d.Record.WitnessKey == "" {
		c.add("record.max_unwitnessed_days", "needs record.witness_key")
	}
	if d.Export.Conversations && !d.Export.Plain && len(d.Export.Recipients) == 0 {
		c.add("export.recipients", "needed where plain is false: nobody could read what is exported")
	}
	for i, p := range d.Redaction.Patterns {
		if (p.Pattern == "") == (len(p.Words) == 0) {
			c.add(fmt.Sprintf("redaction.patterns[%d]", i), "either pattern or words")
		}
	}
	for i, g := range d.Guardrails {
		if g.Action == Mask || g.Action == Pseudonymise {
			c.add(fmt.Sprintf("guardrails[%d].action", i), "a guardrail allows, warns or blocks; to mask, write a redaction pattern")
		}
		if g.Pattern == "" && len(g.Words) == 0 && len(g.Types) == 0 {
			c.add(fmt.Sprintf("guardrails[%d]", i), "one of words, pattern, types is needed")
		}
	}
	unique(c, "redaction.patterns", d.Redaction.Patterns, func(p Pattern) string { return p.Name })
	unique(c, "redaction.types", d.Redaction.Types, func(t TypeAction) string { return t.Type })
	unique(c, "guardrails", d.Guardrails, func(g Guardrail) string { return g.Name })
	unique(c, "templates", d.Templates, func(t Template) string { return t.Name })
	unique(c, "models.signers", d.Models.Signers, func(s Signer) string { return s.Key })
}

func unique[T any](c *checker, path string, list []T, name func(T) string) {
	seen := map[string]bool{}
	for i, entry := range list {
		if seen[name(entry)] {
			c.add(fmt.Sprintf("%s[%d]", path, i), "there are two of this name")
		}
		seen[name(entry)] = true
	}
}
