#pragma once

#include <cstdint>

namespace tablewalk {

/// Bytes of memory this process can still allocate: what the host has available (/proc/meminfo), limited by its control
/// group (cgroup v2) and its own limit (RLIMIT_AS). All ones if unknown.
std::uint64_t available_host_memory();

}  // namespace tablewalk
