package fault

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// codes are the constants of the type Code, as the source has them.
func codes(t *testing.T) map[Code]string {
	t.Helper()
	found := map[Code]string{}
	file, err := parser.ParseFile(token.NewFileSet(), "catalogue.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "Code" {
			code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found[Code(code)] = v.Names[0].Name
		}
		return true
	})
	return found
}

func TestEveryCodeHasASentenceAndANextStep(t *testing.T) {
	declared := codes(t)
	for code, name := range declared {
		if _, ok := catalogue[code]; !ok {
			t.Errorf("%s (%q) has no words", name, code)
		}
	}
	if len(declared) != len(All()) || len(All()) < 50 {
		t.Errorf("%d codes are declared, %d have words", len(declared), len(All()))
	}
	for code, text := range catalogue {
		for _, s := range []string{text.message, text.hint} {
			if len(s) < 15 || !strings.HasSuffix(s, ".") {
				t.Errorf("%s: %q is not a sentence", code, s)
			}
		}
	}
}

func TestFromFindsTheFaultThroughWrapping(t *testing.T) {
	cause := errors.New("disk on fire")
	err := fmt.Errorf("outer: %w", New(DiskFull, cause))
	if f := From(err); f.Code != DiskFull || !errors.Is(f, cause) {
		t.Fatalf("From = %+v", f)
	}
	if f := From(cause); f.Code != Internal || f.Unwrap() == nil {
		t.Fatalf("From(plain) = %+v", f)
	}
	if From(nil) != nil {
		t.Fatal("From(nil) is not nil")
	}
}
