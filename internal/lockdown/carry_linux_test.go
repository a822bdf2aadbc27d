//go:build linux && (amd64 || arm64)

package lockdown

import (
	"os"
	"syscall"
	"testing"
)

const carriedVariable = "LOCKDOWN_TEST_CARRIED"

// sceneCarry proves, and becomes its own successor by execve.
func sceneCarry() result {
	r, err := Start()
	if err != nil {
		return result{Err: err.Error()}
	}
	carried, err := r.Carry()
	if err != nil {
		return result{Err: err.Error()}
	}
	for name, value := range map[string]string{sceneVariable: "resume", carriedVariable: string(carried)} {
		if err := os.Setenv(name, value); err != nil {
			return result{Err: err.Error()}
		}
	}
	return result{Err: syscall.Exec("/proc/self/exe", os.Args, os.Environ()).Error()}
}

func sceneResume() result {
	r, err := Resume([]byte(os.Getenv(carriedVariable)))
	if err != nil {
		return result{Err: err.Error()}
	}
	_, err = r.Carry() // and so on
	return result{Report: r, OK: r.OK() && err == nil}
}

func TestASuccessorByExecveKeepsTheFilterAndTheProof(t *testing.T) {
	first, second := play(t, "start"), play(t, "carry")
	if !second.OK || second.Err != "" {
		t.Fatalf("%+v", second)
	}
	for i, row := range first.Report.Rows {
		if got := second.Report.Rows[i]; got.Verdict != row.Verdict || got.Name != row.Name {
			t.Errorf("%s: %s after execve, %s before", row.Name, got.Verdict, row.Verdict)
		}
	}
}

func TestNothingElsePassesForASuccessor(t *testing.T) {
	if _, err := (&Report{}).Carry(); err == nil {
		t.Error("carried what was never shown")
	}
	if r := play(t, "resume"); r.Err == "" {
		t.Error("resumed without a filter")
	}
}
