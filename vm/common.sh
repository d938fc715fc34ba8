# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Shared by the scripts of the sandbox: where the cache is, how to speak, and how to run
# something in the root without leaving anything behind.

# shellcheck disable=SC2034 # for those that read this
CACHE=${XDP_WG_CACHE:-/var/cache/xdp-wg}

say() {
	echo "${stage_open:+
}sandbox: $*" >&2
	stage_open=
}

die() {
	say "$*"
	exit 1
}

# stage WORDS...: what happens now, on a line that stage_done ends with the seconds it took.
stage() {
	stage_words=$*
	stage_start=$SECONDS
	stage_open=1
	printf 'sandbox: %s ... ' "$*" >&2
}

stage_done() {
	stage_open=
	echo "$((SECONDS - stage_start)) s" >&2
}

# stage_failed LOG: show the end of the log of a stage that failed, and end.
stage_failed() {
	echo >&2
	stage_open=
	tail -n 60 "$1" >&2
	die "$stage_words: failed; all of its output is in $1"
}

# Who works with something in the cache that a newer one may take the place of holds a shared lock
# on it. remove_unused KEEP DIRECTORY...: remove those directories but KEEP that nobody uses.
in_use() {
	local fd

	exec {fd}< "$1"
	flock -s "$fd"
}

remove_unused() {
	local keep=$1 old

	shift
	for old in "$@"; do
		[ "$old" = "$keep" ] || [ ! -d "$old" ] || ! flock -n "$old" true || rm -rf "$old"
	done
}

# TIED COMMAND...: a script that is told to end when this one ends without a word.
# shellcheck disable=SC2034
TIED="setpriv --pdeathsig TERM"

need_root() {
	[ "$(id -u)" = 0 ] || die "this needs root"
}

# digest FILE...: a short name for the contents of files.
digest() {
	cat "$@" | sha256sum | cut -c1-12
}

# The mirror of the host's own apt, so that a proxy or a local mirror is used here too.
mirror() {
	local uri

	uri=${XDP_WG_MIRROR:-}
	if [ -z "$uri" ] && command -v apt-get > /dev/null; then
		uri=$(apt-get indextargets --format '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(REPO_URI)' |
			awk '$1 == "Packages" && $2 == "main" && $3 !~ /[-\/]/ && $4 ~ /debian\/?$/ \
				{ print $4; exit }')
	fi
	[ -n "$uri" ] || die "no Debian mirror in apt's sources: set XDP_WG_MIRROR to one"
	echo "${uri%/}"
}

# The host's own apt settings for fetching (proxies, retries). Release files of testing can be
# past their date between two publications.
apt_options() {
	apt-config dump Acquire | grep -Ei '^Acquire::(https?|ftp|Retries)(::| )' || true
	echo 'Acquire::Check-Valid-Until "false";'
}

# contained COMMAND...: run it in new mount and PID namespaces. They end with it or with this
# shell, however it ends, and take its mounts and processes along. A subshell sets EXEC=exec:
# otherwise it would be the shell that matters.
contained() {
	${EXEC:-} setpriv --pdeathsig KILL \
		unshare --mount --pid --fork --kill-child --propagation private -- "$@"
}

# inside ROOT COMMAND...: run it in the root, with /proc, /sys, /dev, and the directories in
# BIND ("host:inside", separated by spaces) mounted.
inside() {
	local root=$1 script
	shift
	[ "${in_use_root:-}" = "$root" ] || in_use "$root"
	in_use_root=$root
	script='set -e
		root=$1; shift
		mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs tmpfs "$root/run"
		[ ! -e /etc/resolv.conf ] || cat /etc/resolv.conf > "$root/etc/resolv.conf"
		[ ! -e /etc/hosts ] || cat /etc/hosts > "$root/etc/hosts"
		for bind in $BIND; do
			mkdir -p "$root${bind#*:}"
			mount --bind "${bind%%:*}" "$root${bind#*:}"
		done
		exec chroot "$root" /usr/bin/env -i \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" \
			http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" "$@"'
	BIND=${BIND:-} contained bash -c "$script" inside "$root" "$@"
}

# tree_files TOP: the files of a checkout that are or could become part of the project, each
# ended by a NUL. Without git's data all are, but for what builds and runs leave.
tree_files() {
	if [ ! -e "$1/.git" ] || ! command -v git > /dev/null; then
		(cd "$1" && find . \( -path ./.git -o -path ./build -o -path ./results \) -prune -o \
			! -type d -printf '%P\0')
		return
	fi
	git -c safe.directory='*' -C "$1" ls-files -co --exclude-standard -z |
		while IFS= read -r -d '' file; do
			[ ! -e "$1/$file" ] || printf '%s\0' "$file"
		done
}
