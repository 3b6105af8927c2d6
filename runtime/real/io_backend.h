// How a process of the real world waits for the kernel.
#pragma once

namespace fulmar {

// automatic: io_uring, or epoll where the kernel refuses io_uring.
enum class IoBackend : unsigned char { automatic, uring, epoll };

}  // namespace fulmar
