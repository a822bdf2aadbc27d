package secret

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapped returns pages of their own for n bytes. Each secret has its own, so that unlocking one unlocks no other.
func mapped(n int) (page []byte, locked bool, err error) {
	size := os.Getpagesize()
	page, err = unix.Mmap(-1, 0, (n+size-1)/size*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, false, err
	}
	// Both are a second line: HardenProcess turns core dumps off, and what is forked is executed.
	_ = unix.Madvise(page, unix.MADV_DONTDUMP)
	_ = unix.Madvise(page, unix.MADV_WIPEONFORK)
	return page, unix.Mlock(page) == nil, nil
}

// release gives the memory back and keeps the addresses: a slice that somebody holds too long reads zeros, where without
// them the process would end.
func release(page []byte) {
	_ = unix.Munlock(page)
	_ = unix.Madvise(page, unix.MADV_DONTNEED)
}
