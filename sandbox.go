//go:build !bindings

package main

import _ "subrosa/internal/sandbox/first" // enters the namespaces; what generates the page's bindings stays outside, where they lie
