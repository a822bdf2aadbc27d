package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"subrosa/internal/secret"
)

// Server answers for one data directory.
type Server struct {
	listener *net.UnixListener
	name     string
	end      context.CancelFunc
	done     sync.WaitGroup
}

// Serve answers questions for the data directory home until Close. The caller has the directory to itself: what lies
// under the socket's name is a predecessor's, and is replaced.
func Serve(home string, answer Handler) (*Server, error) {
	name := filepath.Join(home, socketName)
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := listen(home)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(name, 0o600); err != nil { // the directory is the user's alone already
		return nil, errors.Join(err, listener.Close())
	}
	ctx, end := context.WithCancel(context.Background())
	s := &Server{listener: listener, name: name, end: end}
	s.done.Go(func() {
		for {
			conn, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			s.done.Go(func() { serveOne(ctx, conn, answer) })
		}
	})
	return s, nil
}

// listen binds in a directory that it holds open: a path to a socket may have no more than 107 bytes.
func listen(home string) (*net.UnixListener, error) {
	dir, err := os.Open(home)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	l, err := net.ListenUnix("unix", address(dir))
	if err == nil {
		l.SetUnlinkOnClose(false) // by then the directory has another descriptor
	}
	return l, err
}

func address(dir *os.File) *net.UnixAddr {
	return &net.UnixAddr{Net: "unix", Name: fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), socketName)}
}

func serveOne(ctx context.Context, conn *net.UnixConn, answer Handler) {
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if sameUser(conn) != nil || conn.SetDeadline(time.Now().Add(questionTime)) != nil {
		return
	}
	question, passphrase, err := readQuestion(conn)
	if err != nil || conn.SetDeadline(time.Time{}) != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // whoever asked says nothing more: this ends when they go
		_, _ = conn.Read(make([]byte, 1))
		cancel()
	}()
	if reply := answer(ctx, question, passphrase); ctx.Err() == nil { // what was cut short is no answer
		_ = writePart(conn, reply)
	}
}

// sameUser asks the kernel who is on the other side.
func sameUser(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var peer *unix.Ucred
	var asked error
	if err := raw.Control(func(fd uintptr) { peer, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return err
	}
	if asked != nil {
		return asked
	}
	if int(peer.Uid) != os.Geteuid() {
		return ErrStranger
	}
	return nil
}

// Close ends the questions that are being answered, and removes the socket.
func (s *Server) Close() error {
	if s == nil {
		return nil
	}
	s.end()
	err := s.listener.Close()
	s.done.Wait()
	if gone := os.Remove(s.name); !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// Ask puts a question to the program that has the data directory home open. ErrNobody where there is none. It wipes
// passphrase.
func Ask(ctx context.Context, home string, question []byte, passphrase *secret.Bytes) ([]byte, error) {
	defer passphrase.Wipe()
	dir, err := os.Open(home)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	conn, err := net.DialUnix("unix", nil, address(dir))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := sameUser(conn); err != nil { // before the passphrase is sent
		return nil, err
	}
	if err := writeQuestion(conn, question, passphrase); err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%w: %w", ErrMalformed, err))
	}
	answer, err := readPart(conn, mostAnswer)
	if err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%w: %w", ErrMalformed, err))
	}
	return answer, nil
}
