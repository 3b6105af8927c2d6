// Tells the sanitizers about switches between stacks, which Debian's Boost.Context does not. Each function is empty if
// its sanitizer is off.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define FULMAR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FULMAR_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define FULMAR_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FULMAR_TSAN 1
#endif
#endif

#ifdef FULMAR_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#ifdef FULMAR_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define FULMAR_NO_ASAN __attribute__((no_sanitize_address))

namespace fulmar::sanitizers {

// To be called before the switch to the stack [bottom, bottom + size). `fake_stack` saves the sanitizer's data of the
// stack that is left; null: that fiber has ended, and the data is freed.
inline void start_switch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom,
                         [[maybe_unused]] std::size_t size) {
#ifdef FULMAR_ASAN
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#endif
}

// To be called after the switch, on the new stack; returns the bounds of the one that was left.
inline void finish_switch([[maybe_unused]] void* fake_stack, [[maybe_unused]] const void** left_bottom,
                          [[maybe_unused]] std::size_t* left_size) {
#ifdef FULMAR_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, left_bottom, left_size);
#endif
}

// A suspended fiber's stack holds pointers that the leak checker must see.
inline void stack_mapped([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
#ifdef FULMAR_ASAN
  __lsan_register_root_region(bottom, size);
#endif
}

// So many stacks lie unused before the first of them is taken again.
#ifdef FULMAR_ASAN
inline constexpr std::size_t stacks_unused_min = 256;
#else
inline constexpr std::size_t stacks_unused_min = 0;
#endif

// Nothing may read or write [bottom, bottom + size) until it is in use again: what a pointer into the frames of a fiber
// that has ended does to the next one on that stack is seen at once.
inline void stack_unused([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
#ifdef FULMAR_ASAN
  __asan_poison_memory_region(bottom, size);
#endif
}

inline void stack_used([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
#ifdef FULMAR_ASAN
  __asan_unpoison_memory_region(bottom, size);
#endif
}

inline void stack_unmapped([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
#ifdef FULMAR_ASAN
  __lsan_unregister_root_region(bottom, size);
  __asan_unpoison_memory_region(bottom, size);
#endif
}

inline void* thread_fiber() {
#ifdef FULMAR_TSAN
  return __tsan_get_current_fiber();
#else
  return nullptr;
#endif
}

inline void* create_fiber() {
#ifdef FULMAR_TSAN
  return __tsan_create_fiber(0);
#else
  return nullptr;
#endif
}

inline void destroy_fiber([[maybe_unused]] void* fiber) {
#ifdef FULMAR_TSAN
  __tsan_destroy_fiber(fiber);
#endif
}

inline void switch_to_fiber([[maybe_unused]] void* fiber) {
#ifdef FULMAR_TSAN
  __tsan_switch_to_fiber(fiber, 0);
#endif
}

}  // namespace fulmar::sanitizers
