package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shirou/gopsutil/v4/mem"

	"subrosa/internal/gguf"
	"subrosa/internal/secret"
)

// ErrTooBig means that the model does not fit into the memory that is free.
var ErrTooBig = errors.New("model does not fit into memory")

// ErrWish means that what was chosen for a model cannot be had here.
var ErrWish = errors.New("a model cannot be loaded so")

const (
	// leastContext is the context in tokens below which a model is of no use.
	leastContext = 512
	batch        = 512       // tokens that are processed at once
	programs     = 200 << 20 // bytes for the engine itself, its libraries and what it decrypts ahead
	staging      = 256 << 20 // bytes through which weights go to a device
	onDevice     = 512 << 20 // bytes of a device's memory that are left to its driver, its programs, and the screen
)

// CacheType is how the keys and values of a conversation are kept.
type CacheType string

// The types. The values are llama.cpp's names.
const (
	F16  CacheType = "f16"
	Q8_0 CacheType = "q8_0" // 17/32 of the memory
)

// AllLayers in a Wish is every layer, with the output.
const AllLayers = -1

// Wish is what somebody chose for a model. Its zero value leaves everything to FitModel.
type Wish struct {
	Context        int       `json:"context,omitempty"`        // tokens
	Device         string    `json:"device,omitempty"`         // by its name; CPU: the processor
	Layers         int       `json:"layers,omitempty"`         // on the device, from the last one on, the output counted as one; AllLayers
	Cache          CacheType `json:"cache,omitempty"`          //
	FlashAttention string    `json:"flashAttention,omitempty"` // "on" or "off"; "": where the device can
}

// SeeksDevices tells whether libraries hold more than what the processor needs.
func SeeksDevices(lib string) bool {
	for _, backend := range []string{"vulkan", "cuda"} {
		if _, err := os.Stat(filepath.Join(lib, "libggml-"+backend+".so")); err == nil {
			return true
		}
	}
	return false
}

// Place is what can hold a model: memory in bytes (FreeMemory; 0: not known), and devices with theirs (Devices).
type Place struct {
	Free    int64
	Devices []Device
}

// Fit is how a model is loaded into the memory there is. All that is not a number of tokens or layers is bytes.
type Fit struct {
	Context        int       `json:"context"` // tokens
	Wanted         int       `json:"wanted"`  // tokens, had there been memory enough
	Cached         CacheType `json:"cached"`
	FlashAttention string    `json:"flashAttention"` // "on", "off", or "auto": where the device can
	Needs          int64     `json:"needs"`          // of the processor's memory
	Weights        int64     `json:"weights"`        // wherever they are
	Cache          int64     `json:"cache"`          // keys and values of the whole context, wherever they are
	Free           int64     `json:"free"`           // 0: not known, and nothing was refused
	Device         string    `json:"device"`         // by its name; CPU
	DeviceName     string    `json:"deviceName"`     // as its maker calls it
	Layers         int       `json:"layers"`         // on the device, the output counted as one
	Of             int       `json:"of"`             // that the model has, likewise
	DeviceNeeds    int64     `json:"deviceNeeds"`
	DeviceFree     int64     `json:"deviceFree"`

	embeds bool
}

// FitModel chooses how to load a model, but for what the wish says: on the device with most memory free, if there is one,
// as many layers as its memory holds; the model's default context, and as much less as memory asks for; keys and values as
// 16-bit floats, or, where that is too much for the processor's memory and no device is asked for them, as 8-bit integers
// before the context is made shorter. Errors: ErrTooBig, with the Fit that was tried last; ErrWish.
func FitModel(h *gguf.Header, w Wish, p Place) (Fit, error) {
	f := Fit{Wanted: w.Context, Weights: h.Size(), Free: p.Free, FlashAttention: "auto", Device: CPU, Of: len(h.Blocks()) + 1}
	least := w.Context
	if w.Context <= 0 {
		f.Wanted = h.DefaultContext()
		least = min(f.Wanted, leastContext)
	}
	if _, embeds := h.Embeds(); embeds { // a text at once, and no conversation
		f.Wanted = min(f.Wanted, batch)
		least = f.Wanted
		w.Cache = F16
		f.embeds = true
	}
	if w.FlashAttention != "" {
		f.FlashAttention = w.FlashAttention
	}
	device, err := choose(h, w, p, &f)
	if err != nil {
		return f, err
	}
	types := []CacheType{F16, Q8_0}
	switch {
	case w.Cache != "":
		types = []CacheType{w.Cache}
	case device != nil || !h.CacheInBlocks() || w.FlashAttention == "off":
		types = []CacheType{F16}
	}
	for f.Context = f.Wanted; ; f.Context = max(least, f.Context/2) {
		for _, f.Cached = range types {
			f.weigh(h, w, device)
			if (p.Free <= 0 || f.Needs <= p.Free) && f.DeviceNeeds <= f.DeviceFree {
				return f, nil
			}
		}
		if f.Context <= least {
			return f, fmt.Errorf("%w: %s", ErrTooBig, f.short())
		}
	}
}

