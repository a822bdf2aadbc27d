package main

import (
	"errors"

	"github.com/spf13/cobra"

	"subrosa/internal/session"
)

// posture prints control evidence. It unlocks, since most of it is about what is sealed.
func (c *command) posture(cmd *cobra.Command, html bool) error {
	return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
		p, err := s.Posture(cmd.Context(), version)
		if err != nil {
			return err
		}
		switch {
		case html:
			page, err := p.HTML()
			if err != nil {
				return err
			}
			if _, err := c.out.Write(page); err != nil {
				return err
			}
		case c.json:
			if err := c.printJSON(p); err != nil {
				return err
			}
		default:
			c.printf("Control evidence, %s, policy %s\n\n", p.Time.Format("2006-01-02 15:04:05 MST"), p.Policy)
			for _, k := range p.Controls {
				c.printf("%-15s %-26s %s\n", k.Result, k.Name, k.Evidence)
			}
		}
		if !p.OK() {
			return told(errors.New("a control failed"))
		}
		return nil
	})
}
