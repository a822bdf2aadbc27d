//go:build unix

package engine

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"subrosa/internal/gguf"
	"subrosa/models"
)

func builtin(t *testing.T) *gguf.Header {
	t.Helper()
	h, err := gguf.Read(bytes.NewReader(models.Builtin))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// eightLayers is a model of 8 layers, some hundred megabytes.
func eightLayers(t *testing.T) *gguf.Header {
	t.Helper()
	s := gguf.Tiny()
	s.Type, s.Layers, s.Width, s.Hidden, s.Vocabulary = gguf.Q4_0, 8, 1024, 8192, 8192
	h, err := gguf.Read(bytes.NewReader(synthetic(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestFitModelTakesEightBitsThenShortensTheContextThenRefuses(t *testing.T) {
	h := builtin(t)
	all, err := FitModel(h, Wish{}, Place{})
	if err != nil || all.Context != int(h.ContextLength()) || all.Needs <= all.Weights+all.Cache || all.Cached != F16 || all.Device != CPU || all.Layers != 0 || all.Of != 5 {
		t.Fatalf("%+v, %v", all, err)
	}
	if f, err := FitModel(h, Wish{}, Place{Free: all.Needs}); err != nil || f.Context != all.Context || f.Cached != F16 {
		t.Errorf("%+v, %v", f, err)
	}
	// Less memory: the same context in 8 bits.
	eight, err := FitModel(h, Wish{}, Place{Free: all.Needs - 1})
	if err != nil || eight.Context != all.Context || eight.Cached != Q8_0 || eight.Cache != all.Cache/32*17 || !strings.Contains(eight.String(), "8 bits") {
		t.Errorf("%+v, %v", eight, err)
	}
	// Still less: half of the context, and 16 bits again.
	less, err := FitModel(h, Wish{}, Place{Free: eight.Needs - 1})
	if err != nil || less.Context != all.Context/2 || less.Cached != F16 || !strings.Contains(less.String(), "too little for one of") {
		t.Errorf("%+v, %v: %s", less, err, less)
	}
	// What was asked for is not changed.
	for _, w := range []Wish{{Context: all.Context, Cache: F16}, {Context: all.Context, FlashAttention: "off"}} {
		if f, err := FitModel(h, w, Place{Free: all.Needs - 1}); !errors.Is(err, ErrTooBig) || f.Context != all.Context || f.Cached != F16 {
			t.Errorf("%+v, %v", f, err)
		}
	}
	f, err := FitModel(h, Wish{}, Place{Free: 1})
	if !errors.Is(err, ErrTooBig) || f.Context != leastContext || f.Needs == 0 || !strings.Contains(err.Error(), "0.2 GB of 0.0 GB, with a context of 512 tokens") {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestFitModelPutsAsManyLayersOnADeviceAsItHolds(t *testing.T) {
	h := eightLayers(t)
	blocks, output := h.Blocks(), h.OutputBytes()
	sum := output
	for _, n := range blocks {
		sum += n
	}
	if len(blocks) != 8 || sum > h.Size() || sum < h.Size()*9/10 {
		t.Fatalf("%d blocks, %d of %d bytes", len(blocks), sum, h.Size())
	}
	ram := Place{Free: 64 << 30}
	cpu, err := FitModel(h, Wish{}, ram)
	if err != nil {
		t.Fatal(err)
	}
	on := func(free int64) Place {
		return Place{Free: ram.Free, Devices: []Device{{Name: "Small0", Free: 1}, {Name: "Big0", Description: "A GPU", Free: free}}}
	}
	whole, err := FitModel(h, Wish{}, on(64<<30))
	if err != nil || whole.Device != "Big0" || whole.Layers != 9 || whole.Of != 9 || whole.DeviceNeeds <= sum || whole.Needs != cpu.Needs+staging-sum-whole.Cache {
		t.Fatalf("%+v, %v", whole, err)
	}
	if s := whole.String(); !strings.Contains(s, "9 of 9 layers are computed by Big0 (A GPU), which needs") {
		t.Error(s)
	}
	// One byte too little: a layer less, whose weights and cache stay here.
	most, err := FitModel(h, Wish{}, on(whole.DeviceNeeds-1))
	if err != nil || most.Layers != 8 || whole.DeviceNeeds-most.DeviceNeeds != blocks[0]+whole.Cache/8 || most.Needs-whole.Needs != blocks[0]+whole.Cache/8 {
		t.Errorf("%+v, %v", most, err)
	}
	// Next to nothing: the processor.
	if f, err := FitModel(h, Wish{}, on(2)); err != nil || f.Device != CPU || f.Layers != 0 || f.Needs != cpu.Needs {
		t.Errorf("%+v, %v", f, err)
	}
	// A device that has no memory of its own takes the processor's.
	shared := on(64 << 30)
	shared.Devices[1].Shared = true
	if f, err := FitModel(h, Wish{}, shared); err != nil || f.Layers != 9 || f.Needs != whole.Needs+whole.DeviceNeeds {
		t.Errorf("%+v, %v", f, err)
	}
	// What was asked for is done, or refused with numbers.
	if f, err := FitModel(h, Wish{Device: CPU}, on(64<<30)); err != nil || f.Device != CPU || f.Needs != cpu.Needs {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := FitModel(h, Wish{Layers: 3}, on(64<<30)); err != nil || f.Layers != 3 {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := FitModel(h, Wish{Layers: AllLayers}, on(1<<29)); !errors.Is(err, ErrTooBig) || !strings.Contains(err.Error(), "GB of 0.5 GB on A GPU, with 9 of 9 layers") {
		t.Error(err)
	}
}

func TestFitModelRefusesWhatCannotBe(t *testing.T) {
	h := builtin(t)
	gpu := Place{Devices: []Device{{Name: "Vulkan0", Free: 1 << 33}}}
	for _, c := range []struct {
		wish Wish
		at   Place
	}{
		{Wish{Layers: 2}, Place{}},
		{Wish{Layers: 6}, gpu},
		{Wish{Layers: -2}, gpu},
		{Wish{Device: "Vulkan1"}, gpu},
		{Wish{Device: CPU, Layers: 1}, gpu},
		{Wish{Cache: "q4_0"}, gpu},
		{Wish{Cache: Q8_0, FlashAttention: "off"}, gpu},
		{Wish{FlashAttention: "maybe"}, gpu},
	} {
		if f, err := FitModel(h, c.wish, c.at); !errors.Is(err, ErrWish) {
			t.Errorf("%+v: %+v, %v", c.wish, f, err)
		}
	}
}

// What is kept in 8 bits, with and without flash attention, is loaded so by llama.cpp.
func TestAModelIsLoadedAsFitted(t *testing.T) {
	s := seal(t, models.Builtin)
	answers := map[string]int{}
	for _, w := range []Wish{{}, {Cache: Q8_0}, {Cache: Q8_0, FlashAttention: "on"}, {FlashAttention: "on"}, {FlashAttention: "off"}} {
		fit, err := FitModel(builtin(t), w, Place{Free: FreeMemory()})
		if err != nil {
			t.Fatal(err)
		}
		e := start(t, s.path)
		r := s.request()
		r.Context, r.Device, r.GPULayers, r.Cache, r.Flash = fit.Context, fit.Device, fit.Layers, fit.Cached, fit.FlashAttention
		if _, err := e.Load(t.Context(), r, nil); err != nil {
			t.Fatalf("%+v: %v", w, err)
		}
		text, _ := answer(t, e, "What is Subrosa?", 24)
		answers[text]++
		_ = e.Close()
	}
	if len(answers) != 1 {
		t.Error(fmt.Sprint(answers))
	}
}

func TestFreeMemoryIsKnown(t *testing.T) {
	free := FreeMemory()
	if free < 100<<20 || free > 1<<46 {
		t.Errorf("%d bytes are free", free)
	}
}
