package llama

import (
	"fmt"
	"sync"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/hybridgroup/yzma/pkg/llama"
	"github.com/hybridgroup/yzma/pkg/loader"
	"github.com/jupiterrider/ffi"
)

// llama.cpp reads a model from a FILE*, and glibc makes a FILE* out of four functions (fopencookie(3)). So the ordinary
// loader runs, with every check it makes and every placement it chooses, and its reads are served by decryption into
// stdio's buffer and from there into the tensor, or the staging buffer of a tensor that is repacked. No file, no
// memfd, no plaintext copy of the model.

// fullyBuffered is _IOFBF.
const fullyBuffered = int32(0)

// cookieFunctions is glibc's cookie_io_functions_t, passed by value.
type cookieFunctions struct {
	read, write, seek, close uintptr
}

var cookieFunctionsType = ffi.NewType(&ffi.TypePointer, &ffi.TypePointer, &ffi.TypePointer, &ffi.TypePointer)

// modelParamsType is struct llama_model_params of v0.5.0, as yzma lays it out.
var modelParamsType = ffi.NewType(
	&ffi.TypePointer, &ffi.TypePointer, &ffi.TypeSint32, &ffi.TypeSint32, &ffi.TypeSint32, &ffi.TypeSint32, &ffi.TypeSint32,
	&ffi.TypePointer, &ffi.TypePointer, &ffi.TypePointer, &ffi.TypePointer,
	&ffi.TypeUint8, &ffi.TypeUint8, &ffi.TypeUint8, &ffi.TypeUint8, &ffi.TypeUint8, &ffi.TypeUint8,
)

type cookieLoader struct {
	fopencookie, fclose, setvbuf, load ffi.Fun
	functions                          cookieFunctions
}

// The callbacks live as long as the process, and there are few of them to have: one set, made once.
var cookies = sync.OnceValues(newCookieLoader)

// open is the stream being loaded from: there is one at a time, and a C callback finds it here.
var open struct {
	mu sync.Mutex
	*stream
}

func newCookieLoader() (*cookieLoader, error) {
	libc, err := ffi.Load("libc.so.6")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLibraries, err)
	}
	lib, err := loader.LoadLibrary(llama.LibPath(), "llama")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLibraries, err)
	}
	c := &cookieLoader{}
	p, size := &ffi.TypePointer, &ffi.TypeUint64
	for _, f := range []struct {
		fun  *ffi.Fun
		lib  ffi.Lib
		name string
		ret  *ffi.Type
		args []*ffi.Type
	}{
		{&c.fopencookie, libc, "fopencookie", p, []*ffi.Type{p, p, &cookieFunctionsType}},
		{&c.fclose, libc, "fclose", &ffi.TypeSint32, []*ffi.Type{p}},
		{&c.setvbuf, libc, "setvbuf", &ffi.TypeSint32, []*ffi.Type{p, p, &ffi.TypeSint32, size}},
	} {
		if *f.fun, err = f.lib.Prep(f.name, f.ret, f.args...); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrLibraries, f.name, err)
		}
	}
	if c.load, err = lib.Prep("llama_model_load_from_file_ptr", p, p, &modelParamsType); err != nil {
		return nil, fmt.Errorf("%w: llama_model_load_from_file_ptr: %w", ErrLibraries, err)
	}
	c.functions = cookieFunctions{
		read:  purego.NewCallback(cookieRead),
		seek:  purego.NewCallback(cookieSeek),
		close: purego.NewCallback(func(uintptr) uintptr { return 0 }),
	}
	return c, nil
}

func cookieRead(_ uintptr, buf *byte, size uintptr) uintptr {
	open.mu.Lock()
	defer open.mu.Unlock()
	return uintptr(open.read(unsafe.Slice(buf, int(size))))
}

func cookieSeek(_ uintptr, offset *int64, whence int32) uintptr {
	open.mu.Lock()
	defer open.mu.Unlock()
	pos, ok := open.seek(*offset, int(whence))
	if !ok {
		return ^uintptr(0)
	}
	*offset = pos
	return 0
}

// loadStream has llama.cpp read the model from s. It returns 0 where llama.cpp does.
func loadStream(s *stream, params llama.ModelParams) (llama.Model, error) {
	c, err := cookies()
	if err != nil {
		return 0, err
	}
	open.mu.Lock()
	open.stream = s
	open.mu.Unlock()
	defer func() {
		open.mu.Lock()
		open.stream = nil
		open.mu.Unlock()
	}()
	mode := &[]byte("rb\x00")[0]
	var cookie, file uintptr
	c.fopencookie.Call(unsafe.Pointer(&file), unsafe.Pointer(&cookie), unsafe.Pointer(&mode), unsafe.Pointer(&c.functions))
	if file == 0 {
		return 0, fmt.Errorf("%w: fopencookie", ErrLibraries)
	}
	buffer, err := syscall.Mmap(-1, 0, stdioBuffer, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	base, size, how := unsafe.Pointer(unsafe.SliceData(buffer)), uint64(len(buffer)), fullyBuffered
	var r ffi.Arg
	c.setvbuf.Call(unsafe.Pointer(&r), unsafe.Pointer(&file), unsafe.Pointer(&base), &how, &size)
	defer func() {
		var r ffi.Arg
		c.fclose.Call(unsafe.Pointer(&r), unsafe.Pointer(&file))
		clear(buffer)
		_ = syscall.Munmap(buffer)
	}()
	var model llama.Model
	c.load.Call(unsafe.Pointer(&model), unsafe.Pointer(&file), unsafe.Pointer(&params))
	return model, nil
}
