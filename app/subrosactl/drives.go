package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"subrosa/internal/export"
	"subrosa/internal/fault"
)

func (c *command) drivesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drives", Short: "List the removable drives that an export can go to", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			list, err := export.Drives()
			switch {
			case errors.Is(err, export.ErrNoDrives):
				return fault.New(fault.DrivesUnknown, err)
			case err != nil:
				return fault.New(fault.Internal, err)
			}
			return c.listDrives(list)
		},
	}
}

type driveJSON struct {
	Path       string `json:"path"`
	Device     string `json:"device"`
	Label      string `json:"label"`
	FileSystem string `json:"file_system"`
	Size       int64  `json:"size"`
	Free       int64  `json:"free"`
	ReadOnly   bool   `json:"read_only"`
}

func (c *command) listDrives(list []export.Drive) error {
	if c.json {
		out := make([]driveJSON, 0, len(list))
		for _, d := range list {
			out = append(out, driveJSON(d))
		}
		return c.printJSON(out)
	}
	if len(list) == 0 {
		c.printf("No removable drive is plugged in.\n")
	}
	for _, d := range list {
		switch {
		case d.Path == "":
			c.printf("%-12s %-20s not mounted: open it in the file manager first\n", d.Device, d.Label)
		case d.ReadOnly:
			c.printf("%-12s %-20s %s, write-protected\n", d.Device, d.Label, d.Path)
		default:
			c.printf("%-12s %-20s %s, %s free of %s\n", d.Device, d.Label, d.Path, bytesInWords(d.Free), bytesInWords(d.Size))
		}
	}
	return nil
}

// bytesInWords counts as drives are sold: in powers of 1,000.
func bytesInWords(n int64) string {
	const units = "kMGT"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1000, 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	return fmt.Sprintf("%.1f %cB", v, units[i])
}
