package lockdown

import "golang.org/x/net/bpf"

// Answers of the filter, as in <linux/seccomp.h>, and errno values shared by amd64 and arm64.
const (
	retAllow       = 0x7fff0000 // SECCOMP_RET_ALLOW
	retErrno       = 0x00050000 // SECCOMP_RET_ERRNO
	errPerm        = 1
	errNoSys       = 38
	errFamily      = 97 // EAFNOSUPPORT
	familyUnix     = 1
	x32Bit         = 0x40000000
	ioUringSetup   = 425
	ioUringEnter   = 426
	ioUringReg     = 427
	pidfdGetfd     = 438
	markerFlags    = 0x53554252 // as pidfd_getfd's flags, which the kernel wants to be 0
	markerErrno    = 2001       // no errno of Linux: only this filter, in this version, answers so
	offNumber      = 0          // struct seccomp_data
	offArch        = 4
	offArgs        = 16
	auditArchX8664 = 0xc000003e
	auditArchARM64 = 0xc00000b7
)

// abi is what differs between architectures. Both are little-endian: an argument's low half comes first.
type abi struct {
	audit              uint32
	socket, socketpair uint32
	x32                bool
}

var (
	amd64 = abi{audit: auditArchX8664, socket: 41, socketpair: 53, x32: true}
	arm64 = abi{audit: auditArchARM64, socket: 198, socketpair: 199}
)

// program returns the filter. The kernel takes socket's family as an int, so only the low half of the argument counts.
// pidfd_getfd doubles as the marker by which Enforced recognises this filter.
func program(a abi) []bpf.Instruction {
	errno := func(e uint32) bpf.Instruction { return bpf.RetConstant{Val: retErrno | e} }
	load := func(off uint32) bpf.Instruction { return bpf.LoadAbsolute{Off: off, Size: 4} }
	is := func(v uint32, skipFalse uint8) bpf.Instruction {
		return bpf.JumpIf{Cond: bpf.JumpEqual, Val: v, SkipFalse: skipFalse}
	}
	p := []bpf.Instruction{
		load(offArch),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: a.audit, SkipTrue: 1},
		errno(errPerm),
		load(offNumber),
	}
	if a.x32 {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: x32Bit, SkipFalse: 1}, errno(errNoSys))
	}
	return append(p,
		is(ioUringSetup, 1), errno(errNoSys),
		is(ioUringEnter, 1), errno(errNoSys),
		is(ioUringReg, 1), errno(errNoSys),
		is(pidfdGetfd, 4), load(offArgs+2*8), is(markerFlags, 1), errno(markerErrno), errno(errPerm),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: a.socket, SkipTrue: 1}, is(a.socketpair, 3),
		load(offArgs), bpf.JumpIf{Cond: bpf.JumpEqual, Val: familyUnix, SkipTrue: 1}, errno(errFamily),
		bpf.RetConstant{Val: retAllow},
	)
}