// choose returns the device, or nil for the processor.
func choose(h *gguf.Header, w Wish, p Place, f *Fit) (*Device, error) {
	switch {
	case w.Cache != "" && w.Cache != F16 && w.Cache != Q8_0, w.FlashAttention != "" && w.FlashAttention != "on" && w.FlashAttention != "off":
		return nil, fmt.Errorf("%w: keys and values are %s or %s, flash attention is on or off", ErrWish, F16, Q8_0)
	case w.Cache == Q8_0 && !h.CacheInBlocks():
		return nil, fmt.Errorf("%w: this model's keys and values cannot be %s", ErrWish, Q8_0)
	case w.Cache == Q8_0 && w.FlashAttention == "off":
		return nil, fmt.Errorf("%w: %s needs flash attention", ErrWish, Q8_0)
	case w.Layers < AllLayers || w.Layers > f.Of:
		return nil, fmt.Errorf("%w: %d layers, and the model has %d with the output", ErrWish, w.Layers, f.Of)
	case w.Device == CPU && w.Layers != 0, w.Layers != 0 && len(p.Devices) == 0:
		return nil, fmt.Errorf("%w: layers on a device, and no device", ErrWish)
	case w.Device == CPU:
		return nil, nil
	}
	var best *Device
	for i, d := range p.Devices {
		if w.Device == d.Name || w.Device == "" && (best == nil || d.Free > best.Free) {
			best = &p.Devices[i]
		}
	}
	if best == nil && w.Device != "" {
		return nil, fmt.Errorf("%w: there is no device %s", ErrWish, w.Device)
	}
	return best, nil
}

// weigh fills in what the chosen context and type need, with as many layers on the device as it holds or as were asked for.
func (f *Fit) weigh(h *gguf.Header, w Wish, d *Device) {
	f.Cache = h.CacheBytes(f.Context)
	if f.Cached == Q8_0 {
		f.Cache = f.Cache / 32 * 17
	}
	work := h.WorkBytes(min(batch, f.Context))
	here := work + h.LargestTensor() + programs
	f.Needs = f.Weights + f.Cache + here
	f.Device, f.DeviceName, f.Layers, f.DeviceNeeds, f.DeviceFree = CPU, "", 0, 0, 0
	if d == nil {
		return
	}
	layers, output := h.Blocks(), h.OutputBytes()
	there, moved := int64(onDevice)+work, int64(0)
	for n := 1; n <= len(layers)+1; n++ { // the output first, then the layers from the last one on
		bytes, cache := output, int64(0)
		if n > 1 {
			bytes, cache = layers[len(layers)+1-n], f.Cache/int64(len(layers))
		}
		there += bytes + cache
		if n > w.Layers && w.Layers > 0 || w.Layers == 0 && there > d.Free {
			break
		}
		moved += bytes + cache
		f.Device, f.DeviceName, f.Layers, f.DeviceNeeds, f.DeviceFree = d.Name, d.Description, n, there, d.Free
	}
	if f.Layers == 0 {
		return
	}
	f.Needs += staging - moved
	if h.Tied() {
		f.Needs += output // it is the table of tokens too, which stays
	}
	if d.Shared {
		f.Needs += f.DeviceNeeds
	}
}

// Request is how to load a model as it was fitted: size bytes of ciphertext under a file key.
func (f Fit) Request(key *secret.Bytes, size int64) LoadRequest {
	return LoadRequest{
		FileKey: key, Size: size, Context: f.Context, Device: f.Device, GPULayers: f.Layers, Cache: f.Cached, Flash: f.FlashAttention,
		Keep: f.ForConversations(),
	}
}

// short says what there is too little of.
func (f Fit) short() string {
	if f.DeviceNeeds > f.DeviceFree {
		return fmt.Sprintf("%s of %s on %s, with %d of %d layers and a context of %d tokens", gigabytes(f.DeviceNeeds), gigabytes(f.DeviceFree), f.DeviceName, f.Layers, f.Of, f.Context)
	}
	return fmt.Sprintf("%s of %s, with a context of %d tokens", gigabytes(f.Needs), gigabytes(f.Free), f.Context)
}

// String says it in a sentence.
func (f Fit) String() string {
	s := fmt.Sprintf("It needs %s with a context of %d tokens", gigabytes(f.Needs), f.Context)
	if f.Free > 0 {
		s += fmt.Sprintf("; %s are free", gigabytes(f.Free))
	}
	if f.Context < f.Wanted {
		s += fmt.Sprintf(", too little for one of %d tokens", f.Wanted)
	}
	if f.Cached == Q8_0 {
		s += ", which is kept in 8 bits"
	}
	if f.Layers > 0 {
		s += fmt.Sprintf(". %d of %d layers are computed by %s (%s), which needs %s of %s", f.Layers, f.Of, f.Device, f.DeviceName, gigabytes(f.DeviceNeeds), gigabytes(f.DeviceFree))
	}
	return s + "."
}

// gigabytes writes a size for people.
func gigabytes(n int64) string { return fmt.Sprintf("%.1f GB", float64(n)/1e9) }

// FreeMemory returns how many bytes of memory a new process may take before the system would have to swap or kill one,
// 0 where that cannot be found out.
func FreeMemory() int64 {
	free, _ := memory()
	return free
}

func memory() (free, total int64) {
	v, err := mem.VirtualMemory()
	if err != nil {
		return 0, 0
	}
	return max(int64(v.Available), 1), int64(v.Total) // if none is free, that is known
}
