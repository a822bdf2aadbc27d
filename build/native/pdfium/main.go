// Command pdfium compiles PDFium, which comes as WebAssembly, to this machine's code, and puts it into the directory of
// native libraries that is its argument: the program that reads documents would else do that for every PDF.
package main

import (
	"fmt"
	"os"

	"subrosa/internal/document/parse"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pdfium DIRECTORY")
		os.Exit(2)
	}
	if err := parse.CompilePDFium(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "pdfium:", err)
		os.Exit(1)
	}
}
