package main

import (
	"errors"
	"strings"
	"testing"

	"subrosa/internal/engine"
)

func TestADeviceThatIsNotToBeTrustedIsBad(t *testing.T) {
	trials := []engine.Trial{
		{Device: engine.Device{Name: engine.CPU}, TokensPerSecond: 500, Agrees: true},
		{Device: engine.Device{Name: "Vulkan0", Description: "A GPU", Free: 3e9, Total: 4e9}, TokensPerSecond: 50, Agrees: true},
		{Device: engine.Device{Name: "Vulkan1"}, TokensPerSecond: 60},
		{Device: engine.Device{Name: "Vulkan2"}, Fault: "engine ended: signal: killed"},
	}
	want := []struct {
		ok     bool
		detail string
	}{
		{true, "500.0 tokens/s"},
		{true, "A GPU; 3.0 of 4.0 GB are free; 50.0 tokens/s, and the processor's answer"},
		{false, "not the processor's answer: update its driver"},
		{false, "it does not answer: engine ended"},
	}
	for i, k := range deviceChecks(trials, nil) {
		if k.OK != want[i].ok || k.Name != "device "+trials[i].Name || !strings.Contains(k.Detail, want[i].detail) {
			t.Errorf("%+v", k)
		}
	}
	if k := deviceChecks(nil, errors.New("engine ended")); len(k) != 1 || k[0].OK {
		t.Errorf("no answer on the processor: %+v", k)
	}
}
