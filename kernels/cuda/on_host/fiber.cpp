#include "kernels/cuda/on_host/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#if defined(__x86_64__)

// Saves what a function must preserve on the stack it leaves, and takes it from the one it enters.
extern "C" void curlew_switch_stack(void** left, void* entered);
asm(R"(
.text
.globl curlew_switch_stack
.hidden curlew_switch_stack
.type curlew_switch_stack, @function
curlew_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size curlew_switch_stack, .-curlew_switch_stack
)");

namespace curlew::on_host {

struct Fiber::Context {
  void* stopped_at = nullptr;
};

namespace {
void* resumer = nullptr;  // where resume() waits
void** running = nullptr;
}  // namespace

void Fiber::start(void (*body)()) {
  constexpr int kSaved = 6;
  auto* top = reinterpret_cast<std::uintptr_t*>(stack_ + kStackBytes);
  *--top = 0;  // a call would leave the stack so: 8 below a multiple of 16
  *--top = reinterpret_cast<std::uintptr_t>(body);
  for (int i = 0; i < kSaved; ++i) *--top = 0;
  context_->stopped_at = top;
}

void Fiber::resume() {
  running = &context_->stopped_at;
  curlew_switch_stack(&resumer, context_->stopped_at);
}

void Fiber::pause() {
  curlew_switch_stack(running, resumer);
}

}  // namespace curlew::on_host

#else

#include <ucontext.h>

namespace curlew::on_host {

struct Fiber::Context {
  ucontext_t at;
};

namespace {
ucontext_t resumer;
ucontext_t* running = nullptr;
}  // namespace

void Fiber::start(void (*body)()) {
  getcontext(&context_->at);
  context_->at.uc_stack.ss_sp = stack_;
  context_->at.uc_stack.ss_size = kStackBytes;
  makecontext(&context_->at, body, 0);
}

void Fiber::resume() {
  running = &context_->at;
  swapcontext(&resumer, running);
}

void Fiber::pause() {
  swapcontext(running, &resumer);
}

}  // namespace curlew::on_host

#endif

namespace curlew::on_host {

Fiber::Fiber() : context_(new Context) {
  void* stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack == MAP_FAILED) throw std::bad_alloc();
  stack_ = static_cast<std::byte*>(stack);
}

Fiber::~Fiber() {
  munmap(stack_, kStackBytes);
  delete context_;
}

}  // namespace curlew::on_host
