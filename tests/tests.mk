# SPDX-License-Identifier: GPL-2.0
#
# What is tested and measured in the sandbox: see tests/README.md, and vm/vm.mk for TIED.

.PHONY: lint demo check check-full check-debug diff bench bench-check bench-figures profile

# What can be said of the sources without running them, by all of tests/lint or by CHECKERS.
lint:
	@$(TIED) tests/lint $(CHECKERS)

# TOPO says what R1 is: homerouter has a bridge and a VLAN.
demo:
	@$(TIED) vm/run --only command,module tests/demo.sh $(TOPO)

# What takes longest takes turns, a turn a day, or as TURN says: 1, 2, 3 or all.
check:
	@$(TIED) tests/check $(if $(TURN),--turn $(TURN))

check-full:
	@$(TIED) tests/check --full

# The tests on a kernel that checks itself, which is built first, once.
check-debug:
	@$(TIED) tests/check-debug

# COUNT frames, in an order that SEED repeats, each by the kernel's own path and by the fast one.
# CHUNK names the only part of them to run, and HOOK where xdp-wg is loaded: native, skb or tc, or
# the name of an RSS program. RULES are what R1 has of netfilter or traffic control: empty, stateful,
# nat, mark, mss or tc. Nothing goes fast then, but with empty ones; and BYPASS=1 has xdp-wg bypass
# them, so that frames differ. OFFLOADS=on has senders leave checksums to their devices. With
# CONSENT=1 frames whose flows the rules let through may go fast. With TOPO=vlan or bridge, R1's
# interfaces are such ones.
diff:
	@$(TIED) vm/run --timeout 7200 tests/diff/run \
		$(or $(SEED),1) $(or $(COUNT),2000) $(or $(CHUNK),0) $(or $(HOOK),native) 60 \
		"$(RULES)" "$(BYPASS)" "$(OFFLOADS)" "$(CONSENT)" "$(TOPO)"

# Instructions per packet, and more, as tables and in results/bench; half an hour.
bench:
	@$(TIED) tests/bench/run

# Whether the fast path needs more instructions than tests/bench/figures.json says, by more than LIMIT
# percent (3).
bench-check:
	@$(TIED) tests/bench/run --check $(if $(LIMIT),--limit '$(LIMIT)')

# Writes that file anew, with what is measured now.
bench-figures:
	@$(TIED) tests/bench/run --figures

# Instructions per packet by function, in MODE (xdp).
profile:
	@$(TIED) vm/run --icount tests/bench/profile $(or $(MODE),xdp)
