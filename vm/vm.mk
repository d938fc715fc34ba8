# SPDX-License-Identifier: GPL-2.0
#
# The sandbox: a Debian root and virtual machines that vm/ makes. It needs root, and nothing on this
# machine but Debian's own tools.

# TIED ends a script, and all that it started, when make ends without a word.
TIED = exec setpriv --pdeathsig TERM

.PHONY: guest vm-clean

# A shell in a guest, or RUN=path/to/script: run it there and return its exit status.
guest:
	@$(TIED) vm/run $(if $(RUN),"$(RUN)",--shell)

vm-clean:
	@vm/clean
