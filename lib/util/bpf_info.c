// SPDX-License-Identifier: GPL-2.0
/*
 * Information about BPF objects, over libbpf.
 */
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "util/bpf_info.h"

int bpf_info_prog(int fd, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info);

	return bpf_prog_get_info_by_fd(fd, info, &len);
}

int bpf_info_prog_by_id(__u32 id, struct bpf_prog_info *info)
{
	int fd, err;

	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return fd;
	err = bpf_info_prog(fd, info);
	close(fd);
	return err;
}

int bpf_info_map(int fd, struct bpf_map_info *info)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_map_get_info_by_fd(fd, info, &len);
}

int bpf_info_prog_id(int fd, __u32 *id)
{
	struct bpf_prog_info info = {};
	int err = bpf_info_prog(fd, &info);

	*id = info.id;
	return err;
}

int bpf_info_map_id(int fd, __u32 *id)
{
	struct bpf_map_info info;
	int err = bpf_info_map(fd, &info);

	*id = info.id;
	return err;
}

int bpf_info_link_id(int fd, __u32 *id)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int err = bpf_link_get_info_by_fd(fd, &info, &len);

	*id = info.id;
	return err;
}
