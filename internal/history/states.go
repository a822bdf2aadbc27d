package history

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/disk"
)

// A state is what a model has computed of a conversation, so that it need not read it again. It can be made anew at any
// time: it lies beside the history, in a file of its own, in no backup and under no hold, and goes with anything that is
// erased of its conversation, with the oldest first where there are too many, and with whatever is odd about it.

// How much states may take. The disk's share is of what was free.
const (
	mostStates     = 16        // files
	mostStateBytes = 512 << 20 // of one
	allStatesBytes = 2 << 30   // of all together
	diskShare      = 8         // one takes an eighth of the free space at most
)

// stateChunk is how much of a state is sealed at a time, bytes.
const stateChunk = 1 << 20

// syncEvery is after how many pieces they are written to the disk, so that whoever has the writing stop need not wait for all of
// them.
const syncEvery = 16

// sealedExtra is how much longer sealed bytes are than plain ones: format, nonce and tag.
const sealedExtra = 1 + 24 + 16

// ErrStale means a state of another model, of another version of the engine, or of other settings.
var ErrStale = errors.New("state is of another model or engine")

// stateHead is the first piece of a state's file.
type stateHead struct {
	Of   string `json:"of"`   // what it is a state of
	File string `json:"file"` // random: pieces of two states of a conversation do not mix
}

func (s *Store) statesDir() string { return strings.TrimSuffix(s.con.path, ".db") + "-states" }

func (s *Store) stateFile(id ConversationID) string {
	return filepath.Join(s.statesDir(), filepath.Base(string(id))+".state")
}

// SaveState keeps what write writes as a conversation's state, in place of the one before, sealed under the conversation's
// key. of says what it is a state of. Where write fails, nothing is changed. Errors: write's, ErrNotFound, ErrTooLarge for
// more than may be kept or the disk has room for.
func (s *Store) SaveState(ctx context.Context, id ConversationID, of string, write func(io.Writer) error) (err error) {
	k, err := s.stateKey(ctx, id)
	if err != nil {
		return wrap("save state", err)
	}
	defer clear(k.key)
	if err := os.MkdirAll(s.statesDir(), 0o700); err != nil {
		return wrap("save state", err)
	}
	f, err := os.CreateTemp(s.statesDir(), "*.part") // 0600
	if err != nil {
		return wrap("save state", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name()) // where it is not renamed
	}()
	w := &stateWriter{f: f, key: k.key, head: stateHead{Of: of, File: rand.Text()}, left: s.stateRoom()}
	err = w.begin(id)
	if err == nil {
		err = write(w)
	}
	if err == nil {
		err = w.end()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return wrap("save state", err)
	}
	return wrap("save state", s.takeState(ctx, k, f.Name()))
}

func (s *Store) stateKey(ctx context.Context, id ConversationID) (k conversationKey, err error) {
	err = s.read("", func(q querier) (err error) {
		k, err = s.keyOf(ctx, q, id)
		return err
	})
	return k, err
}

// takeState gives a whole file its name, unless something was erased of its conversation meanwhile.
func (s *Store) takeState(ctx context.Context, k conversationKey, file string) error {
	err := s.read("", func(q querier) error {
		now, err := s.keyOf(ctx, q, k.id)
		if err != nil {
			return err
		}
		defer clear(now.key)
		if !bytes.Equal(now.key, k.key) {
			return ErrNotFound
		}
		return os.Rename(file, s.stateFile(k.id))
	})
	if err == nil {
		s.thinStates()
	}
	return err
}

// stateRoom is how many bytes a state may have now.
func (s *Store) stateRoom() int64 {
	u, err := disk.Usage(s.statesDir())
	if err != nil {
		return mostStateBytes
	}
	return min(mostStateBytes, int64(min(u.Free, 1<<62))/diskShare)
}

type stateWriter struct {
	f    *os.File
	key  []byte
	head stateHead
	buf  []byte
	n    int   // pieces written
	left int64 // bytes that it may still have
}

func (w *stateWriter) begin(id ConversationID) error {
	head, err := json.Marshal(w.head)
	if err != nil {
		return err
	}
	sealed := seal(w.key, head, "state", string(id))
	if _, err := w.f.Write(binary.BigEndian.AppendUint32(nil, uint32(len(sealed)))); err != nil {
		return err
	}
	_, err = w.f.Write(sealed)
	return err
}

// Write implements io.Writer. ErrTooLarge.
func (w *stateWriter) Write(p []byte) (int, error) {
	if err := w.within(len(p)); err != nil {
		return 0, err
	}
	for rest := p; len(rest) > 0; {
		if len(w.buf) == stateChunk { // there is more: it is not the last
			if err := w.flush(false); err != nil {
				return 0, err
			}
		}
		if w.buf == nil {
			w.buf = make([]byte, 0, stateChunk)
		}
		n := min(len(rest), stateChunk-len(w.buf))
		w.buf, rest = append(w.buf, rest[:n]...), rest[n:]
	}
	return len(p), nil
}

