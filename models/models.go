// Package models holds the model that comes with the program. models/builtin says how it was made.
package models

import _ "embed"

// BuiltinName is how the window names the built-in model.
const BuiltinName = "Subrosa Demo"

// Builtin is the GGUF of the small built-in demo model.
//
//go:embed builtin/subrosa-demo.gguf
var Builtin []byte
