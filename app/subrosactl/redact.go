package main

import (
	"io"

	"github.com/spf13/cobra"

	"subrosa/internal/fault"
	"subrosa/internal/redact"
)

func (c *command) redactCommand() *cobra.Command {
	return &cobra.Command{
		Use: "redact", Short: "Mask identifiers in standard input", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if c.json {
				return c.redactJSON()
			}
			stream := redact.Default().Stream()
			buffer := make([]byte, 64<<10)
			for {
				n, err := c.in.Read(buffer)
				c.printf("%s", stream.Write(string(buffer[:n])))
				if err == io.EOF {
					c.printf("%s", stream.Close())
					return nil
				}
				if err != nil {
					return fault.New(fault.BadInput, err)
				}
			}
		},
	}
}

// span is one masked value, half-open, in bytes of the UTF-8 input.
type span struct {
	Start int         `json:"bstart"`
	End   int         `json:"bend"`
	Type  redact.Type `json:"type"`
	Rule  string      `json:"rule"`
}

func (c *command) redactJSON() error {
	text, err := io.ReadAll(c.in)
	if err != nil {
		return fault.New(fault.BadInput, err)
	}
	masked, found := redact.Default().Text(string(text))
	spans := make([]span, 0, len(found))
	for _, s := range found {
		spans = append(spans, span{s.Start, s.End, s.Type, s.Rule})
	}
	return c.printJSON(map[string]any{"masked": masked, "spans": spans})
}
