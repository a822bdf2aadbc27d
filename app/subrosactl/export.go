package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"subrosa/internal/export"
	"subrosa/internal/fault"
	"subrosa/internal/history"
	"subrosa/internal/session"
)

func (c *command) auditExportCommand() *cobra.Command {
	var x session.AuditExport
	var since, until, matter string
	cmd := &cobra.Command{
		Use:   "export --to DIR",
		Short: "Write an audit bundle to a removable drive or a folder",
		Long: "Writes the record's entries as they are, as OCSF 1.8.0, FHIR R4 AuditEvent and CSV, a report for a browser, and the proof that " +
			"nothing is missing. With --recipient all but the proof is encrypted to the auditor. What is written is read back and verified. " +
			"An export that was interrupted goes on when it is run again. subrosa-verify checks the bundle.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if x.Since, err = day(since, false); err != nil {
				return err
			}
			if x.Until, err = day(until, true); err != nil {
				return err
			}
			if x.Dir, err = filepath.Abs(x.Dir); err != nil {
				return fault.New(fault.BadInput, err)
			}
			x.Matter = history.MatterID(matter)
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
			defer stop()
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				bar := c.progress("Exporting")
				x.Progress = func(_ export.Step, done, total int64) {
					if bar != nil {
						bar(done, total)
					}
				}
				out, err := s.ExportAudit(ctx, x)
				if err != nil {
					return err
				}
				return c.showAuditExport(out)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&x.Dir, "to", "", "the folder, on a removable drive as a rule, in which the bundle's folder is made")
	flags.StringArrayVar(&x.Recipients, "recipient", nil, "age recipient of the auditor (age1...); may be repeated")
	flags.BoolVar(&x.Compress, "compress", false, "compress the OCSF and FHIR files with gzip (.gz): a quarter of the bytes, sooner on a slow stick")
	flags.StringVar(&since, "since", "", "entries from this day (YYYY-MM-DD) or time (RFC 3339) on")
	flags.StringVar(&until, "until", "", "entries up to and with this day, or before this time")
	flags.StringVar(&matter, "matter", "", "entries of this matter alone")
	_ = cmd.MarkFlagRequired("to")
	return cmd
}

// day reads a time, or a day in UTC: its beginning or, with end, its end.
func day(s string, end bool) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		if end {
			t = t.AddDate(0, 0, 1)
		}
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fault.New(fault.BadInput, err)
	}
	return t, nil
}

func (c *command) showAuditExport(out session.AuditExported) error {
	if c.json {
		v := map[string]any{
			"path": out.Path, "entries": out.Entries, "size": out.Size, "root": out.Root, "bytes": out.Bytes, "resumed_parts": out.Resumed,
			"recipients": out.Recipients, "evidence": out.Evidence,
		}
		if out.Unrecorded != nil {
			v["unrecorded"] = failureOf(out.Unrecorded)
		}
		return errors.Join(c.printJSON(v), c.evidence(out))
	}
	if out.Evidence {
		c.printf("The record does not verify: %s\nA copy of its files, for evidence, is in %s. It is no bundle and proves nothing.\n", out.Unrecorded.Message, out.Path)
		return c.evidence(out)
	}
	c.printf("%d of %d entries, %s, written, read back and verified:\n%s\n", out.Entries, out.Size, bytesInWords(out.Bytes), out.Path)
	if len(out.Recipients) == 0 {
		c.printf("Nothing in it is encrypted: whoever has it can read it.\n")
	}
	if out.Unrecorded != nil {
		c.printf("This export is not on record itself: %s\n", out.Unrecorded.Message)
	}
	return nil
}

// evidence makes the exit code say that all is not well.
func (c *command) evidence(out session.AuditExported) error {
	if out.Evidence {
		return told(errors.New("no bundle"))
	}
	return nil
}

func (c *command) historyExportCommand() *cobra.Command {
	var format, to string
	var sealed, values bool
	cmd := &cobra.Command{
		Use: "export ID... --format md|docx|pdf|json --to FILE", Short: "Write a conversation to a file, with where it comes from, or several to a folder", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := filepath.Abs(to)
			if err != nil {
				return fault.New(fault.BadInput, err)
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return c.unlocked(cmd.Context(), nil, func(s *session.Session) error {
				if len(args) > 1 {
					return c.exportSeveral(ctx, s, args, session.ConversationsExport{Format: export.Format(format), Dir: path, Sealed: sealed, Values: values})
				}
				out, err := s.ExportConversation(ctx, session.ConversationExport{
					ID: history.ConversationID(args[0]), Format: export.Format(format), Path: path, Sealed: sealed, Values: values,
				})
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(exportedJSON(out))
				}
				c.printf("%s, %s, on record as entry %d\n", out.Path, bytesInWords(out.Size), out.Entry)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "md, docx, pdf or json")
	cmd.Flags().StringVar(&to, "to", "", "the file; its name must be free. For several conversations the folder, in which each gets a file of its own")
	cmd.Flags().BoolVar(&sealed, "sealed", false, "encrypt it to the policy's recipients though the policy would allow a plain file")
	cmd.Flags().BoolVar(&values, "values", false, "write pseudonymised values as you see them, not their tokens; that goes on record")
	_ = cmd.MarkFlagRequired("format")
	_ = cmd.MarkFlagRequired("to")
	return cmd
}

func exportedJSON(out session.ConversationExported) map[string]any {
	return map[string]any{"path": out.Path, "size": out.Size, "sha256": out.SHA256, "entry": out.Entry, "recipients": out.Sealed}
}

// exportSeveral writes each conversation to a file of its own, whose name says when and not what. What could not be
// written is named, and makes the exit code say so.
func (c *command) exportSeveral(ctx context.Context, s *session.Session, ids []string, x session.ConversationsExport) error {
	for _, id := range ids {
		x.IDs = append(x.IDs, history.ConversationID(id))
	}
	x.Name = time.Now().Format("subrosa-2006-01-02-150405")
	bar := c.progress("Exporting")
	out := s.ExportConversations(ctx, x, func(done int) {
		if bar != nil {
			bar(int64(done), int64(len(ids)))
		}
	})
	var failed error
	var list []map[string]any
	for _, o := range out {
		v := map[string]any{"conversation": o.ID}
		line := fmt.Sprintf("%s: %s, %s, on record as entry %d", o.ID, o.Exported.Path, bytesInWords(o.Exported.Size), o.Exported.Entry)
		if o.Fault != nil {
			failed = errors.New("not all were written")
			v["error"] = failureOf(o.Fault)
			line = fmt.Sprintf("%s: not written. %s %s", o.ID, o.Fault.Message, o.Fault.Hint)
		} else {
			maps.Copy(v, exportedJSON(o.Exported))
		}
		list = append(list, v)
		if !c.json {
			c.printf("%s\n", line)
		}
	}
	if c.json {
		return errors.Join(c.printJSON(list), told(failed))
	}
	return told(failed)
}
