# SPDX-License-Identifier: GPL-2.0
#
# ./configure && make && make install build and install xdp-wg on this machine.
# make demo, guest, lint and check need no configure: they build everything in a sandbox (vm/).
# make help says what there is.

VERSION := $(shell awk '$$2 ~ /^VERSION_(MAJOR|MINOR|PATCH)$$/ { v = v s $$3; s = "." } \
	END { print v }' lib/util/version.h)

-include config.mk

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
MANDIR ?= $(PREFIX)/share/man
BPFDIR ?= $(LIBDIR)/bpf
INSTALL ?= install

ifeq ($(V),1)
say := @:
else
MAKEFLAGS += -s --no-print-directory
say := @printf '  %-8s %s\n'
endif

override CPPFLAGS += -iquote . -iquote lib $(LIBRARY_CFLAGS)
CFLAGS ?= -O2 -g
override CFLAGS += -std=gnu11 -Wall -Wextra -Werror $(CONFIG_CFLAGS)

LIB_SRCS := $(wildcard lib/*/*.c)
COMMAND_SRCS := $(wildcard xdp-wg/*.c)
TEST_SRCS := $(wildcard tests/unit/test_*.c)
TEST_BPF_OBJS := $(patsubst %.bpf.c,%.bpf.o,$(wildcard tests/unit/*.bpf.c))

BPF_OBJS := $(patsubst %.c,%.o,$(wildcard bpf/*.bpf.c))
LIB_OBJS := $(LIB_SRCS:.c=.o)
COMMAND_OBJS := $(COMMAND_SRCS:.c=.o)
TESTS := $(patsubst tests/unit/%.c,build/unit/%,$(TEST_SRCS))
OBJS := $(LIB_OBJS) $(COMMAND_OBJS) $(TEST_SRCS:.c=.o)

.PHONY: all help bpf install check-unit clean distclean version FORCE
.DELETE_ON_ERROR:

all: build/xdp-wg bpf

build/xdp-wg: $(COMMAND_OBJS) lib/libxdpwg.a
	$(say) LINK $@
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(CONFIG_LDFLAGS) -o $@ $^ $(LIBRARY_LIBS)

lib/libxdpwg.a: $(LIB_OBJS)
	$(say) AR $@
	rm -f $@
	$(AR) rcs $@ $^

$(OBJS): %.o: %.c build/flags
	$(say) CC $@
	$(CC) $(CPPFLAGS) $(CFLAGS) $(TARGET_CFLAGS) -MMD -MP -c -o $@ $<

xdp-wg/load_options.o xdp-wg/features.o: TARGET_CFLAGS = -DBPF_DIR='"$(BPFDIR)"'
lib/diagnose/features_probe.o: TARGET_CFLAGS = -DLIBXDP_VERSION='"$(libxdp_VERSION)"' \
	-DLIBMNL_VERSION='"$(libmnl_VERSION)"'
$(TEST_SRCS:.c=.o): TARGET_CFLAGS = -iquote xdp-wg $(CMOCKA_CFLAGS) \
	-DTEST_DIR='"tests/unit"' -DBPF_DIR='"$(BPFDIR)"'

# What is compiled in comes from the command line of make too: changed flags rebuild.
build/flags: FORCE
	$(if $(LIBRARY_LIBS),,$(error run ./configure first))
	mkdir -p $(@D)
	printf '%s\n' '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS) $(BPFDIR))' > $@.tmp
	cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

bpf: build/flags
	+$(MAKE) -C bpf CLANG='$(CLANG)' BPF_CFLAGS='$(BPF_CFLAGS)' V=$(filter 1,$(V))

install: all
	$(say) INSTALL $(DESTDIR)$(PREFIX)
	$(INSTALL) -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BPFDIR) $(DESTDIR)$(MANDIR)/man8
	$(INSTALL) -m 755 build/xdp-wg $(DESTDIR)$(SBINDIR)/xdp-wg
	$(INSTALL) -m 644 $(BPF_OBJS) $(DESTDIR)$(BPFDIR)
	$(INSTALL) -m 644 man/xdp-wg.8 $(DESTDIR)$(MANDIR)/man8/xdp-wg.8

build/unit/%: tests/unit/%.o $(filter-out xdp-wg/main.o,$(COMMAND_OBJS)) lib/libxdpwg.a
	$(say) LINK $@
	mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(CONFIG_LDFLAGS) -o $@ $^ $(LIBRARY_LIBS) $(CMOCKA_LIBS)

$(TEST_BPF_OBJS): %.bpf.o: %.bpf.c bpf/xdp_wg.h build/flags
	$(say) CLANG $@
	$(CLANG) -target bpf -O2 -g -Wall -Werror -Ibpf $(BPF_CFLAGS) -c -o $@ $<

check-unit: $(if $(CMOCKA_VERSION),$(TESTS) $(TEST_BPF_OBJS))
	$(if $(CMOCKA_VERSION),,$(error unit tests need cmocka: run ./configure with it))
	tests/unit/run $(TESTS)

clean:
	rm -rf build
	rm -f lib/*.a lib/*/*.[od] xdp-wg/*.[od] tests/unit/*.[od]
	+$(MAKE) -C bpf clean

distclean: clean
	rm -rf config.mk headers.d

version:
	@echo $(VERSION)

define HELP
On this machine, after ./configure:
  make                build the command and the BPF programs
  make install        install them (PREFIX, SBINDIR, LIBDIR, MANDIR, DESTDIR)
  make check-unit     unit tests
  make clean          remove what was built; distclean: what ./configure wrote too
  make version        print the version
  make -C patches module KERNEL=6.12    build the kernel module
  make -C patches export KERNEL=6.12    write the patches for a kernel tree

In the sandbox, as root, without ./configure:
  make demo           two routers, a tunnel, and what goes fast
  make guest          a shell in a guest, or RUN=script: run it there
  make vm-clean       remove the sandbox

  make lint           read the sources with checkers (CHECKERS="shellcheck sparse": only those)
  make check          the tests, some of them by turns (TURN=1, 2, 3 or all: that of today)
  make check-full     all of them, and those that take too long for any day
  make check-debug    tests on a kernel that checks itself, built first; by turns
  make diff           random frames by both ways (SEED, COUNT, CHUNK, HOOK)

  make bench          measure everything, in half an hour
  make bench-check    whether the fast path has become slower, by 3 % or LIMIT, in some minutes
  make bench-figures  write what bench-check compares with
  make profile        instructions by function (MODE: xdp, kernel, tcx, inner_flow)

V=1 shows the commands. tests/README.md and CONTRIBUTING.md have more.
endef

help:
	$(info $(HELP))
	@:

-include $(OBJS:.o=.d)
include vm/vm.mk
include tests/tests.mk