// within counts n bytes more. ErrTooLarge.
func (w *stateWriter) within(n int) error {
	if w.left -= int64(n); w.left < 0 {
		return ErrTooLarge
	}
	return nil
}

func (w *stateWriter) flush(last bool) error {
	_, err := w.f.Write(seal(w.key, w.buf, chunkPlace("state", w.head.File, w.n, last)...))
	clear(w.buf)
	w.buf = w.buf[:0]
	if w.n++; err == nil && (last || w.n%syncEvery == 0) {
		err = w.f.Sync()
	}
	return err
}

func (w *stateWriter) end() error { return w.flush(true) }

// State is one that is being read. It is to be closed.
type State struct {
	Size int64 // bytes that Read will give
	f    *os.File
	key  []byte
	head stateHead
	n    int
	left int64
	buf  []byte
	rest []byte // of buf
}

// OpenState opens the state of a conversation. Errors: ErrNotFound where there is none; ErrStale for one of something else
// than of; ErrWrongKeyOrDamaged, by Read too, where it is not what SaveState wrote. Then DropState.
func (s *Store) OpenState(ctx context.Context, id ConversationID, of string) (*State, error) {
	k, err := s.stateKey(ctx, id)
	if err != nil {
		return nil, wrap("open state", err)
	}
	f, err := os.Open(s.stateFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, wrap("open state", err)
	}
	r := &State{f: f, key: k.key}
	if err := r.begin(id); err != nil {
		return nil, errors.Join(wrap("open state", err), r.Close())
	}
	if r.head.Of != of {
		return nil, errors.Join(wrap("open state", ErrStale), r.Close())
	}
	now := time.Now() // the ones used last stay
	_ = os.Chtimes(f.Name(), now, now)
	return r, nil
}

func (r *State) begin(id ConversationID) error {
	info, err := r.f.Stat()
	if err != nil {
		return err
	}
	var length [4]byte
	if _, err := io.ReadFull(r.f, length[:]); err != nil {
		return ErrWrongKeyOrDamaged
	}
	n := int64(binary.BigEndian.Uint32(length[:]))
	body := info.Size() - 4 - n
	if n > 4096 || body < sealedExtra {
		return ErrWrongKeyOrDamaged
	}
	sealed := make([]byte, n)
	if _, err := io.ReadFull(r.f, sealed); err != nil {
		return ErrWrongKeyOrDamaged
	}
	head, err := unseal(r.key, sealed, "state", string(id))
	if err != nil {
		return err
	}
	if json.Unmarshal(head, &r.head) != nil {
		return ErrWrongKeyOrDamaged
	}
	const whole = stateChunk + sealedExtra
	chunks := (body + whole - 1) / whole
	r.Size = body - chunks*sealedExtra
	r.left = body
	return nil
}

// Read implements io.Reader.
func (r *State) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *State) next() error {
	clear(r.buf)
	if r.left == 0 {
		return io.EOF
	}
	sealed := make([]byte, min(stateChunk+sealedExtra, r.left))
	if _, err := io.ReadFull(r.f, sealed); err != nil {
		return ErrWrongKeyOrDamaged
	}
	r.left -= int64(len(sealed))
	var err error
	if r.buf, err = unseal(r.key, sealed, chunkPlace("state", r.head.File, r.n, r.left == 0)...); err != nil {
		return err
	}
	r.n++
	if r.rest = r.buf; len(r.rest) == 0 { // an empty state
		return r.next()
	}
	return nil
}

// Close implements io.Closer.
func (r *State) Close() error {
	clear(r.key)
	clear(r.buf)
	return r.f.Close()
}

// DropState removes a conversation's state, if there is one.
func (s *Store) DropState(id ConversationID) error {
	if id == "" {
		return nil
	}
	err := os.Remove(s.stateFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return wrap("drop state", err)
}

// thinStates removes the states used longest ago where there are too many or they take too much.
func (s *Store) thinStates() {
	entries, err := os.ReadDir(s.statesDir())
	if err != nil {
		return
	}
	type file struct {
		name string
		size int64
		used time.Time
	}
	var files []file
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), ".state") {
			files = append(files, file{e.Name(), info.Size(), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(b.used.Compare(a.used), cmp.Compare(a.name, b.name)) })
	sum := int64(0)
	for i, f := range files {
		if sum += f.size; i >= mostStates || sum > allStatesBytes {
			_ = os.Remove(filepath.Join(s.statesDir(), f.name))
		}
	}
}

// sweepStates removes what no conversation has: what an ended program left unfinished, and states of conversations that
// are not in this history.
func (s *Store) sweepStates(ctx context.Context) error {
	entries, err := os.ReadDir(s.statesDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), ".state")
		if ok {
			k, err := s.stateKey(ctx, ConversationID(id))
			clear(k.key)
			if err == nil {
				continue
			}
			if !errors.Is(wrap("", err), ErrNotFound) {
				return err
			}
		}
		if err := os.Remove(filepath.Join(s.statesDir(), e.Name())); err != nil {
			return err
		}
	}
	return nil
}
