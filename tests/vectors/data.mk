# SPDX-License-Identifier: GPL-2.0
#
# $(vectors_dir)/data.h: the vectors, from the kernel's SOURCE.

SOURCE ?= $(firstword $(wildcard /usr/src/linux-source-*.tar.xz) missing)

$(vectors_dir)/data.h: $(vectors_dir)/extract $(SOURCE)
	$(vectors_dir)/extract $(SOURCE) > $@
