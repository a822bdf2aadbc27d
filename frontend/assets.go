// Package frontend carries the built window, so that the program needs no files beside it.
package frontend

import "embed"

// Assets is the output of `npm run build`; the page is at dist/index.html. Without a build it holds only dist/.gitkeep.
//
//go:embed all:dist
var Assets embed.FS
