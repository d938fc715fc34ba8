// SPDX-License-Identifier: GPL-2.0
/*
 * The system calls that commands make, as far as memory may be short for them.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

#include "calls.h"

#define CALL(name) { #name, SYS_##name }
static const struct {
	const char *name;
	__u64 number;
} calls[] = {
	CALL(access),	     CALL(bind),	CALL(bpf),	  CALL(connect),
	CALL(delete_module), CALL(dup),		CALL(faccessat),  CALL(faccessat2),
	CALL(finit_module),  CALL(flock),	CALL(getdents64), CALL(getsockname),
	CALL(getsockopt),    CALL(init_module), CALL(ioctl),	  CALL(membarrier),
	CALL(mkdir),	     CALL(mkdirat),	CALL(mmap),	  CALL(mremap),
	CALL(newfstatat),    CALL(open),	CALL(openat),	  CALL(perf_event_open),
	CALL(pread64),	     CALL(read),	CALL(readlink),	  CALL(recvfrom),
	CALL(recvmsg),	     CALL(rename),	CALL(renameat2),  CALL(rmdir),
	CALL(sendmsg),	     CALL(sendto),	CALL(setsockopt), CALL(socket),
	CALL(stat),	     CALL(statfs),	CALL(unlink),	  CALL(unlinkat),
	CALL(unshare),
};

#define COMMAND(name) [name] = #name
static const char *const bpf_commands[] = {
	COMMAND(BPF_MAP_CREATE),
	COMMAND(BPF_MAP_LOOKUP_ELEM),
	COMMAND(BPF_MAP_UPDATE_ELEM),
	COMMAND(BPF_MAP_DELETE_ELEM),
	COMMAND(BPF_MAP_GET_NEXT_KEY),
	COMMAND(BPF_PROG_LOAD),
	COMMAND(BPF_OBJ_PIN),
	COMMAND(BPF_OBJ_GET),
	COMMAND(BPF_PROG_ATTACH),
	COMMAND(BPF_PROG_DETACH),
	COMMAND(BPF_PROG_GET_FD_BY_ID),
	COMMAND(BPF_MAP_GET_FD_BY_ID),
	COMMAND(BPF_OBJ_GET_INFO_BY_FD),
	COMMAND(BPF_PROG_QUERY),
	COMMAND(BPF_RAW_TRACEPOINT_OPEN),
	COMMAND(BPF_BTF_LOAD),
	COMMAND(BPF_BTF_GET_FD_BY_ID),
	COMMAND(BPF_MAP_FREEZE),
	COMMAND(BPF_BTF_GET_NEXT_ID),
	COMMAND(BPF_LINK_CREATE),
	COMMAND(BPF_LINK_UPDATE),
	COMMAND(BPF_LINK_GET_FD_BY_ID),
	COMMAND(BPF_LINK_DETACH),
	COMMAND(BPF_PROG_BIND_MAP),
};

static const char *call_name(const struct call *call)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == call->number)
			return calls[i].name;
	return NULL;
}

bool call_number(size_t index, __u32 *number)
{
	if (index >= sizeof(calls) / sizeof(calls[0]))
		return false;
	*number = calls[index].number;
	return true;
}

bool call_loads_program(const struct call *call)
{
	return call->number == SYS_bpf && call->args[0] == BPF_PROG_LOAD;
}

bool call_is(const struct call *call, const char *names)
{
	const char *name = call_name(call);
	size_t length;

	while (name && *names) {
		length = strcspn(names, ",");
		if (strlen(name) == length && !strncmp(name, names, length))
			return true;
		names += length;
		names += *names == ',';
	}
	return false;
}

void call_describe(const struct call *call, char *buf, size_t size)
{
	const char *name = call_name(call), *command = NULL;

	if (call->number == SYS_bpf && call->args[0] < sizeof(bpf_commands) / sizeof(char *))
		command = bpf_commands[call->args[0]];
	if (command)
		snprintf(buf, size, "bpf %s", command);
	else if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "call %llu", (unsigned long long)call->number);
}
