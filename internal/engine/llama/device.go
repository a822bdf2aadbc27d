package llama

import (
	"fmt"

	"github.com/hybridgroup/yzma/pkg/llama"
)

// CPU is the name of the device that is always there.
const CPU = "CPU"

// Device is what a model's layers can be put on, besides the processor.
type Device struct {
	Name        string // as llama.cpp calls it: "Vulkan0"
	Description string // as its maker calls it
	Shared      bool   // its memory is the processor's
	Free, Total int64  // bytes of its memory
}

// Devices lists the devices that the libraries found. On the processor alone it is empty.
func (l *Library) Devices() (found []Device) {
	for i := range llama.GGMLBackendDeviceCount() {
		d := llama.GGMLBackendDeviceGet(i)
		kind := llama.GGMLBackendDevType(d)
		if kind != llama.GGMLBackendDeviceTypeGPU && kind != llama.GGMLBackendDeviceTypeIGPU {
			continue
		}
		free, total := llama.GGMLBackendDeviceMemory(d)
		found = append(found, Device{
			Name: llama.GGMLBackendDeviceName(d), Description: llama.GGMLBackendDeviceDescription(d),
			Shared: kind == llama.GGMLBackendDeviceTypeIGPU, Free: int64(free), Total: int64(total),
		})
	}
	return found
}

// deviceList is what llama.cpp takes: devices, and a zero at the end. With none before it the processor computes.
type deviceList []llama.GGMLBackendDevice

// devices is the device of that name, and no other.
func devices(name string) (deviceList, error) {
	if name == "" || name == CPU {
		return deviceList{0}, nil
	}
	for i := range llama.GGMLBackendDeviceCount() {
		if d := llama.GGMLBackendDeviceGet(i); llama.GGMLBackendDeviceName(d) == name {
			return deviceList{d, 0}, nil
		}
	}
	return nil, fmt.Errorf("%w: there is no device %s", ErrUnsupported, name)
}

func (l deviceList) description() string {
	if l[0] == 0 {
		return CPU
	}
	return llama.GGMLBackendDeviceDescription(l[0])
}
