#!/bin/sh
# Trains the demo model and writes subrosa-demo.gguf beside this script.
#   apt-get install python3-torch libopenblas0-pthread
#   ./train.sh WORK_FOLDER [MINUTES [START.gguf]]
# Debian's torch calls OpenBLAS and oneDNN; keeping freed memory doubles the speed, because
# otherwise every tensor is mapped and zeroed by the kernel anew.
set -eu
cd "$(dirname "$0")"
export MALLOC_MMAP_THRESHOLD_=4000000000 MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_TOP_PAD_=500000000
export OMP_WAIT_POLICY=PASSIVE # spinning threads only hurt when the processor is shared
unset OPENBLAS_CORETYPE
nice -n 19 /usr/bin/python3 train.py "$@"
/usr/bin/python3 export.py "$1" subrosa-demo.gguf
