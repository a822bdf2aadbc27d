package llama

import (
	"fmt"
	"strings"
)

// prepare makes a model's chat template mean to yzma's Jinja what it means to the libraries that it was written for. These
// pass bos_token and eos_token, set trim_blocks and lstrip_blocks, and drop the newline at the end.
func prepare(tmpl, bos, eos string) string {
	return fmt.Sprintf("{%%set bos_token = %s %%}{%%set eos_token = %s %%}", jinjaString(bos), jinjaString(eos)) +
		controlSpace(strings.TrimSuffix(tmpl, "\n"))
}

const space = " \t\r\n\f\v"

// controlSpace does Jinja's whitespace control (https://jinja.palletsprojects.com/en/stable/templates/) with trim_blocks
// and lstrip_blocks, and leaves a template that needs none: yzma knows neither, takes away too much at a minus sign
// beside another tag, and fails on some comments, which are dropped here. Raw blocks are not looked for; no model has one.
func controlSpace(tmpl string) string {
	var out strings.Builder
	blank := true // nothing but spaces since a newline
	for {
		at := nextTag(tmpl)
		if at < 0 {
			out.WriteString(tmpl)
			return out.String()
		}
		text, tag := tmpl[:at], tmpl[at:]
		end := tagEnd(tag)
		block := tag[1] != '{' // a statement or a comment
		inner, before, after := signs(tag[:end])
		line := strings.LastIndexByte(text, '\n')
		switch {
		case before == '-':
			text = strings.TrimRight(text, space)
		case before != '+' && block && (blank || line >= 0) && strings.Trim(text[line+1:], " \t") == "":
			text = text[:line+1]
		}
		if head, cut := strings.CutSuffix(text, "{"); cut {
			text = head + "{{ '{' }}" // or it would join what comes next
		}
		out.WriteString(text)
		if tag[1] != '#' {
			out.WriteString(inner)
		}
		tmpl, blank = tag[end:], false
		switch {
		case after == '-':
			rest := strings.TrimLeft(tmpl, space)
			blank = strings.Contains(tmpl[:len(tmpl)-len(rest)], "\n")
			tmpl = rest
		case after != '+' && block:
			if rest, cut := strings.CutPrefix(tmpl, "\n"); cut {
				tmpl, blank = rest, true
			}
		}
	}
}

// nextTag returns where the next expression, statement or comment begins, or -1.
func nextTag(s string) int {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '{' && (s[i+1] == '{' || s[i+1] == '%' || s[i+1] == '#') {
			return i
		}
	}
	return -1
}

// signs takes the signs for whitespace control off a tag.
func signs(tag string) (bare string, before, after byte) {
	if len(tag) < 5 {
		return tag, 0, 0
	}
	open, inner, closing := tag[:2], tag[2:len(tag)-2], tag[len(tag)-2:]
	if inner[0] == '-' || inner[0] == '+' {
		before, inner = inner[0], inner[1:]
	}
	if n := len(inner); n > 0 && (inner[n-1] == '-' || inner[n-1] == '+') {
		after, inner = inner[n-1], inner[:n-1]
	}
	return open + inner + closing, before, after
}

// tagEnd returns the length of the tag that s begins with. Quoted text within it may hold anything.
func tagEnd(s string) int {
	closing := map[byte]string{'%': "%}", '{': "}}", '#': "#}"}[s[1]]
	if s[1] == '#' {
		if i := strings.Index(s[2:], closing); i >= 0 {
			return i + 4
		}
		return len(s)
	}
	quote := byte(0)
	for i := 2; i < len(s); i++ {
		switch {
		case quote != 0 && s[i] == '\\':
			i++
		case quote != 0 && s[i] == quote:
			quote = 0
		case quote != 0:
		case s[i] == '\'' || s[i] == '"':
			quote = s[i]
		case strings.HasPrefix(s[i:], closing):
			return i + 2
		}
	}
	return len(s)
}

func jinjaString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(s) + "'"
}
