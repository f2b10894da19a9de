#pragma once

#include <cstdint>

namespace tablewalk {

/// How many bytes of memory this process can still have: what the host has available (/proc/meminfo), and not more than
/// its control group (cgroup v2) and its own limit (RLIMIT_AS) leave. All ones if nothing says so.
std::uint64_t available_host_memory();

}  // namespace tablewalk
