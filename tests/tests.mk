# SPDX-License-Identifier: GPL-2.0
#
# What runs in the sandbox: a Debian root and virtual machines that vm/ makes. All of it needs
# root, and nothing on this machine but Debian's own tools.

# TIED ends a script, and all that it started, when make ends without a word.
TIED = exec setpriv --pdeathsig TERM

.PHONY: guest demo check check-full diff bench bench-check bench-figures profile vm-clean

# A shell in a guest, or RUN=path/to/script: run it there and return its exit status.
guest:
	@$(TIED) vm/run $(if $(RUN),"$(RUN)",--shell)

demo:
	@$(TIED) vm/run --only command,module tests/demo.sh

check:
	@$(TIED) tests/check

check-full:
	@$(TIED) tests/check --full

# COUNT frames, in an order that SEED repeats, each by the kernel's own path and by the fast one.
# CHUNK names the only part of them to run, and HOOK where xdp-wg is loaded: native, skb or tc, or
# the name of an RSS program.
diff:
	@$(TIED) vm/run --timeout 7200 tests/diff/run \
		$(or $(SEED),1) $(or $(COUNT),2000) $(or $(CHUNK),0) $(or $(HOOK),native)

# Instructions per packet, and more, as tables and in results/bench; half an hour.
bench:
	@$(TIED) tests/bench/run

# Whether the fast path needs more instructions than tests/bench/figures.json says.
bench-check:
	@$(TIED) tests/bench/run --check

# Writes that file anew, with what is measured now.
bench-figures:
	@$(TIED) tests/bench/run --figures

# Instructions per packet by function, in MODE (xdp).
profile:
	@$(TIED) vm/run --icount tests/bench/profile $(or $(MODE),xdp)

vm-clean:
	@vm/clean
