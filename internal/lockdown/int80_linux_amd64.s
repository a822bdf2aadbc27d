#include "textflag.h"

// func socketInt80(family, kind, proto uint32) int32
TEXT ·socketInt80(SB), NOSPLIT, $0-20
	MOVL $359, AX
	MOVL family+0(FP), BX
	MOVL kind+4(FP), CX
	MOVL proto+8(FP), DX
	INT  $0x80
	MOVL AX, ret+16(FP)
	RET
