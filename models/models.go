// Package models holds the model that comes with the program. models/builtin says how it was made.
package models

import (
	_ "embed"
	"strings"
)

// BuiltinName is how the window names the built-in model.
const BuiltinName = "Subrosa Demo"

// Builtin is the GGUF of the small built-in demo model.
//
//go:embed builtin/subrosa-demo.gguf
var Builtin []byte

//go:embed builtin/subrosa-demo.gguf.sha256
var sum string

// BuiltinSHA256 is Builtin's hash in hex, as it was noted when the file was made: to know its name, nobody has to read all of it.
func BuiltinSHA256() string {
	hash, _, _ := strings.Cut(sum, " ")
	return hash
}
